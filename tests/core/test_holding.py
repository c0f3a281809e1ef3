"""A button held for long: a customer who talks, staff who mute, or something that leans on it."""

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
    GateMode,
    KeepMuted,
    OpenSession,
    Phrase,
    PlayEarcon,
    PlayPhrase,
    Report,
    ShowLight,
    StartUtterance,
)
from kiosk.core.lights import Light, Truths
from kiosk.core.parts import Part
from kiosk.core.phases import (
    Conversation,
    Hold,
    HoldStage,
    Idle,
    Listening,
    Phase,
    Saying,
    Speaking,
    Starting,
    Thinking,
)
from kiosk.settings import Button
from tests.core.conversing import (
    EVENTS,
    PHASES,
    TALK,
    assert_sound,
    at,
    outcomes,
    phrases,
    play,
    reports,
)

STUCK = Report("fault", {"part": "button", "cause": "stuck"})
FREED = Report("healed", {"part": "button"})
MUTED = Truths(starting=False, muted=True)


def wait(
    conv: Conversation, until: float, button: Button | None = None
) -> tuple[Conversation, list[tuple[float, Effect]]]:
    """Let time pass: every Tick that is owed, and when what came of it."""
    heard: list[tuple[float, Effect]] = []
    while conv.deadline is not None and conv.deadline <= until:
        now = conv.deadline
        conv, effects = step(conv, ev.Tick(), now, TALK, button or Button())
        heard += [(round(now, 3), effect) for effect in effects]
    return conv, heard


def pressed(conv: Conversation, now: float = 10.0) -> Conversation:
    return step(conv, ev.ButtonPressed(), now, TALK)[0]


def earcons(effects: list[tuple[float, Effect]]) -> list[tuple[float, Earcon]]:
    return [(now, each.earcon) for now, each in effects if isinstance(each, PlayEarcon)]


def lights(effects: list[tuple[float, Effect]]) -> list[tuple[float, Light]]:
    return [(now, each.light) for now, each in effects if isinstance(each, ShowLight)]


# The staff's gesture


def test_staff_hold_in_silence_are_told_what_letting_go_does_and_let_go() -> None:
    conv, told = wait(pressed(at(Idle())), 16.0)
    assert earcons(told) == [(15.0, Earcon.OFFER)]
    assert lights(told) == [(15.0, Light.MUTED)]

    conv, effects = step(conv, ev.ButtonReleased(), 16.0, TALK)

    assert conv.phase == Idle()
    assert conv.truths.muted
    assert conv.light is Light.MUTED
    assert effects[:3] == (Flush(), PlayEarcon(Earcon.MUTE), Report("muted", {"muted": True}))
    assert KeepMuted(muted=True) in effects
    assert CloseSession() in effects
    assert EndUtterance() not in effects  # nothing of that hold is a turn
    assert Report("visit_ended", {"visit": 2, "reason": "muted"}) in effects


def test_the_same_gesture_unmutes_and_opens_no_visit() -> None:
    muted = at(Idle(), truths=MUTED)

    conv, effects = play(muted, (10.0, ev.ButtonPressed()))
    assert effects == [PlayEarcon(Earcon.MUTE)]
    conv, told = wait(conv, 16.0)
    assert earcons(told) == [(15.0, Earcon.OFFER)]
    assert lights(told) == [(15.0, Light.READY)]

    after, effects = play(conv, (16.0, ev.ButtonReleased()))

    assert effects == [
        PlayEarcon(Earcon.UNMUTE),
        Report("muted", {"muted": False}),
        KeepMuted(muted=False),
    ]
    assert after.phase == Idle()
    assert after.light is Light.READY


def test_a_short_press_while_muted_only_gets_its_tone() -> None:
    conv, effects = play(
        at(Idle(), truths=MUTED), (10.0, ev.ButtonPressed()), (10.2, ev.ButtonReleased())
    )

    assert effects == [PlayEarcon(Earcon.MUTE)]
    assert conv.truths.muted
    assert conv.deadline is None


def test_letting_go_a_moment_before_the_offer_mutes_nothing() -> None:
    conv, _ = wait(pressed(at(Idle())), 14.99)

    conv, effects = step(conv, ev.ButtonReleased(), 14.99, TALK)

    assert not conv.truths.muted
    assert EndUtterance() in effects


def test_staff_who_hold_on_have_called_it_off() -> None:
    conv, told = wait(pressed(at(Idle())), 21.0)

    assert earcons(told) == [(15.0, Earcon.OFFER), (20.0, Earcon.SORRY)]
    assert lights(told) == [(15.0, Light.MUTED), (20.0, Light.VISIT)]
    conv, effects = step(conv, ev.ButtonReleased(), 21.0, TALK)
    assert not conv.truths.muted
    assert EndUtterance() in effects  # a hold like any other again: quiet words in it are heard


