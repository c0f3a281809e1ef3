"""A place for machines that are cut again and again."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """In memory where there is one: a disk takes its time for each sync."""
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kiosk-cut-", dir=where) as name:
        yield Path(name)
