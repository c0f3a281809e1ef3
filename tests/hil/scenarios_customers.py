"""A customer in front of the virtual Pi: presses the button, asks aloud, hears the answer."""

import pytest

from tests.e2e.listening import plain
from tests.hil.board import BUTTON, Board, figure, lit_only, tell
from tests.hil.visits import QUESTION, tells_where_the_order_is


@pytest.mark.core
async def test_a_customer_presses_asks_and_hears_where_the_order_is(board: Board) -> None:
    story = board.story
    pressed = board.ask(QUESTION)
    ended = story.until("turn_ended")
    story.until("visit_ended", reason="silence")
    last = story.until("light", code="G", after=ended["t"])
    board.lamps.reach(last["t"] + 0.5)
    heard = await board.words()

    assert tells_where_the_order_is(heard), heard
    assert plain(story.captions("customer")).startswith("where is my order")
    assert ended["outcome"] == "answered"
    assert [call["name"] for call in story.named("tool_call")] == ["get_order_status"]

    lamp = board.lamps.microphone()
    spans = [
        (opened["t"], closed["t"])
        for opened, closed in zip(story.named("mic_open"), story.named("mic_close"), strict=True)
    ]
    click = story.named("earcon", name="press")[0]["t"]
    figure("press to click asked for", click - pressed, "≤ 0.15 s")
    figure("press to lamp", lamp[0][0] - pressed, "≤ 0.15 s")
    (speech_ended,) = story.named("speech_ended")
    figure("last word to first sound of the answer", story.named("reply_started")[0]["t"]
           - speech_ended["t"], "≤ 1 s")  # fmt: skip
    assert not (wrong := lit_only(lamp, spans, slack_s=0.1)), wrong
    assert lamp[0][0] - pressed < 0.5


@pytest.mark.core
def test_a_line_that_flickers_is_no_press(board: Board) -> None:
    flicker = f"for _ in 1 2 3 4 5; do echo pull-down >{BUTTON}; echo pull-up >{BUTTON}; done"
    flickered = board.machine.do(flicker)
    board.lamps.reach(flickered.at + 1.0)

    assert flickered.code == 0, flickered.out
    assert not board.story.named("press", "earcon", "mic_open")
    assert not board.lamps.microphone()


@pytest.mark.core
def test_staff_see_a_steady_light_when_the_kiosk_is_ready(board: Board) -> None:
    now = board.lamps.light()
    board.lamps.reach((now[-1][0] if now else 0.0) + 3.0)
    levels = [level for _, level in board.lamps.light()]

    tell(f"the light is lit {sum(levels) / len(levels):.0%} of the time (G: dim)")
    assert 0.02 < sum(levels) / len(levels) < 0.6
