"""One connection from its first frame to its close."""

import asyncio
import logging
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from kiosk.local_live import outgoing
from kiosk.local_live.conversation import Conversation, read
from kiosk.local_live.house import House
from kiosk.local_live.outgoing import ServerMessage
from kiosk.local_live.profiles import profile_for
from kiosk.local_live.protocol import Setup
from kiosk.local_live.talk import Talk
from kiosk.local_live.wire import Refused

log = logging.getLogger(__name__)


async def converse(socket: ServerConnection, house: House, version: str) -> None:
    """Hold a session on a fresh socket; returns when the socket is closed."""
    try:
        await _converse(socket, house, version)
    except* Refused as refusals:
        refused = _first(refusals)
        log.info("session refused", extra={"KIOSK_CODE": refused.code})
        await socket.close(refused.code, outgoing.close_reason(refused.reason))
    except* ConnectionClosed:
        log.info("connection lost")


async def _converse(socket: ServerConnection, house: House, version: str) -> None:
    setup = await _setup(socket, house.timing.setup_wait_s)
    profile = profile_for(setup.model, version)
    profile.check_setup(setup, version)

    def is_open() -> bool:
        return socket.state is State.OPEN

    async def send(message: ServerMessage) -> None:
        await socket.send(outgoing.encode(message))

    session = house.store.open(profile.model, setup.handle, is_open)
    try:
        talk = await Talk.begin(house, profile, setup, session, send)
        await send(outgoing.setup_complete())
        log.info("session opened", extra={"KIOSK_MODEL": profile.model})
        async with asyncio.TaskGroup() as group:
            life = group.create_task(_live_out(talk))
            conversation = Conversation(talk, group)
            with suppress(ConnectionClosed):
                async for frame in socket:
                    await conversation.take(await read(frame))
                    await asyncio.sleep(0)  # many frames at once must not hold up the others
            life.cancel()
            await conversation.stop()
    finally:
        house.store.close(session, is_open)
        log.info("session closed", extra={"KIOSK_CODE": socket.close_code})


async def _setup(socket: ServerConnection, wait_s: float) -> Setup:
    try:
        async with asyncio.timeout(wait_s):
            message = await read(await socket.recv())
    except TimeoutError as err:
        raise Refused(1008, "The first message must be setup; none came.") from err
    if not isinstance(message, Setup):
        raise Refused(1008, "The first message must be setup.")
    return message


async def _live_out(talk: Talk) -> None:
    """Warn before the end of the connection's life, then end it."""
    go_away_s, close_s = _ages(talk)
    await asyncio.sleep(go_away_s)
    await talk.send(outgoing.go_away(close_s - go_away_s))
    await asyncio.sleep(close_s - go_away_s)
    raise Refused(talk.profile.end_code, talk.profile.end_reason())


def _ages(talk: Talk) -> tuple[float, float]:
    """Return when to warn and when to close: as asked, else as the model does."""
    options, profile = talk.house.options, talk.profile
    before_s = talk.house.timing.go_away_before_s
    go_away_s, close_s = options.go_away_after_s, options.close_after_s
    if close_s is None:
        close_s = profile.life_s if go_away_s is None else go_away_s + before_s
    if go_away_s is None:
        go_away_s = max(close_s - before_s, close_s * 5 / 6)
    return min(go_away_s, close_s), close_s


def _first(group: BaseExceptionGroup[Refused]) -> Refused:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    raise AssertionError("an exception group is never empty")
