"""The shop's Wi-Fi comes and goes while a customer speaks."""

import threading

import pytest

from tests.hil.board import Board, figure, tell
from tests.hil.visits import QUESTION, tells_where_the_order_is


@pytest.mark.core
async def test_a_question_asked_while_the_access_point_goes_and_comes_is_answered_once(
    board: Board,
) -> None:
    story = board.story
    pressed = board.tap()
    story.until("connected", after=pressed)
    speaking = threading.Thread(target=board.say, args=(QUESTION,))
    speaking.start()
    story.until("speech_started")
    gone = board.air_off()
    speaking.join()
    spoken = story.until("speech_ended")
    back = board.air_on()
    ended = story.until("turn_ended", within_s=480)
    story.until("visit_ended", within_s=480)
    heard = await board.words()

    noticed = story.named("suspect", "path_down", after=gone)[0]["t"]
    usable = story.named("path_up", after=back)[0]["t"]
    answering = story.named("reply_started", after=back)[0]["t"]
    anew = story.named("connected", "resumed", "fresh_session", after=back)
    figure("air gone to path known dead", noticed - gone, "≤ 1.0 s while talking")
    figure("air back to path usable (Wi-Fi, DHCP)", usable - back)
    figure("path usable to the answer's first sound", answering - usable)
    tell(f"the session {'was opened anew' if anew else 'lived through it'}")
    figure("last word to the end of the answer", ended["t"] - spoken["t"])
    tell(f"lookups of the order: {len(story.named('tool_call'))}")
    assert tells_where_the_order_is(heard), heard
    assert heard.count("delivery") == 1, heard
    assert ended["outcome"] == "answered"
    assert len(story.named("turn_started", "turn_ended")) == 2


def test_staff_see_that_the_kiosk_is_offline_and_that_it_heals_by_itself(board: Board) -> None:
    with board.no_air("KILL"):
        offline = board.story.until("light", code="R", within_s=480)
    back = board.machine.do("true").at
    healed = board.story.until("light", code="G", after=offline["t"], within_s=480)

    figure("air back to ready", healed["t"] - back)
