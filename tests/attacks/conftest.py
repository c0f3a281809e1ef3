from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.attacks.scenes")

from tests.attacks.floor import build  # noqa: E402 - helpers explain their failures, once told to
from tests.misbehaving.hurry import run_hurried  # noqa: E402


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("attacked") / "shopmax.db"
    run_hurried(build(file))
    return file
