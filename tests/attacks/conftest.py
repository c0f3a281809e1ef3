from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.attacks.floor import build
from tests.misbehaving.conftest import own_identity
from tests.misbehaving.hurry import run_hurried

__all__ = ["own_identity"]

_RAM = Path("/dev/shm")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """In memory where there is such a place: a thousand stores are synced, and none is kept."""
    with TemporaryDirectory(prefix="attacked-", dir=_RAM if _RAM.is_dir() else None) as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("attacked") / "shopmax.db"
    run_hurried(build(file))
    return file
