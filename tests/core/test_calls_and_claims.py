"""Who wants somebody, who may ask no more, and who was told what nobody had checked."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core import events as ev
from kiosk.core.conversation import step
from kiosk.core.earcons import Earcon
from kiosk.core.effects import (
    CloseSession,
    Effect,
    EndUtterance,
    Flush,
    OpenSession,
    Phrase,
    PlayEarcon,
    PlayPhrase,
    RepeatUtterance,
    Report,
    ShowLight,
    StandIn,
    StartUtterance,
)
from kiosk.core.lights import Light, Truths
from kiosk.core.phases import (
    Conversation,
    FollowUp,
    Idle,
    Listening,
    Phase,
    Saying,
    Speaking,
    Starting,
    Thinking,
)
from tests.core.conversing import EVENTS, TALK, at, outcomes, phrases, play, reports

SPEAKING = Speaking(since=10.0, due=55.0, first_audio_ms=600)
PROOF = Report("visit_ended", {"visit": 1, "reason": "proof"})
CORRECTED = Report("claim_corrected", {"kind": "refund"})


# Somebody of the staff is wanted


def test_a_call_for_the_staff_is_heard_seen_and_told() -> None:
    conv, effects = step(at(Thinking(since=9.0, due=9.8)), ev.StaffCalled(), 9.5, TALK)

    assert effects == (
        PlayEarcon(Earcon.CALLED),
        Report("staff_called"),
        ShowLight(Light.CALLED),
    )
    assert conv.light is Light.CALLED


def test_a_call_outlasts_the_visit_and_the_next_press_answers_it_and_begins_one() -> None:
    conv, effects = play(
        at(FollowUp(due=21.0, armed=True)), (15.0, ev.StaffCalled()), (21.0, ev.Tick())
    )
    assert conv.over
    assert conv.light is Light.CALLED
    assert "staff_acknowledged" not in reports(effects)

    conv, effects_ = step(conv, ev.ButtonPressed(), 75.4, TALK)

    assert Report("staff_acknowledged", {"waited_s": 60.4}) in effects_
    assert OpenSession(2) in effects_
    assert effects_[-1] == ShowLight(Light.VISIT)


def test_a_press_in_the_visit_is_the_customers_and_answers_no_call() -> None:
    conv, effects = play(at(SPEAKING), (11.0, ev.StaffCalled()), (12.0, ev.ButtonPressed()))

    assert conv.called_at == 11.0
    assert "staff_acknowledged" not in reports(effects)


def test_who_calls_again_while_nobody_has_come_is_told_of_once() -> None:
    called, _ = step(at(SPEAKING), ev.StaffCalled(), 11.0, TALK)

    assert step(called, ev.StaffCalled(), 14.0, TALK) == (called, ())


def test_a_call_that_arrives_when_its_visit_is_over_counts_all_the_same() -> None:
    conv, effects = step(at(Idle()), ev.StaffCalled(), 14.0, TALK)

    assert conv.phase == Idle()
    assert "staff_called" in reports(effects)
    assert ShowLight(Light.CALLED) in effects


@pytest.mark.parametrize(
    "event", [ev.PartFailed(ev.Part.MICROPHONE), ev.MuteSwitched(muted=True)], ids=repr
)
def test_staff_who_come_to_a_kiosk_that_hears_nothing_answer_the_call_too(event: ev.Event) -> None:
    conv, effects = play(
        at(Idle()), (1.0, ev.StaffCalled()), (2.0, event), (3.0, ev.ButtonPressed())
    )

    assert conv.over
    assert "staff_acknowledged" in reports(effects)


@pytest.mark.parametrize(
    ("truths", "light"),
    [
        (Truths(starting=False), Light.CALLED),
        (Truths(offline=True), Light.CALLED),
        (Truths(failed=frozenset({ev.Part.SHOP})), Light.CALLED),
        (Truths(muted=True), Light.MUTED),
        (Truths(failed=frozenset({ev.Part.MICROPHONE})), Light.MICROPHONE_FAULT),
        (Truths(failed=frozenset({ev.Part.SPEAKER})), Light.SPEAKER_FAULT),
    ],
)
@pytest.mark.parametrize("phase", [Idle(), SPEAKING])
def test_a_call_is_seen_before_all_but_a_kiosk_that_cannot_hear_or_be_heard(
    phase: Phase, truths: Truths, light: Light
) -> None:
    assert at(phase, truths=truths, called_at=1.0).light is light


# Failed too often to show whose order it is


def test_the_refusal_is_heard_to_its_end_and_then_the_visit_is_over() -> None:
    conv, effects = play(
        at(Thinking(since=9.0, due=9.8)), (9.5, ev.TriesSpent()), (10.0, ev.ReplySounded())
    )
    assert isinstance(conv.phase, Speaking)
    assert phrases(effects) == []

    conv, effects = play(conv, (13.0, ev.PlayoutDrained(heard_ms=2900)))

    assert phrases(effects) == [Phrase.CANNOT_SHARE]
    assert outcomes(effects) == ["answered"]
    assert PROOF in effects
    assert effects.index(CloseSession()) < effects.index(PlayPhrase(Phrase.CANNOT_SHARE))
    assert conv.over


@pytest.mark.parametrize(
    "phase",
    [
        Thinking(since=9.0, due=9.8),
        SPEAKING,
        Saying(phrase=Phrase.UNCHECKED, due=20.0),
    ],
)
def test_a_press_before_that_opens_no_other_turn(phase: Phase) -> None:
    conv, effects = play(at(phase), (11.0, ev.TriesSpent()), (11.5, ev.ButtonPressed()))

    assert conv.over
    assert phrases(effects) == [Phrase.CANNOT_SHARE]
    assert [each for each in effects if isinstance(each, StartUtterance)] == []
    assert PROOF in effects


@pytest.mark.parametrize("phase", [Listening(due=40.0, heard=True), FollowUp(due=21.0, armed=True)])
def test_who_has_the_floor_by_then_loses_it(phase: Phase) -> None:
    conv, effects = step(at(phase), ev.TriesSpent(), 12.0, TALK)

    assert conv.over
    assert conv.gate is None
    assert phrases(effects) == [Phrase.CANNOT_SHARE]
    assert PROOF in effects


@pytest.mark.parametrize(
    "event",
    [
        ev.ReplyFinished(audible=False),
        ev.ReplyCut(),
        ev.HoldWasSilent(),
        ev.LinkGone(),
        ev.FailedOver(),
        ev.Refused(ev.RefusedFor.BUSY),
    ],
    ids=repr,
)
def test_a_refusal_that_never_comes_is_not_asked_for_again(event: ev.Event) -> None:
    conv, effects = play(at(Thinking(since=9.0, due=30.0)), (9.5, ev.TriesSpent()), (10.0, event))

    assert conv.over
    assert phrases(effects) == [Phrase.CANNOT_SHARE]
    assert PROOF in effects
    assert RepeatUtterance() not in effects


@pytest.mark.parametrize("delivered", [False, True])
def test_a_service_that_is_silent_after_the_last_try_is_waited_for_no_longer_than_ever(
    delivered: bool,
) -> None:
    waiting = at(Thinking(since=2.0, due=10.0, stage=4), delivered=delivered, tries_spent=True)
    ready, _ = step(waiting, ev.StandbyReady(True), 9.0, TALK)

    conv, effects = step(ready, ev.Tick(), 10.0, TALK)

    assert conv.over
    assert PROOF in effects
    assert StandIn() not in effects


def test_the_next_customer_is_answered() -> None:
    conv, effects = play(
        at(FollowUp(due=21.0)),
        (12.0, ev.TriesSpent()),
        (13.0, ev.ButtonPressed()),
        (13.1, ev.ButtonReleased()),
        (14.0, ev.SpeechStarted()),
        (15.0, ev.SpeechEnded()),
        (16.0, ev.ReplySounded()),
        (17.0, ev.PlayoutDrained(heard_ms=900)),
    )

    assert isinstance(conv.phase, FollowUp)
    assert not conv.tries_spent
    assert conv.visit == 2
    assert phrases(effects) == [Phrase.CANNOT_SHARE]


# Claims without evidence


def test_what_nobody_checked_is_put_right_after_the_reply_and_then_it_listens() -> None:
    conv, effects = play(at(SPEAKING), (11.0, ev.ClaimUnfounded("refund")))
    assert effects == []

    conv, effects = play(conv, (13.0, ev.PlayoutDrained(heard_ms=2900)))
    assert conv.phase == Saying(phrase=Phrase.UNCHECKED, due=25.0)
    assert reports(effects) == ["reply_ended", "turn_ended", "claim_corrected"]
    assert CORRECTED in effects
    assert phrases(effects) == [Phrase.UNCHECKED]

    conv, effects = play(conv, (18.0, ev.PhraseEnded(Phrase.UNCHECKED)), (18.2, ev.Tick()))
    assert conv.phase == FollowUp(due=18.2 + TALK.follow_up_s, armed=True)
    assert phrases(effects) == []


@pytest.mark.parametrize("armed", [False, True])
def test_a_judgement_that_comes_late_is_told_before_anybody_speaks(armed: bool) -> None:
    conv, effects = step(
        at(FollowUp(due=21.0, armed=armed)), ev.ClaimUnfounded("refund"), 12.0, TALK
    )

    assert phrases(effects) == [Phrase.UNCHECKED]
    assert CORRECTED in effects
    assert conv.gate is None


def test_a_claim_judged_before_its_reply_sounds_is_put_right_after_it() -> None:
    conv, effects = play(
        at(Thinking(since=9.0, due=30.0)),
        (9.5, ev.ClaimUnfounded("refund")),
        (10.0, ev.ReplySounded()),
        (12.0, ev.PlayoutDrained(heard_ms=1900)),
    )

    assert phrases(effects) == [Phrase.UNCHECKED]
    assert isinstance(conv.phase, Saying)


def test_who_interrupts_a_claim_is_told_when_they_have_finished() -> None:
    """The press drops what was judged by the whole reply; what was heard is judged anew."""
    conv, _ = play(at(SPEAKING), (11.0, ev.ClaimUnfounded("refund")), (12.0, ev.ButtonPressed()))
    assert conv.unfounded == ""

    conv, effects = play(
        conv,
        (12.0, ev.ClaimUnfounded("refund")),
        (12.1, ev.ButtonReleased()),
        (13.0, ev.SpeechStarted()),
    )
    assert phrases(effects) == []

    conv, effects = play(conv, (15.0, ev.SpeechEnded()))
    assert effects.index(EndUtterance()) < effects.index(PlayPhrase(Phrase.UNCHECKED))
    assert CORRECTED in effects
    assert conv.phase == Thinking(since=15.0, due=19.0, stage=2)  # the phrase is sign enough


def test_who_interrupts_a_claim_and_says_nothing_does_not_leave_with_it() -> None:
    listening = at(Listening(due=18.0), unfounded="refund")

    conv, effects = step(listening, ev.Tick(), 18.0, TALK)

    assert conv.over
    assert phrases(effects) == [Phrase.UNCHECKED]
    assert CORRECTED in effects


def test_a_reply_whose_end_was_lost_is_put_right_rather_than_asked_for_again() -> None:
    conv, effects = play(
        at(SPEAKING),
        (11.0, ev.ReplyCut()),
        (11.0, ev.ClaimUnfounded("refund")),
        (12.0, ev.PlayoutDrained(heard_ms=1900)),
    )

    assert phrases(effects) == [Phrase.UNCHECKED]
    assert outcomes(effects) == ["lost"]
    assert isinstance(conv.phase, Saying)


def test_it_is_said_once_though_the_claim_is_judged_twice() -> None:
    capped, effects = play(at(SPEAKING), (11.0, ev.ClaimUnfounded("refund")), (55.0, ev.Tick()))
    assert phrases(effects) == [Phrase.UNCHECKED]

    again, effects = play(
        capped, (55.0, ev.ClaimUnfounded("refund")), (60.0, ev.PhraseEnded(Phrase.UNCHECKED))
    )
    assert phrases(effects) == []
    assert isinstance(again.phase, FollowUp)


def test_what_has_to_be_put_right_is_said_before_the_visit_ends_for_want_of_proof() -> None:
    conv, effects = play(
        at(SPEAKING, tries_spent=True),
        (11.0, ev.ClaimUnfounded("refund")),
        (13.0, ev.PlayoutDrained(heard_ms=2900)),
        (18.0, ev.PhraseEnded(Phrase.UNCHECKED)),
    )

    assert phrases(effects) == [Phrase.UNCHECKED, Phrase.CANNOT_SHARE]
    assert conv.over


def test_a_visit_that_is_over_puts_nothing_right_and_nor_does_the_next() -> None:
    over, effects = step(at(Idle()), ev.ClaimUnfounded("refund"), 12.0, TALK)

    assert over == at(Idle())
    assert effects == ()


# The shop does not answer, or its policy is out of date


def test_a_shop_that_does_not_answer_is_seen_and_so_is_its_return() -> None:
    silent, effects = step(at(Idle()), ev.ShopAnswers(up=False), 10.0, TALK)
    assert effects == (ShowLight(Light.DEGRADED),)

    expired, effects = step(silent, ev.PolicyExpired(expired=True), 11.0, TALK)
    assert effects == ()
    answers, effects = step(expired, ev.ShopAnswers(up=True), 12.0, TALK)
    assert effects == ()
    _, effects = step(answers, ev.PolicyExpired(expired=False), 13.0, TALK)
    assert effects == (ShowLight(Light.READY),)


def test_a_shop_that_falls_silent_in_mid_visit_disturbs_nobody() -> None:
    listening = at(Listening(due=40.0, heard=True))

    conv, effects = step(listening, ev.ShopAnswers(up=False), 12.0, TALK)

    assert conv.phase == listening.phase
    assert effects == ()


# What holds whatever happens


def test_the_end_of_a_turn_is_told_once_when_the_visit_ends_with_it_at_its_cap() -> None:
    _, effects = step(at(SPEAKING), ev.PlayoutDrained(heard_ms=2000), 301.0, TALK)

    assert reports(effects) == ["reply_ended", "turn_ended", "visit_ended"]


scripts = st.lists(
    st.tuples(st.floats(0.0, 12.0, allow_nan=False), st.sampled_from(EVENTS)), max_size=60
)
BEGINNINGS = st.sampled_from([Listening(due=11.0), Thinking(since=9.0, due=11.0), SPEAKING])


@given(beginning=BEGINNINGS, script=scripts)
@settings(max_examples=300)
def test_who_may_ask_no_more_gets_no_other_turn_in_that_visit(
    beginning: Phase, script: list[tuple[float, ev.Event]]
) -> None:
    conv, now = at(beginning), 10.0
    conv, effects = step(conv, ev.TriesSpent(), now, TALK)
    for delay, event in script:
        if conv.over:
            break
        now += delay
        conv, effects = step(conv, event, now, TALK)
        assert [each for each in effects if isinstance(each, StartUtterance | OpenSession)] == []
        assert conv.gate is None


@given(script=scripts)
@settings(max_examples=300)
def test_nothing_of_one_visit_is_held_against_the_next(
    script: list[tuple[float, ev.Event]],
) -> None:
    conv, now = Conversation(), 0.0
    for delay, event in script:
        now += delay
        conv, effects = step(conv, event, now, TALK)
        if conv.over:
            assert not conv.tries_spent
            assert conv.unfounded == ""
        assert not (isinstance(conv.phase, Listening) and conv.tries_spent)
        check_one_correction(conv, effects)


def check_one_correction(conv: Conversation, effects: tuple[Effect, ...]) -> None:
    """Every correction told of is spoken, once, and with nothing of the reply under it."""
    told = reports(effects).count("claim_corrected")
    assert told == phrases(effects).count(Phrase.UNCHECKED) <= 1
    if told and not isinstance(conv.phase, Thinking):
        assert isinstance(conv.phase, Saying)
        assert Flush() not in effects or effects.index(Flush()) < effects.index(
            PlayPhrase(Phrase.UNCHECKED)
        )


def test_a_kiosk_that_only_starts_keeps_what_it_is_told() -> None:
    conv = replace(Conversation(), phase=Starting())

    conv, _ = play(
        conv, (1.0, ev.ShopAnswers(up=False)), (2.0, ev.TriesSpent()), (3.0, ev.KioskReady())
    )

    assert conv.light is Light.DEGRADED
    assert not conv.tries_spent
