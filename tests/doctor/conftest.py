"""A kiosk to look at, on a machine whose files a test writes."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kiosk.doctor.finding import Examined
from kiosk.settings import Settings
from tests.adapters.tls_peer import Authority

Kiosk = Callable[..., Examined]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


@pytest.fixture
def kiosk(tmp_path: Path, root: Path) -> Kiosk:
    """Return a kiosk with these tables of the configuration; its directories are empty."""
    environ = {"STATE_DIRECTORY": str(tmp_path / "state"), "RUNTIME_DIRECTORY": str(tmp_path)}

    def with_tables(
        files: Mapping[str, str] | None = None, *, try_key: bool = False, **tables: Any
    ) -> Examined:
        for name, text in (files or {}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        settings = Settings.model_validate(tables)
        return Examined(settings, environ, date(2026, 11, 26), root=root, try_key=try_key)

    return with_tables


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)