@pytest.mark.parametrize("speaks_at", [10.3, 14.9, 15.3, 19.0, 21.0])
@pytest.mark.parametrize("held_s", [6.0, 12.0, 18.0, 29.0])
def test_a_customer_who_talks_with_the_button_held_is_never_muted(
    speaks_at: float, held_s: float
) -> None:
    conv, _ = wait(pressed(at(Idle())), speaks_at)
    conv, _ = step(conv, ev.SpeechStarted(), speaks_at, TALK)
    released = max(speaks_at, 10.0 + held_s)

    conv, told = wait(conv, released)
    assert earcons(told) == []
    assert conv.light is Light.VISIT
    assert conv.gate is GateMode.HOLD

    after, effects = step(conv, ev.ButtonReleased(), released, TALK)
    assert EndUtterance() in effects
    assert isinstance(after.phase, Thinking)
    assert not after.truths.muted


@pytest.mark.parametrize("murmurs_at", [10.3, 14.9, 15.3])
def test_a_customer_who_may_be_murmuring_is_not_muted_but_listened_to(murmurs_at: float) -> None:
    conv, _ = wait(pressed(at(Idle())), murmurs_at)
    conv, _ = step(conv, ev.VoiceSuspected(), murmurs_at, TALK)

    conv, told = wait(conv, 17.0)
    after, effects = step(conv, ev.ButtonReleased(), 17.0, TALK)

    assert earcons(told) == []
    assert conv.light is Light.VISIT
    assert EndUtterance() in effects
    assert not after.truths.muted


def test_who_had_spoken_already_and_presses_again_to_go_on_is_never_offered_to_mute() -> None:
    speaking = at(Listening(due=40.0, heard=True))

    conv, told = wait(pressed(speaking, 12.0), 39.0)

    assert told == []
    assert isinstance(conv.phase, Listening)


@pytest.mark.parametrize("spoke", [False, True])
@pytest.mark.parametrize("event", [ev.LinkGone(), ev.PartFailed(ev.Part.MICROPHONE)], ids=repr)
def test_a_customer_who_still_holds_when_the_visit_breaks_off_mutes_nothing(
    event: ev.Event, spoke: bool
) -> None:
    conv, _ = wait(pressed(at(Idle())), 13.0)
    if spoke:
        conv, _ = step(conv, ev.SpeechStarted(), 13.0, TALK)
    broken, _ = step(conv, event, 14.0, TALK)

    conv, told = wait(broken, 17.0)
    conv, effects = step(conv, ev.ButtonReleased(), 17.0, TALK)

    assert earcons(told) == []
    assert not conv.truths.muted
    assert effects == ()


def test_a_mute_from_the_command_line_in_mid_gesture_is_not_undone_by_letting_go() -> None:
    conv, _ = wait(pressed(at(Idle())), 16.0)

    conv, _ = play(conv, (16.0, ev.MuteSwitched(muted=True)), (16.5, ev.ButtonReleased()))

    assert conv.truths.muted
    assert conv.light is Light.MUTED


def test_a_gesture_stops_the_reply_and_ends_the_visit_like_any_mute() -> None:
    speaking = at(Speaking(since=9.0, due=50.0, first_audio_ms=1))

    conv, _ = wait(pressed(speaking), 15.5)
    conv, effects = step(conv, ev.ButtonReleased(), 15.5, TALK)

    assert conv.truths.muted
    assert CloseSession() in effects
    assert conv.phase == Idle()


def test_a_kiosk_whose_gesture_is_switched_off_is_never_muted_by_its_button() -> None:
    off = Button(mute_hold_s=0)
    conv, _ = step(at(Idle()), ev.ButtonPressed(), 10.0, TALK, off)

    conv, told = wait(conv, 24.9, off)

    assert earcons(told) == []
    assert conv.light is Light.VISIT
    conv, told = wait(conv, 25.0, off)
    assert conv.stuck


def test_a_kiosk_that_is_still_starting_takes_no_gesture() -> None:
    starting, _ = step(Conversation(), ev.ButtonPressed(), 1.0, TALK)

    conv, told = wait(starting, 12.0)

    assert told == []
    assert not conv.offered


# Stuck


def test_a_button_that_nobody_lets_go_is_asked_for_once_and_shown() -> None:
    conv, told = wait(pressed(at(Idle())), 24.9)
    assert phrases([effect for _, effect in told]) == []

    conv, told = wait(conv, 1000.0)

    assert [(now, each.phrase) for now, each in told if isinstance(each, PlayPhrase)] == [
        (25.0, Phrase.RELEASE_BUTTON)
    ]
    effects = [effect for _, effect in told]
    assert effects.count(STUCK) == 1
    assert Report("visit_ended", {"visit": 2, "reason": "stuck"}) in effects
    assert EndUtterance() not in effects
    assert conv.phase == Idle()
    assert conv.light is Light.SOFTWARE_FAULT
    assert conv.deadline is None


