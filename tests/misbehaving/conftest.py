from datetime import UTC, datetime

import pytest

from kiosk.local_live.tls import Identity, identity


@pytest.fixture(scope="session")
def own_identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    now = datetime.now(UTC)  # noqa: TID251 - certificates have real dates
    return identity(tmp_path_factory.mktemp("misbehaving"), now)
