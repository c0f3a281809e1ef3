"""The commands: their names, their arguments, and what becomes of an error."""

import argparse
import asyncio
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NoReturn

from kiosk import __version__
from kiosk.adapters.event_loop import KioskLoop
from kiosk.errors import ConfigError, KioskError, StartAnew, StartError

USAGE = 64  # EX_USAGE
UNAVAILABLE = 69  # EX_UNAVAILABLE
CONFIG = 78  # EX_CONFIG
INTERRUPTED = 128 + signal.SIGINT
LAST_RESORT_S = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises for a user's mistake."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except ConfigError as err:
        for mistake in err.mistakes:
            print(f"kiosk: {mistake}", file=sys.stderr)
        return CONFIG
    except StartAnew as err:
        print(f"kiosk: {err}", file=sys.stderr)
        return 0
    except StartError as err:
        print(f"kiosk: {err}", file=sys.stderr)
        return err.exit_code
    except KioskError as err:
        print(f"kiosk: {err}", file=sys.stderr)
        return UNAVAILABLE
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to go on; leave with EX_USAGE."""
        self.exit(USAGE, f"{self.prog}: {message}; '{self.prog} --help' explains\n")


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    """Return an argument type that takes numbers from ``low`` to ``high``."""

    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(-1)
        if not low <= value <= high:
            what = "whole number" if kind is int else "number"
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a {what} from {low:.0f} to {high:.0f}"
            )
        return value

    return number


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="kiosk",
        description="The in-store voice kiosk. A customer presses the button and asks.",
        epilog="Configuration: --config FILE, else $KIOSK_CONFIG, else /etc/kiosk/kiosk.toml,"
        " else the built-in defaults. Every key is explained in config/kiosk.toml.",
    )
    parser.add_argument("--version", action="version", version=f"kiosk {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    port = _number(int, 0, 65535)
    seconds = _number(float, 0, 86_400)

    def add(name: str, run: Any, text: str, more: str = "") -> argparse.ArgumentParser:  # noqa: ANN401 - argparse calls it
        command = commands.add_parser(name, help=text, description=f"{text} {more}".strip())
        command.add_argument("--config", type=Path, metavar="FILE", help="configuration file")
        command.set_defaults(run=run)
        return command

    add("run", _run, "Run the kiosk (what the systemd service starts).")
    demo = add(
        "demo",
        _demo,
        "Try the kiosk on this machine.",
        "With a sound card and a terminal: talk to it, the space bar is the button. Without one,"
        " or with --wav, it asks a recorded question through a virtual microphone, prints what"
        " was heard, called and answered, and writes what the speaker played to a WAV file.",
    )
    demo.add_argument(
        "--wav", type=Path, nargs="+", metavar="FILE", help="questions to ask, one turn each"
    )
    demo.add_argument(
        "--out", type=Path, default=Path("kiosk-demo.wav"), metavar="FILE",
        help="where to write what the speaker played (default: kiosk-demo.wav)",
    )  # fmt: skip
    ask = add("ask", _ask, "Ask one question by text; the spoken answer is counted and saved.")
    ask.add_argument("text", metavar="TEXT", help="the question, in quotes")
    ask.add_argument("--voice", metavar="NAME", help="a voice of the service, for example Kore")
    ask.add_argument("--wav", type=Path, metavar="FILE", help="save the spoken answer here")
    add("chat", _chat, "Converse by text; words appear as they come.")
    server = add("live-server", _live_server, "Run the local Live service alone.")
    server.add_argument("--host", default="127.0.0.1", help="address to listen on")
    server.add_argument("--port", type=port, default=0, help="port; 0 is any free one")
    server.add_argument("--state", type=Path, metavar="DIR", help="where its certificates live")
    server.add_argument(
        "--go-away-after",
        type=seconds,
        metavar="S",
        help="announce the end of a connection after S",
    )
    server.add_argument("--close-after", type=seconds, metavar="S", help="end a connection after S")
    server.add_argument(
        "--announce",
        type=Path,
        metavar="FILE",
        help="where other services find it: its address, with ca.pem beside it",
    )
    status = add("status", _status, "Say what the running kiosk is doing.")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    events = add("events", _events, "Follow what happens at the running kiosk, as JSON lines.")
    events.add_argument(
        "--captions", action="store_true", help="also what is said: personal data, handle with care"
    )
    doctor = add("doctor", _doctor, "Check the kiosk, whether it runs or not, and say what to do.")
    doctor.add_argument("--json", action="store_true", help="as one JSON object")
    doctor.add_argument(
        "--sound",
        action="store_true",
        help="also play a tone and a voice and hear whether they arrive; no kiosk may run",
    )
    doctor.add_argument(
        "--live", action="store_true", help="also open a session with our key: costs a little"
    )
    press = add("press", _press, "Press the button of the running kiosk.")
    press.add_argument(
        "--for", dest="for_s", type=_number(float, 0, 60), default=0.1, metavar="SECONDS",
        help="how long to hold it (default 0.1: a tap)",
    )  # fmt: skip
    volume = add("volume", _volume, "Set the loudness of the running kiosk.")
    volume.add_argument("percent", type=_number(int, 0, 100), metavar="N", help="0 to 100")
    add("mute", _mute, "Shut the microphone of the running kiosk until it is unmuted.")
    add("unmute", _unmute, "Open the microphone of the running kiosk again.")
    messages = add("messages", _messages, "Read what customers left for the staff: personal data.")
    messages.add_argument(
        "--done", type=_number(int, 1, 2**53), metavar="REF", help="delete this one for good"
    )
    add("fault-light", _fault_light, "Show on the light that the kiosk is down, while it is.")
    add("reboot-guard", _reboot_guard, "Say by the exit code whether the machine is to restart.")
    return parser


# Each command imports what it needs, so that 'kiosk press' does not wait for speech libraries.


def _settings(options: argparse.Namespace) -> Any:  # noqa: ANN401 - imported late
    from kiosk.settings_file import load_settings

    return load_settings(options.config, os.environ)


def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run until done; SIGTERM ends it in good order."""

    async def stoppable() -> None:
        task = asyncio.current_task()
        assert task is not None, "we are inside it"
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            await work
        except asyncio.CancelledError:
            _leave_within(LAST_RESORT_S)  # all that is ours is closed by now
            raise

    with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=KioskLoop) as runner:
        runner.run(stoppable())