def test_a_button_that_comes_up_heals_and_its_press_was_no_turn() -> None:
    conv, _ = wait(pressed(at(Idle())), 60.0)

    conv, effects = step(conv, ev.ButtonReleased(), 60.0, TALK)

    assert effects == (FREED, ShowLight(Light.READY))
    assert not conv.truths.muted
    begun, effects = step(conv, ev.ButtonPressed(), 61.0, TALK)
    assert OpenSession(3) in effects
    assert isinstance(begun.phase, Listening)


def test_a_button_stuck_under_a_muted_kiosk_is_asked_for_too() -> None:
    conv, told = wait(pressed(at(Idle(), truths=MUTED)), 60.0)

    assert phrases([effect for _, effect in told]) == [Phrase.RELEASE_BUTTON]
    assert conv.light is Light.MUTED
    conv, effects = step(conv, ev.ButtonReleased(), 60.0, TALK)
    assert effects == (FREED,)
    assert conv.truths.muted


def test_a_button_stuck_since_before_the_start_is_noticed() -> None:
    conv, told = wait(step(Conversation(), ev.ButtonPressed(), 1.0, TALK)[0], 20.0)
    assert phrases([effect for _, effect in told]) == [Phrase.RELEASE_BUTTON]

    conv, effects = step(conv, ev.KioskReady(), 20.0, TALK)
    assert ShowLight(Light.SOFTWARE_FAULT) in effects

    conv, _ = step(Conversation(), ev.ButtonPressed(), 1.0, TALK)
    conv, told = wait(step(conv, ev.KioskReady(), 9.0, TALK)[0], 60.0)
    assert phrases([effect for _, effect in told]) == [Phrase.RELEASE_BUTTON]
    assert conv.light is Light.SOFTWARE_FAULT


def test_who_talks_to_the_cap_is_answered_and_a_button_still_down_long_after_is_stuck() -> None:
    conv, _ = play(pressed(at(Idle())), (10.4, ev.Tick()), (10.6, ev.SpeechStarted()))

    conv, told = wait(conv, 40.6)
    assert isinstance(conv.phase, Thinking)
    assert EndUtterance() in [effect for _, effect in told]
    conv, _ = play(conv, (41.0, ev.ReplyStarted()), (41.2, ev.ReplySounded()))
    conv, told = wait(conv, 55.5)
    assert isinstance(conv.phase, Speaking)
    assert told == []

    conv, told = wait(conv, 60.0)
    effects = [effect for _, effect in told]
    assert Flush() in effects
    assert phrases(effects) == [Phrase.RELEASE_BUTTON]
    assert outcomes(effects) == ["abandoned"]


def test_noise_beside_a_stuck_button_makes_one_visit_and_no_more() -> None:
    conv, now, log = pressed(at(Idle())), 10.0, list[Effect]()
    while now < 400.0:
        now += 1.0
        conv, told = wait(conv, now)
        log += [effect for _, effect in told]
        began = () if getattr(conv.phase, "heard", False) else (ev.SpeechStarted(),)
        for event in (*began, ev.ReplySounded(), ev.PlayoutDrained(100)):
            conv, effects = step(conv, event, now, TALK)
            log += effects

    assert reports(log).count("visit_started") == 0  # after the press's own
    assert reports(log).count("visit_ended") == 1
    assert phrases(log).count(Phrase.RELEASE_BUTTON) == 1
    assert conv.light is Light.SOFTWARE_FAULT


# Mashed


def mash(conv: Conversation, seconds: float, presses_hz: float = 20.0) -> list[Effect]:
    """Press and let go again and again, with every Tick that is owed between."""
    log: list[Effect] = []
    for number in range(round(seconds * presses_hz)):
        down = 10.0 + number / presses_hz
        for now, event in ((down, ev.ButtonPressed()), (down + 0.01, ev.ButtonReleased())):
            conv, told = wait(conv, now)
            conv, effects = step(conv, event, now, TALK)
            log += [*(effect for _, effect in told), *effects]
    return log


@pytest.mark.parametrize("presses_hz", [3.0, 20.0])
def test_a_mashed_button_is_one_visit_one_turn_and_one_click(presses_hz: float) -> None:
    log = mash(at(Idle()), 5.0, presses_hz)

    assert [each for each in log if isinstance(each, PlayEarcon)] == [PlayEarcon(Earcon.PRESS)]
    assert [each for each in log if isinstance(each, OpenSession | StartUtterance)] == [
        OpenSession(2),
        StartUtterance(2 - 1),
    ]
    assert phrases(log) == []
    assert EndUtterance() not in log


