"""The local Live service from the command line: ``python -m kiosk.local_live``."""

import argparse
import asyncio
import math
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NoReturn

from kiosk.local_live.announcing import keep_alive, only_while_serving, put_up, say
from kiosk.local_live.errors import CannotServe, not_installed
from kiosk.local_live.house import ServeOptions

_LAST_PORT = 65535
_EX_USAGE = 64
_LAST_RESORT_S = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options and serve; returns the exit code (``sysexits``)."""
    chosen = _arguments(arguments)
    return run(_options(chosen), chosen.announce)


def run(options: ServeOptions, announce: Path | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints one JSON line when ready. Returns the exit code.

    While it serves, the line stands in the file ``announce`` too.
    """

    def ready(where: dict[str, str]) -> None:
        if announce is not None:
            put_up(where, announce)
        say(where)

    try:
        with only_while_serving(announce):
            asyncio.run(_until_signalled(options, ready))
    except CannotServe as err:
        sys.stderr.write(f"{err}\n")
        return err.exit_code
    return 0


def default_state_dir() -> Path:
    """Return the directory for the certificates: the unit's, else the user's."""
    unit = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if unit:
        return Path(unit) / "local-live"
    user = os.environ.get("XDG_STATE_HOME", "")
    return (Path(user) if user else Path.home() / ".local" / "state") / "kiosk" / "local-live"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to go on; leave with EX_USAGE."""
        self.exit(_EX_USAGE, f"{self.prog}: {message}; '{self.prog} --help' explains\n")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m kiosk.local_live",
        description="A Live service on this machine: it listens, calls tools and speaks.",
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on")
    parser.add_argument("--port", type=_port, default=0, metavar="P", help="0 takes any free one")
    parser.add_argument(
        "--state", type=Path, default=None, metavar="DIR", help="where the certificates are kept"
    )
    parser.add_argument(
        "--go-away-after",
        type=_seconds,
        metavar="S",
        help="warn each connection at this age in seconds; normally as the model does",
    )
    parser.add_argument(
        "--close-after", type=_seconds, metavar="S", help="close each connection at this age"
    )
    parser.add_argument(
        "--pong-after",
        type=_seconds,
        default=0.0,
        metavar="S",
        help="answer pings this late: to try how a client takes it",
    )
    parser.add_argument(
        "--announce",
        type=Path,
        default=None,
        metavar="FILE",
        help="also write the line that is printed when ready to FILE, and ca.pem beside it",
    )
    return parser.parse_args(arguments)


def _options(chosen: argparse.Namespace) -> ServeOptions:
    return ServeOptions(
        host=chosen.host,
        port=chosen.port,
        state_dir=chosen.state or default_state_dir(),
        spare_dir=chosen.announce.parent / "tls" if chosen.announce else None,
        go_away_after_s=chosen.go_away_after,
        close_after_s=chosen.close_after,
        pong_delay_s=chosen.pong_after,
    )


async def _until_signalled(options: ServeOptions, ready: Callable[[dict[str, str]], None]) -> None:
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    keep_alive(loop, os.environ)
    try:
        serve = await asyncio.to_thread(_serve)  # importing takes seconds on a small board
        await serve(options, ready)
    except asyncio.CancelledError:
        _leave_within(_LAST_RESORT_S)  # all that is ours is closed by now


def _serve() -> Callable[[ServeOptions, Callable[[dict[str, str]], None]], Awaitable[None]]:
    try:
        from kiosk.local_live.server import serve
    except ImportError as err:
        raise not_installed(err) from err
    return serve


def _leave_within(seconds: float) -> None:
    """End the process even while a model is being loaded in a thread that nobody can stop."""
    last_resort = threading.Timer(seconds, os._exit, (0,))
    last_resort.daemon = True
    last_resort.start()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give 0 to {_LAST_PORT}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
