"""What a fresh session is told of the lost one: kinds of things, nothing of the person."""

import inspect

from kiosk.core.recap import recap


def test_a_fresh_session_knows_what_kinds_of_things_were_asked() -> None:
    told = recap(2, [("find_order", "ok"), ("search_policy", "not_found")])

    assert "2 questions" in told
    assert "find_order (ok), search_policy (not_found)" in told
    assert "ask for it again" in told


def test_one_question_without_tools_is_told_in_one_sentence() -> None:
    told = recap(1, [])

    assert "one question" in told
    assert "Tools" not in told


def test_it_is_set_apart_from_the_instruction_before_it() -> None:
    assert recap(1, []).startswith("\n\n")


def test_a_long_visit_is_told_by_its_latest_calls() -> None:
    told = recap(30, [(f"tool_{number}", "ok") for number in range(40)])

    assert "tool_39 (ok)" in told
    assert "tool_28 (ok)" in told
    assert "tool_27 " not in told
    assert len(told) < 800


def test_nothing_the_customer_said_can_be_in_it() -> None:
    """It is made of a number and of the kiosk's own words for tools: nothing else goes in."""
    assert list(inspect.signature(recap).parameters) == ["turns", "done"]
    told = recap(3, [("find_order", "ok")])
    assert {letter for letter in told if letter.isdigit()} == {"3"}
