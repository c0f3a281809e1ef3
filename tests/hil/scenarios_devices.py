"""Microphone and speaker are pulled out and put back in."""

import pytest

from tests.hil.board import Board, figure
from tests.hil.machine import holds
from tests.hil.scenarios_customers import QUESTION, tells_where_the_order_is


@pytest.mark.core
def test_a_microphone_that_is_pulled_shows_f2_and_works_again_when_it_is_back(
    board: Board,
) -> None:
    story = board.story
    pulled = board.unplug("Microphone")
    lost = story.until("light", code="F2")
    board.lamps.reach(lost["t"] + 1.0)
    plugged = board.plug("Microphone")
    healed = story.until("light", code="G", after=plugged)
    first = board.status()["frames_captured"]
    holds(lambda: board.status()["frames_captured"] > first, "it hears again", 60)

    figure("microphone pulled to light F2", lost["t"] - pulled)
    figure("microphone back to light G", healed["t"] - plugged)
    assert story.named("fault", part="microphone")
    assert not any(lit for _, lit in board.lamps.microphone())


async def test_a_speaker_that_is_pulled_shows_f3_and_answers_again_when_it_is_back(
    board: Board,
) -> None:
    story = board.story
    pulled = board.unplug("Speaker")
    lost = story.until("light", code="F3")
    plugged = board.plug("Speaker")
    healed = story.until("light", code="G", after=plugged)
    board.listen()
    board.ask(QUESTION)
    story.until("turn_ended", outcome="answered", after=healed["t"])
    story.until("visit_ended")
    heard = await board.words()

    figure("speaker pulled to light F3", lost["t"] - pulled)
    figure("speaker back to light G", healed["t"] - plugged)
    assert tells_where_the_order_is(heard), heard
