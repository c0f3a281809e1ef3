import pytest

from kiosk.local_live.tls import Identity, identity


@pytest.fixture(scope="session")
def own_identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("misbehaving"))
