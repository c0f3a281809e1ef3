"""``python -m scripts.appliance``: the commands, their arguments, and what becomes of an error."""

import argparse
import errno
import fcntl
import io
import os
import platform
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

from scripts.appliance import (
    board,
    environment,
    gate,
    install,
    package,
    removal,
    source,
    trial,
    updating,
    versions,
)
from scripts.appliance.errors import NO_PERMISSION, OS, TRY_AGAIN, USAGE, Refused
from scripts.appliance.system import NO_ROOM, System

_LONGEST_S: Final = 3600.0
_LOCK: Final = Path("/run/kiosk-install.lock")  # the reboot guard looks at it


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with EX_USAGE."""
        self.exit(USAGE, f"{self.prog}: {message}; '{self.prog} --help' explains\n")


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    os.environ.pop("PYTHONPATH", None)  # what we start finds its own
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):  # a terminal that knows no ✔ gets a ?
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    command, *rest = arguments
    options = _options(command, rest)
    try:
        return _carry_out(command, options)
    except Refused as err:
        print(f"{command}: {err}", file=sys.stderr)
        return err.exit_code
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if getattr(options, "dry_run", False):
            return 0
        told = "nobody reads what it says any more; 'kiosk doctor' tells what runs"
        with suppress(BrokenPipeError):
            print(f"{command}: stopped, for {told}.", file=sys.stderr)
        return OS
    except OSError as err:
        print(f"{command}: {_in_words(err)}", file=sys.stderr)
        return OS
    except KeyboardInterrupt:
        print(f"{command}: stopped; running it again goes on.", file=sys.stderr)
        return 130


def _in_words(err: OSError) -> str:
    if err.errno == errno.ENOSPC:
        return NO_ROOM
    where = err.filename or "the system"
    if err.errno == errno.EROFS:
        return f"{where} is on a read-only disk: mount -o remount,rw / and run this again."
    return f"{where}: {err.strerror}; put that right and run this again."


def _carry_out(command: str, options: argparse.Namespace) -> int:
    system = System(dry=getattr(options, "dry_run", False))
    if command == "package":
        machines = options.wheels
        if machines == []:  # without saying for which
            machines = [f"{platform.machine()}-{environment.python(system)[1]}"]
        made = package.make(system, source.here(), options.key, options.to, machines or ())
        print(f"{made}, with its hash and signature beside it.")
        return 0
    if os.geteuid() != 0 and not system.dry:
        raise Refused("This changes the machine: say it again with sudo in front.", NO_PERMISSION)
    patience = gate.Patience(*(getattr(options, name, 0) for name in ("within", "steady")))
    if command == "trial":
        try:
            trial.switch_and_watch(system, options.version, patience)
        except Refused as err:
            print(err, flush=True)  # stdout is what the update reads
            return err.exit_code
        return 0
    with _alone(system):
        if command == "install":
            wishes = install.Wishes(
                options.microphone, options.speaker, options.amplifier, options.update_key,
                options.as_pi,
            )  # fmt: skip
            install.doctor(system, install.install(system, wishes))
        elif command == "update":
            updating.update(system, options.package, patience)
        else:
            removal.uninstall(system, keep_data=options.keep_data)
    return 0


def _options(command: str, arguments: list[str]) -> argparse.Namespace:
    where = "kiosk-" if source.here().is_relative_to(versions.HOME) else "scripts/"
    parser = _Parser(prog=f"{where}{command}", description=_ABOUT[command])
    if command != "package":
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would be done; changes nothing"
        )
    if command == "install":
        card = (
            "id of its sound card, of those in /proc/asound/cards (default: {}, later what it was)"
        )
        usual = card.format("a USB one, else any")
        parser.add_argument("--microphone", default="", metavar="CARD", help=usual)
        usual = card.format("the amplifier, else a USB one, else any")
        parser.add_argument("--speaker", default="", metavar="CARD", help=usual)
        parser.add_argument(
            "--amplifier", default="", choices=[*board.CARDS, "none"],
            help=f"the I2S amplifier's overlay (default: {board.USUAL}, later what it was)",
        )  # fmt: skip
        parser.add_argument(
            "--update-key", type=Path, metavar="FILE", help="public key of who signs updates"
        )
        parser.add_argument(
            "--as-pi", action="store_true", help="set up board and Wi-Fi as on a Raspberry Pi"
        )
    if command == "uninstall":
        parser.add_argument(
            "--keep-data",
            action="store_true",
            help="keep configuration, keys, messages and all else it knew",
        )
    if command == "update":
        parser.add_argument("package", type=Path, metavar="kiosk-VERSION.tar.gz")
    if command == "trial":
        parser.add_argument("version")
    if command in ("update", "trial"):
        usual = gate.Patience()
        parser.add_argument(
            "--within", type=_seconds, default=usual.within_s, metavar="S",
            help=f"seconds to become healthy in (default: {usual.within_s:.0f})",
        )  # fmt: skip
        parser.add_argument(
            "--steady", type=_seconds, default=usual.steady_s, metavar="S",
            help=f"seconds to stay healthy (default: {usual.steady_s:.0f})",
        )  # fmt: skip
    if command == "package":
        parser.add_argument(
            "--key", type=Path, required=True, metavar="FILE", help="private key (ssh-keygen)"
        )
        parser.add_argument(
            "--wheels", nargs="*", metavar="MACHINE-PYTHON",
            help="carry the locked Python packages, for shops that have no way to them; for this"
            " machine, or such as aarch64-3.13 aarch64-3.11",
        )  # fmt: skip
        parser.add_argument(
            "--to", type=Path, default=Path("dist"), metavar="DIR", help="default: dist"
        )
    return parser.parse_args(arguments)


def _seconds(said: str) -> float:
    seconds = float(said)
    if not 0 < seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{said} is not between 0 and {_LONGEST_S:.0f} seconds")
    return seconds


_ABOUT: Final = {
    "install": "Install the kiosk on this machine, or bring what is there up to this source.",
    "update": "Install a signed package beside the version that runs, try it, and go back by"
    " itself if it is not healthy.",
    "uninstall": "Remove the kiosk and all that came with it.",
    "package": "Make a signed package of this source for scripts/update.",
    "trial": "Switch to a version and watch it (what scripts/update has systemd do).",
}


@contextmanager
def _alone(system: System) -> Iterator[None]:
    if system.dry:
        yield
        return
    with _LOCK.open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "Another install or update is under way, or what one that was stopped had begun:"
                " wait a minute and say it again.",
                TRY_AGAIN,
            ) from None
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
