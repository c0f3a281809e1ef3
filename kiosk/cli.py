"""The commands: what each starts, and what becomes of an error."""

import argparse
import asyncio
import errno
import faulthandler
import gc
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from kiosk.adapters.event_loop import KioskLoop
from kiosk.arguments import USAGE, parser
from kiosk.errors import ConfigError, KioskError, StartAnew, StartError

UNAVAILABLE = 69  # EX_UNAVAILABLE
NO_ROOM = 73  # EX_CANTCREAT
CONFIG = 78  # EX_CONFIG
INTERRUPTED = 128 + signal.SIGINT
LAST_RESORT_S = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises for a user's mistake."""
    options = parser(COMMANDS).parse_args(arguments)
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
        _say_no_more()
        return 0
    except OSError as err:
        if err.errno != errno.ENOSPC or options.run is _run:
            raise
        _say_no_more()
        print("kiosk: there is no room left where this was to be written", file=sys.stderr)
        return NO_ROOM
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _say_no_more() -> None:
    """Have nothing written at the end that could not be written before."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    gc.disable()  # until it is ready: what is loaded stays, and to look at it takes a tenth of it
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


COMMANDS: Final = {
    "run": _run,
    "demo": _demo,
    "ask": _ask,
    "chat": _chat,
    "live-server": _live_server,
    "status": _status,
    "events": _events,
    "doctor": _doctor,
    "press": _press,
    "volume": _volume,
    "mute": _mute,
    "unmute": _unmute,
    "messages": _messages,
    "fault-light": _fault_light,
    "reboot-guard": _reboot_guard,
}
