"""The desk: what people may ask of the running kiosk over the control socket."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from kiosk.errors import StartError, ToolError
from kiosk.ports import Microphone, Speaker, StaffMemory, StaffState
from kiosk.runtime.mailbox import Mailbox

if TYPE_CHECKING:  # the desk is open before any of it is loaded
    from kiosk.runtime.front import Front
    from kiosk.runtime.kiosk import Kiosk
    from kiosk.shop.messages import Message
    from kiosk.shop.ports import MessageBook

log = logging.getLogger(__name__)

LONGEST_PRESS_S = 60.0
MOST_SHOWN = 20
"""Messages in one answer: twenty of the longest are half of what the socket passes on."""
_STORE_S = 2.0

Request = Mapping[str, Any]
Answer = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Open:
    """A front and its devices."""

    front: "Front"
    microphone: Microphone
    speaker: Speaker


class Desk:
    """Takes requests from the first moment; presses once there is a front.

    What staff set holds at once, whether or not it can be kept.
    """

    def __init__(self, memory: StaffMemory) -> None:
        self._memory = memory
        self._began = asyncio.get_running_loop().time()
        self._open: _Open | None = None
        self._kiosk: Kiosk | None = None
        self._muted: Mailbox[bool] = Mailbox()

    def open(self, front: "Front", microphone: Microphone, speaker: Speaker) -> None:
        """Speak for this front from now on, and set it as staff left it."""
        self._open = _Open(front, microphone, speaker)
        front.on_muted = self._muted.post
        speaker.set_volume(self._memory.state.volume)
        if self._memory.state.muted:
            front.mute(muted=True)

    def serve(self, kiosk: "Kiosk") -> None:
        """Speak for the kiosk behind that front as well."""
        self._kiosk = kiosk

    async def keep_muted(self) -> None:
        """Keep what staff do at the button, until cancelled."""
        while True:
            muted = await self._muted.next(None)
            try:
                await self._memory.keep(StaffState(self._memory.state.volume, bool(muted)))
            except StartError as err:
                log.warning("mute not kept", extra={"KIOSK_CAUSE": str(err)})

    def commands(self) -> Mapping[str, Callable[[Request], Awaitable[Answer]]]:
        """Return the commands by name. Each may raise StartError with a sentence."""
        return {
            "status": self._status,
            "press": self._press,
            "volume": self._volume,
            "mute": self._mute,
            "unmute": self._unmute,
            "messages": self._messages,
            "message_done": self._message_done,
        }

    async def _status(self, _: Request) -> Answer:
        if self._open is None:
            return {"phase": "starting", "doing": "Starting: opening the devices"}
        front, conversation = self._open.front, self._open.front.control.conversation
        kiosk = self._kiosk
        return {
            "phase": type(conversation.phase).__name__.lower(),
            "doing": front.doing.words,
            "visit": conversation.visit,
            "turn": conversation.turn,
            "light": conversation.light.code,
            "faults": sorted(part.value for part in conversation.failed),
            "muted": self._memory.state.muted,
            "volume": self._memory.state.volume,
            "messages": await self._count(),
            "endpoint": kiosk.link.endpoint if kiosk else None,
            "connected": kiosk is not None and kiosk.link.connected,
            "uptime_s": round(asyncio.get_running_loop().time() - self._began, 1),
            "pid": os.getpid(),
            "frames_captured": self._open.microphone.frames_captured,
            "frames_played": self._open.speaker.frames_played,
            "frames_uploaded": kiosk.uplink.frames_uploaded if kiosk else 0,
            "overruns": self._open.microphone.overruns,
            "underruns": front.player.underruns,
            "claims_corrected": kiosk.claims_corrected if kiosk else 0,
        }

    async def _press(self, request: Request) -> Answer:
        for_s = request.get("for_s", 0.1)
        if isinstance(for_s, bool) or not isinstance(for_s, int | float):
            raise StartError("for_s must be a number of seconds.")
        if not 0 <= for_s <= LONGEST_PRESS_S:
            raise StartError(f"A press lasts 0 to {LONGEST_PRESS_S:.0f} seconds.")
        if self._open is None:
            raise StartError("The kiosk has no button yet: it is still starting.")
        await self._open.front.presses.press(for_s)
        return {}

    async def _volume(self, request: Request) -> Answer:
        percent = request.get("percent")
        if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= 100:
            raise StartError("The volume is a whole number from 0 to 100.")
        if self._open is not None:
            self._open.speaker.set_volume(percent)
            self._open.front.stream.report("volume", {"percent": percent})
        await self._memory.keep(StaffState(percent, self._memory.state.muted))
        return {"percent": percent}

    async def _mute(self, _: Request) -> Answer:
        return await self._switch(muted=True)

    async def _unmute(self, _: Request) -> Answer:
        return await self._switch(muted=False)

    async def _switch(self, *, muted: bool) -> Answer:
        if self._open is not None:
            self._open.front.mute(muted=muted)
        await self._memory.keep(StaffState(self._memory.state.volume, muted))
        return {}

    async def _count(self) -> int | None:
        """Count the unread messages; a store that is in trouble keeps nobody from a status."""
        try:
            return (await self._waiting(0))[0]
        except StartError:
            return None

    async def _messages(self, _: Request) -> Answer:
        count, messages = await self._waiting(MOST_SHOWN)
        shown = [
            {"reference": each.reference, "taken_at": each.taken_at.isoformat(), "text": each.text}
            for each in messages
        ]
        return {"waiting": count, "messages": shown}

    async def _message_done(self, request: Request) -> Answer:
        reference = request.get("reference")
        if isinstance(reference, bool) or not isinstance(reference, int):
            raise StartError("A message's reference is its number.")
        if not await self._asked(self._book.done(reference)):
            raise StartError(f"There is no message {reference}.")
        return {"reference": reference}

    @property
    def _book(self) -> "MessageBook":
        if self._kiosk is None:
            raise StartError("The kiosk has no messages yet: it is still starting.")
        return self._kiosk.messages

    async def _waiting(self, most: int) -> "tuple[int, tuple[Message, ...]]":
        return await self._asked(self._book.waiting(most))

    async def _asked(self, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(_STORE_S):
                return await answer
        except TimeoutError as err:
            raise StartError("The messages cannot be read: the disk does not answer.") from err
        except ToolError as err:
            raise StartError(err.say) from err
