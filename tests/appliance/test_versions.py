"""A version that is not as it was built is not taken for a sound one, however it was spoilt."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.appliance import versions
from scripts.appliance.system import System

VERSION = "1.2.3"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A complete version with a file, an empty one, and links to a file and to a directory."""
    home = tmp_path / f"opt/kiosk/{VERSION}"
    (home / "lib/one").mkdir(parents=True)
    (home / "lib/two").mkdir()
    (home / "lib/one/program.so").write_bytes(bytes(range(256)) * 4096)
    (home / "lib/one/empty.py").touch()
    (home / "lib/naïve  name").write_text("x")
    (home / "lib/file").symlink_to("one/program.so")
    (home / "lib/directory").symlink_to("one")
    versions.complete_now(System(tmp_path), VERSION, "made of this")
    return home


def damage(home: Path, counts: Callable[[Path], bool] = lambda _path: True) -> str:
    return versions.damage(System(home.parents[2]), VERSION, counts)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_version_that_nobody_touched_is_sound(home: Path) -> None:
    assert damage(home) == ""


@pytest.mark.parametrize("spoilt", ["lib/one/program.so", "lib/naïve  name"])
def test_a_bit_that_the_card_forgot_is_found(home: Path, spoilt: str) -> None:
    flip_a_bit(home / spoilt)
    assert damage(home) == f"{spoilt} was changed"
    assert damage(home, lambda path: path != Path(spoilt)) == ""


def test_a_file_that_was_empty_may_not_hold_anything(home: Path) -> None:
    (home / "lib/one/empty.py").write_text("raise SystemExit")
    assert damage(home) == "lib/one/empty.py was changed"


@pytest.mark.parametrize("link", ["lib/file", "lib/directory"])
def test_a_link_that_leads_elsewhere_is_found(home: Path, link: str) -> None:
    (home / link).unlink()
    (home / link).symlink_to("two")
    assert damage(home) == f"{link} was changed"


def test_a_file_that_is_gone_is_named(home: Path) -> None:
    (home / "lib/one/program.so").unlink()
    assert damage(home) == "lib/one/program.so is missing"


@pytest.mark.parametrize(
    "spoil",
    [
        Path.unlink,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(bytes(4096)),
        lambda path: path.write_bytes(path.read_bytes()[:-40]),
        flip_a_bit,
    ],
    ids=["gone", "empty", "zeros", "cut short", "a bit"],
)
def test_a_list_that_is_not_as_it_was_written_proves_nothing(
    home: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(home / versions.CONTENT)
    assert damage(home) == "the list of its files cannot be read"
    assert damage(home, lambda _path: False) == "the list of its files cannot be read"


def test_what_cannot_be_read_is_never_complete(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / versions.STAMP).unlink()
    real = versions._told_of

    def read_by_a_bad_card(path: Path) -> str:
        if path.name == "program.so":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path)

    monkeypatch.setattr(versions, "_told_of", read_by_a_bad_card)
    with pytest.raises(OSError, match="Input/output error"):
        versions.complete_now(System(home.parents[2]), VERSION, "made of this")
    assert not versions.complete(System(home.parents[2]), VERSION)