def test_mashing_into_a_reply_stops_it_once() -> None:
    log = mash(at(Speaking(since=9.0, due=50.0, first_audio_ms=1)), 5.0)

    assert reports(log).count("barge_in") == 1
    assert [each for each in log if isinstance(each, PlayEarcon)] == [PlayEarcon(Earcon.LISTENING)]


@pytest.mark.parametrize(
    ("conv", "answer"),
    [
        (at(Idle(), truths=MUTED), [PlayEarcon(Earcon.MUTE)]),
        (
            Conversation(phase=Starting()),
            [PlayEarcon(Earcon.PRESS), PlayPhrase(Phrase.STARTING)],
        ),
        (
            at(Idle(), truths=Truths(failed=frozenset({Part.MICROPHONE}))),
            [PlayPhrase(Phrase.NOT_AVAILABLE)],
        ),
    ],
    ids=["muted", "starting", "deaf"],
)
def test_a_kiosk_that_cannot_listen_answers_mashing_once(
    conv: Conversation, answer: list[Effect]
) -> None:
    assert mash(conv, 3.0) == answer


def test_mashing_through_the_end_of_a_visit_begins_no_other() -> None:
    conv, _ = play(
        at(Idle()),
        (10.0, ev.ButtonPressed()),
        (10.05, ev.ButtonReleased()),
        (10.1, ev.LinkGone()),
        (10.15, ev.ButtonPressed()),
        (10.2, ev.ButtonReleased()),
    )
    assert isinstance(conv.phase, Saying)
    assert conv.phase.phrase is Phrase.LOST_CONNECTION

    _, effects = step(conv, ev.ButtonPressed(), 10.7, TALK)
    assert OpenSession(3) in effects


# Whatever happens


@pytest.mark.parametrize(
    "hold",
    [
        Hold(HoldStage.OPEN, 11.5),
        Hold(HoldStage.OFFERED, 11.5),
        Hold(HoldStage.SPOKEN, None),
        Hold(HoldStage.CLOSED, 11.5),
        Hold(HoldStage.STUCK, None),
    ],
    ids=repr,
)
@pytest.mark.parametrize("phase", PHASES, ids=repr)
def test_every_event_is_legal_at_every_stage_of_a_hold_in_every_phase(
    hold: Hold, phase: Phase
) -> None:
    for event in EVENTS:
        for now in (10.0, 12.0, 400.0):
            assert_sound(at(phase, pressed_at=5.0, hold=hold), event, now)


scripts = st.lists(
    st.tuples(st.floats(0.0, 12.0, allow_nan=False), st.sampled_from(EVENTS)), max_size=60
)


@given(scripts)
@settings(max_examples=300, deadline=None)
def test_a_button_that_is_never_let_go_ends_every_visit_too(
    script: list[tuple[float, ev.Event]],
) -> None:
    conv, now = Conversation(), 0.0
    for delay, event in (*script, (1.0, ev.ButtonPressed())):
        now += delay
        conv, _ = step(conv, event, now, TALK)

    conv, told = wait(conv, now + 400.0)

    assert isinstance(conv.phase, Idle | Starting)
    assert conv.deadline is None
    assert conv.stuck
    assert phrases([effect for _, effect in told]).count(Phrase.RELEASE_BUTTON) == 1


@given(scripts)
@settings(max_examples=300, deadline=None)
def test_only_an_offer_that_was_told_changes_the_mute_and_only_by_letting_go(
    script: list[tuple[float, ev.Event]],
) -> None:
    conv, now = Conversation(), 0.0
    for delay, event in script:
        now += delay
        before = conv
        conv, effects = step(conv, event, now, TALK)
        if isinstance(event, ev.MuteSwitched):
            assert KeepMuted(event.muted) not in effects  # who asks keeps it
        elif conv.truths.muted != before.truths.muted:
            assert isinstance(event, ev.ButtonReleased)
            assert before.offered
            assert KeepMuted(conv.truths.muted) in effects


@given(scripts)
@settings(max_examples=300, deadline=None)
def test_a_hold_lasts_exactly_as_long_as_the_button_is_down(
    script: list[tuple[float, ev.Event]],
) -> None:
    conv, now = Conversation(), 0.0
    for delay, event in script:
        now += delay
        conv, _ = step(conv, event, now, TALK)
        assert (conv.hold is None) == (conv.pressed_at is None)
        match conv.hold:
            case Hold(HoldStage.STUCK, due):
                assert due is None
            case Hold(HoldStage.SPOKEN, due):
                assert due is None
                assert isinstance(conv.phase, Listening)  # which ends by its own cap
            case Hold(_, due):
                assert due is not None
            case None:
                pass
