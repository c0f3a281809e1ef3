"""Which tests are slow: whole modules that use real speech, real sound or many examples.

``scripts/test unit`` leaves them out to stay under a minute; ``scripts/test`` runs them all.
"""

import pytest

pytest.register_assert_rewrite("tests.misbehaving.scene")  # an oracle that explains itself

SLOW_MODULES = {
    "adapters/test_pyaudio_io.py",
    "adapters/test_virtual_sound.py",
    "contract/test_shopmax_fuzz.py",
    "contract/test_shopmax_prism.py",
    "local_live/test_brain_properties.py",
    "local_live/test_command.py",
    "local_live/test_ears.py",
    "local_live/test_server.py",
    "local_live/test_voice.py",
    "runtime/test_enumeration.py",
    "runtime/test_refusals.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/".join(item.path.parts[-2:]) in SLOW_MODULES:
            item.add_marker(pytest.mark.slow)
