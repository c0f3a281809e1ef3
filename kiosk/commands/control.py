"""Commands that talk to the running daemon over its control socket."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from kiosk.adapters.control_socket import ask, events
from kiosk.errors import StartError

_UNAVAILABLE = 69  # EX_UNAVAILABLE


async def show_status(socket: Path, *, as_json: bool) -> None:
    """Print what the daemon is doing: lines for people, or one JSON object."""
    answer = await _asked(socket, {"command": "status"})
    status = {key: value for key, value in answer.items() if key not in ("reply", "ok")}
    if as_json:
        print(json.dumps(status))
        return
    width = max(len(key) for key in status)
    for key, value in status.items():
        print(f"{key.replace('_', ' '):<{width}}  {_shown(value)}")


def _shown(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


async def show_messages(socket: Path) -> None:
    """Print what customers left for the staff: reference, time, words; the oldest first."""
    answer = await _asked(socket, {"command": "messages"})
    if not answer["messages"]:
        print("No messages.")
    for message in answer["messages"]:
        taken_at = datetime.fromisoformat(message["taken_at"])
        print(f"{message['reference']:>5}  {taken_at:%Y-%m-%d %H:%M}  {message['text']}")
    more = answer["waiting"] - len(answer["messages"])
    if more > 0:
        print(f"{more} more; they follow as these are done: kiosk messages --done REF")


async def follow_events(socket: Path, *, captions: bool) -> None:
    """Print events as JSON lines until the daemon ends or the reader goes away."""
    async for event in events(socket, captions=captions):
        print(json.dumps(event), flush=True)


async def command(socket: Path, request: dict[str, Any]) -> None:
    """Send one request; raise StartError with the daemon's sentence when it says no."""
    await _asked(socket, request)


async def _asked(socket: Path, request: dict[str, Any]) -> dict[str, Any]:
    answer = await ask(socket, request)
    if not answer.get("ok"):
        raise StartError(str(answer.get("error", "the kiosk refused")), _UNAVAILABLE)
    return answer
