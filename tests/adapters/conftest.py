from pathlib import Path

import pytest

from tests.adapters.tls_peer import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)
