"""Which tests are slow, which may run beside others, and figures for whoever reads.

``scripts/test unit`` leaves the slow ones out to stay under a minute. ``scripts/test`` runs all
in three steps: most on every core, since a busy machine makes them slower and not different;
those that are mostly ``waiting`` two at a time; and one after the other those that are
``alone``.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import hypothesis
import pytest

# How long an example takes says how busy the machine is, and nothing of what it shows.
hypothesis.settings.register_profile(
    "kiosk", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("kiosk")
pytest.register_assert_rewrite("tests.misbehaving.scene")  # an oracle that explains itself

HERE: Final = Path(__file__).parent
SLOW_MODULES: Final = {
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
ALONE: Final = (
    "adapters/test_pyaudio_io.py",
    "adapters/test_sound_card.py",
    "adapters/test_virtual_sound.py",
    "appliance",
    "doctor/test_sound.py",
    "hil",
    "local_live/test_server.py",
    "netns",
    "runtime/test_refusals.py",
    "systemd",
)
"""Sound, time that is measured, networks that break, and machines with a systemd of their own."""
WAITING: Final = ("contract/test_live_service.py", "e2e")
"""Somebody speaks and is answered in real time, which takes a fifth of a core."""
LONG: Final = ("soak", "crash/test_power_cut.py")
"""They come first, so that no core waits at the end for one of them."""

Tell = Callable[[str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/".join(item.path.parts[-2:]) in SLOW_MODULES:
            item.add_marker(pytest.mark.slow)
        if among(item.path, ALONE):
            item.add_marker(pytest.mark.alone)
        elif among(item.path, WAITING):
            item.add_marker(pytest.mark.waiting)
    items.sort(key=lambda item: not among(item.path, LONG))


def among(path: Path, places: tuple[str, ...]) -> bool:
    """Whether a file is one of these, or in one of these directories."""
    return any(path.is_relative_to(HERE / place) for place in places)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Tell a figure that is worth reading though the test passes; it is shown after the run."""
    return lambda text: request.node.user_properties.append(("figure", text))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if figures := list(_figures(terminalreporter)):
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.write_line(figure)


def _figures(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for report in chain.from_iterable(reporter.stats.values()):
        if isinstance(report, pytest.TestReport) and report.when == "call":
            yield from (str(text) for name, text in report.user_properties if name == "figure")
