"""What can be said on the command line: names, arguments, and what each means."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from kiosk import __version__

USAGE = 64  # EX_USAGE

Command = Callable[[argparse.Namespace], None]


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


def parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Return the parser; the options it reads have the chosen command under ``run``."""
    reader = _Parser(
        prog="kiosk",
        description="The in-store voice kiosk. A customer presses the button and asks.",
        epilog="Configuration: --config FILE, else $KIOSK_CONFIG, else /etc/kiosk/kiosk.toml,"
        " else the built-in defaults. Every key is explained in config/kiosk.toml.",
    )
    reader.add_argument("--version", action="version", version=f"kiosk {__version__}")
    names = reader.add_subparsers(title="commands", metavar="COMMAND", required=True)
    port = _number(int, 0, 65535)
    seconds = _number(float, 0, 86_400)

    def add(name: str, text: str, more: str = "") -> argparse.ArgumentParser:
        command = names.add_parser(name, help=text, description=f"{text} {more}".strip())
        command.add_argument("--config", type=Path, metavar="FILE", help="configuration file")
        command.set_defaults(run=commands[name])
        return command

    add("run", "Run the kiosk (what the systemd service starts).")
    demo = add(
        "demo",
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
    ask = add("ask", "Ask one question by text; the spoken answer is counted and saved.")
    ask.add_argument("text", metavar="TEXT", help="the question, in quotes")
    ask.add_argument("--voice", metavar="NAME", help="a voice of the service, for example Kore")
    ask.add_argument("--wav", type=Path, metavar="FILE", help="save the spoken answer here")
    add("chat", "Converse by text; words appear as they come.")
    server = add("live-server", "Run the local Live service alone.")
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
    status = add("status", "Say what the running kiosk is doing.")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    events = add("events", "Follow what happens at the running kiosk, as JSON lines.")
    events.add_argument(
        "--captions", action="store_true", help="also what is said: personal data, handle with care"
    )
    doctor = add("doctor", "Check the kiosk, whether it runs or not, and say what to do.")
    doctor.add_argument("--json", action="store_true", help="as one JSON object")
    doctor.add_argument(
        "--sound",
        action="store_true",
        help="also play a tone and a voice and hear whether they arrive; no kiosk may run",
    )
    doctor.add_argument(
        "--live", action="store_true", help="also open a session with our key: costs a little"
    )
    press = add("press", "Press the button of the running kiosk.")
    press.add_argument(
        "--for", dest="for_s", type=_number(float, 0, 60), default=0.1, metavar="SECONDS",
        help="how long to hold it (default 0.1: a tap)",
    )  # fmt: skip
    volume = add("volume", "Set the loudness of the running kiosk.")
    volume.add_argument("percent", type=_number(int, 0, 100), metavar="N", help="0 to 100")
    add("mute", "Shut the microphone of the running kiosk until it is unmuted.")
    add("unmute", "Open the microphone of the running kiosk again.")
    messages = add("messages", "Read what customers left for the staff: personal data.")
    messages.add_argument(
        "--done", type=_number(int, 1, 2**53), metavar="REF", help="delete this one for good"
    )
    add("fault-light", "Show on the light that the kiosk is down, while it is.")
    add("reboot-guard", "Say by the exit code whether the machine is to restart.")
    return reader