def _leave_within(seconds: float, code: int = 0) -> threading.Timer:
    """End the process even if a thread that nobody can stop hangs: in a look-up, on a disk."""
    last_resort = threading.Timer(seconds, os._exit, (code,))
    last_resort.daemon = True
    last_resort.start()
    return last_resort


def _run(options: argparse.Namespace) -> None:
    faulthandler.enable()  # who is killed by the watchdog's SIGABRT says where it stood
    from kiosk import daemon, journal

    settings = _settings(options)
    journal.set_up(settings.log.level, os.environ)
    _until_stopped(daemon.run(settings, os.environ))


def _demo(options: argparse.Namespace) -> None:
    from kiosk.commands import demo

    _until_stopped(demo.demo(_settings(options), os.environ, options.wav, options.out))


def _ask(options: argparse.Namespace) -> None:
    from kiosk.commands import talk

    settings = _settings(options)
    if options.voice:
        live = settings.live.model_copy(update={"voice": options.voice})
        settings = settings.model_copy(update={"live": live})
    if not options.text.strip():
        raise StartError('There is no question: kiosk ask "Where is my order?"', USAGE)
    _until_stopped(talk.ask(settings, os.environ, options.text, options.wav))


def _chat(options: argparse.Namespace) -> None:
    from kiosk.commands import talk

    _until_stopped(talk.chat(_settings(options), os.environ))


def _live_server(options: argparse.Namespace) -> None:
    from kiosk.commands import live_server

    live_server.run(options, os.environ)


def _socket(options: argparse.Namespace) -> Path:
    from kiosk.config_file import configured_socket, find_control_socket

    return find_control_socket(configured_socket(options.config, os.environ), os.environ)


def _status(options: argparse.Namespace) -> None:
    from kiosk.commands import control

    asyncio.run(control.show_status(_socket(options), as_json=options.json))


def _doctor(options: argparse.Namespace) -> None:
    from kiosk.commands import doctor

    async def look() -> None:
        try:
            await doctor.show_findings(
                options.config,
                os.environ,
                as_json=options.json,
                sound_test=options.sound,
                try_key=options.live,
            )
        except StartError as err:  # a check that hangs is one of the findings
            looked.callback(_leave_within(LAST_RESORT_S, err.exit_code).cancel)
            raise

    with ExitStack() as looked:
        _until_stopped(look())


def _events(options: argparse.Namespace) -> None:
    from kiosk.commands import control

    _until_stopped(control.follow_events(_socket(options), captions=options.captions))


def _command(options: argparse.Namespace, request: dict[str, Any]) -> None:
    from kiosk.commands import control

    asyncio.run(control.command(_socket(options), request))


def _press(options: argparse.Namespace) -> None:
    _command(options, {"command": "press", "for_s": options.for_s})


def _volume(options: argparse.Namespace) -> None:
    _command(options, {"command": "volume", "percent": options.percent})


def _mute(options: argparse.Namespace) -> None:
    _command(options, {"command": "mute"})


def _unmute(options: argparse.Namespace) -> None:
    _command(options, {"command": "unmute"})


def _messages(options: argparse.Namespace) -> None:
    from kiosk.commands import control

    if options.done is not None:
        _command(options, {"command": "message_done", "reference": options.done})
    else:
        asyncio.run(control.show_messages(_socket(options)))


def _fault_light(options: argparse.Namespace) -> None:
    from kiosk.adapters import fault_light  # and no settings: a wrong file must not darken it
    from kiosk.adapters.machine import falls_again_and_again
    from kiosk.config_file import SYSTEM_FILE

    chosen = options.config or os.environ.get("KIOSK_CONFIG") or SYSTEM_FILE
    where = fault_light.wiring(Path(chosen))
    _until_stopped(fault_light.show(where, hopeless=falls_again_and_again()))


def _reboot_guard(_: argparse.Namespace) -> None:
    from kiosk.commands import reboot_guard

    reboot_guard.look(os.environ)
