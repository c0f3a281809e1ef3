"""The machine as its owner: files, links and commands, done or (for ``--dry-run``) only told.

Each change is one call, and each call is whole or not there after a cut: files and links are
made aside, synced and renamed into place.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from scripts.appliance.errors import CANNOT_CREATE, OS, UNAVAILABLE, Refused

LONGEST_S: Final = 3600.0  # a small board compiles for long
NO_ROOM: Final = (
    "The disk is full: make room (apt-get clean; journalctl --vacuum-size=20M) and run this again."
)
_NO_SPACE: Final = ("No space left on device", "enough free space")


class System:
    """Changes below ``root``; with ``dry`` only says what it would change."""

    def __init__(self, root: Path = Path("/"), *, dry: bool = False) -> None:
        self.root = root
        self.dry = dry

    def at(self, place: str | Path) -> Path:
        """Return where an absolute path of the machine is found."""
        return self.root / str(place).lstrip("/")

    @property
    def is_running(self) -> bool:
        """Whether a systemd runs here, and not only a root file system is being filled."""
        return self.at("/run/systemd/system").is_dir()

    def say(self, sentence: str) -> None:
        """Tell the technician."""
        print(f"{'would: ' if self.dry else ''}{sentence}", flush=True)

    def note(self, sentence: str) -> None:
        """Tell the technician what is so, done or not."""
        print(sentence, flush=True)

    def did(self, sentence: str) -> None:
        """Tell the technician what was done, if it was."""
        if not self.dry:
            print(sentence, flush=True)

    def run(
        self,
        *command: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        failing: str = "",
    ) -> None:
        """Run a command that changes something. Raises Refused with its last words.

        ``failing`` is what to say of a failure, and of the way out.
        """
        words = [str(word) for word in command]
        if self.dry:
            self.say(f"run {' '.join(words)}")
            return
        self._change()
        done = _captured(words, env, cwd, None)
        if done.returncode:
            whole = done.stderr.strip() or done.stdout.strip()
            if any(words in whole for words in _NO_SPACE):
                raise Refused(NO_ROOM, CANNOT_CREATE)
            lines = (line.strip() for line in whole.splitlines())
            last = [f"  {line}" for line in lines if line and not line.startswith("WARNING")][-4:]
            said = failing or f"This failed: {' '.join(words)}"
            raise Refused("\n".join([said, *last]), UNAVAILABLE if failing else OS)

    def ask(
        self, *command: str | Path, env: Mapping[str, str] | None = None, user: str | None = None
    ) -> tuple[int, str]:
        """Run a command that changes nothing; return its exit code and its output."""
        done = _captured([str(word) for word in command], env, None, user)
        return done.returncode, done.stdout + (done.stderr if done.returncode else "")

    def read(self, place: str | Path) -> str:
        """Return what is in a file, whatever it is, so that ``write`` keeps it; empty for none."""
        path = self.at(place)
        return path.read_text("utf-8", "surrogateescape") if path.is_file() else ""

    def write(self, place: str | Path, text: str, mode: int = 0o644) -> bool:
        """Write a file if it is not the same already; return whether it was not."""
        path = self.at(place)
        if path.is_file() and not path.is_symlink() and self.read(place) == text:
            return False
        if self.dry:
            self.say(f"write {place}")
            return True
        self._change()
        self.directory(path.parent)
        new = path.with_name(f".{path.name}.new")
        with new.open("w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if str(path.parent).startswith(str(self.at("/boot"))):
            new.replace(path)  # the boot partition knows no modes
        else:
            new.chmod(mode)
            new.replace(path)
        _sync(path.parent)
        return True

    def directory(self, place: str | Path, mode: int = 0o755) -> None:
        """Have a directory there; one that exists keeps its mode."""
        path = Path(place) if str(place).startswith(str(self.root)) else self.at(place)
        if path.is_dir():
            return
        if self.dry:
            self.say(f"make the directory {place}")
            return
        self._change()
        path.mkdir(parents=True)
        path.chmod(mode)

    def link(self, place: str | Path, to: str | Path) -> bool:
        """Make a link, or turn the one that is there, at once; return whether it changed."""
        path = self.at(place)
        if path.is_symlink() and str(path.readlink()) == str(to):
            return False
        if self.dry:
            self.say(f"link {place} to {to}")
            return True
        self._change()
        self.directory(path.parent)
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        new.symlink_to(to)
        new.replace(path)
        _sync(path.parent)
        return True

    def remove(self, place: str | Path) -> bool:
        """Remove a file, a link or a whole directory; return whether there was one."""
        path = self.at(place)
        if not path.exists() and not path.is_symlink():
            return False
        if self.dry:
            self.say(f"remove {place}")
            return True
        self._change()
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        _sync(path.parent)
        return True

    def remove_empty(self, place: str | Path) -> None:
        """Remove a directory if nothing is in it."""
        path = self.at(place)
        if path.is_dir() and not any(path.iterdir()):
            self.remove(place)

    def sync(self) -> None:
        """Have everything written so far on the card before anything that follows."""
        if not self.dry:
            self._change()
            os.sync()

    def _change(self) -> None:
        """Stand before every change; tests cut the power here."""


def _captured(
    words: Sequence[str], env: Mapping[str, str] | None, cwd: Path | None, user: str | None
) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603 - our own commands, no shell
            words,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=LONGEST_S,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            close_fds=False,  # what goes on without us goes on holding our lock
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(list(words), 127, "", f"{words[0]} is not installed")
    except OSError as err:  # a program that is damaged, or for another machine
        return subprocess.CompletedProcess(list(words), 126, "", f"{words[0]}: {err.strerror}")
    except subprocess.TimeoutExpired:
        late = f"not done after {LONGEST_S / 60:.0f} minutes"
        return subprocess.CompletedProcess(list(words), 124, "", late)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
