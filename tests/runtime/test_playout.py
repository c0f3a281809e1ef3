"""The playout task at a speaker: when a reply begins, and that it goes on without a gap."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from kiosk.core.audio import SPEAKER_FRAME_MS
from kiosk.core.earcons import Earcon
from kiosk.runtime.control import Inbox
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from tests.fakes.sound import FakeSpeaker
from tests.virtualtime import run_virtual

PIECE_S = 0.04
FRAME_S = SPEAKER_FRAME_MS / 1000


def piece(seconds: float = PIECE_S) -> bytes:
    return b"\x00\x10" * round(seconds * 24_000)


@dataclass
class Stage:
    """A player at work, and its speaker."""

    player: Player
    speaker: FakeSpeaker
    events: list[Mapping[str, Any]] = field(default_factory=list)

    async def reply(self, pieces: int, every_s: float, late_s: Mapping[int, float] = {}) -> None:
        """Send a reply, some of its pieces late; return when it has been heard."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.player.begin_reply()
        for number in range(pieces):
            due = began + number * every_s + late_s.get(number, 0.0)
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.player.push_reply(piece())
        self.player.finish_reply()
        await asyncio.sleep(2.0)

    def gaps(self) -> list[tuple[float, float]]:
        """Return when nothing sounded in mid-reply, from and to."""
        times = [at for at, _ in self.speaker.played]
        return [
            (before + FRAME_S, after)
            for before, after in pairwise(times)
            if after - before > FRAME_S + 1e-6
        ]


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    player, speaker = Player({}, Inbox(), Stream(lambda _: None)), FakeSpeaker()
    task = asyncio.get_running_loop().create_task(player.run(speaker))
    try:
        yield Stage(player, speaker)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.parametrize("every_s", [0.002, PIECE_S])
def test_a_reply_begins_with_its_second_piece_and_goes_on_at_any_pace(every_s: float) -> None:
    async def scenario() -> None:
        async with stage() as on:
            began = asyncio.get_running_loop().time()
            await on.reply(25, every_s)

            assert on.speaker.sounded()[0] - began <= every_s + FRAME_S
            assert on.gaps() == []
            assert on.player.underruns == 0
            assert len(on.speaker.played) == 100

    run_virtual(scenario())


def test_a_piece_a_little_late_is_not_noticed() -> None:
    async def scenario() -> None:
        async with stage() as on:
            await on.reply(25, PIECE_S, dict.fromkeys(range(5, 25, 4), 0.009))

            assert on.gaps() == []
            assert on.player.underruns == 0

    run_virtual(scenario())


def test_a_piece_far_too_late_makes_one_gap() -> None:
    async def scenario() -> None:
        async with stage() as on:
            await on.reply(25, PIECE_S, {8: 0.1})

            assert len(on.gaps()) == 1
            assert on.player.underruns == 1

    run_virtual(scenario())


def test_an_earcon_does_not_wait_for_the_next_piece() -> None:
    async def scenario() -> None:
        async with stage() as on:
            on.player.begin_reply()
            on.player.push_reply(piece(0.1))
            await asyncio.sleep(0.02)  # what there is has been queued but for its last frame
            asked = asyncio.get_running_loop().time()
            on.player.earcon(Earcon.PRESS)
            await asyncio.sleep(0.5)

            reply_s = 0.1
            heard = [at for at in on.speaker.sounded(asked) if at > reply_s - FRAME_S]
            assert heard[0] <= reply_s
            assert on.gaps() == []

    run_virtual(scenario())
