"""What a customer, the staff and a broken part may do, and what the kiosk makes of it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core import events as ev
from kiosk.core.conversation import step
from kiosk.core.earcons import Earcon
from kiosk.core.effects import (
    ArmGate,
    CloseSession,
    DisarmGate,
    EndUtterance,
    Flush,
    GateMode,
    OpenSession,
    Phrase,
    PlayEarcon,
    PlayPhrase,
    Reconnect,
    RepeatUtterance,
    Report,
    ShowLight,
    ShowMicrophoneLamp,
    StandIn,
    StartUtterance,
)
from kiosk.core.endings import PHRASE_LIMIT_S
from kiosk.core.lights import Light
from kiosk.core.phases import (
    Conversation,
    FollowUp,
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


def assert_kept_company(conv: Conversation, since: float) -> None:
    """Left alone from ``since`` on, the customer hears a sign in time and then the truth."""
    phase = type(conv.phase)
    said: list[tuple[float, Phrase]] = []
    while conv.deadline is not None and isinstance(conv.phase, phase):
        now = conv.deadline
        conv, effects = step(conv, ev.Tick(), now, TALK)
        said += [(round(now - since, 3), phrase) for phrase in phrases(effects)]

    assert said == [
        (0.8, Phrase.TICK),
        (2.0, Phrase.ONE_MOMENT),
        (4.0, Phrase.TICK),
        (6.0, Phrase.TICK),
        (8.0, Phrase.LOST_CONNECTION),
    ]
    assert conv.over


# Beginning


def test_a_press_is_answered_first_and_over_nothing_else() -> None:
    conv, effects = step(at(Idle(), visit=0, turn=0), ev.ButtonPressed(), 10.0, TALK)

    assert effects == (
        Flush(),
        PlayEarcon(Earcon.PRESS),
        Report("visit_started", {"visit": 1}),
        OpenSession(1),
        StartUtterance(1),
        Report("turn_started", {"turn": 1}),
        ArmGate(GateMode.TAP),
        ShowMicrophoneLamp(lit=True),
        Report("mic_open"),
        ShowLight(Light.VISIT),
    )
    assert conv.phase == Listening(due=10.0 + TALK.hold_s)
    assert conv.visit_due == 10.0 + TALK.visit_s


def test_a_press_during_start_up_is_told_to_wait_and_nothing_is_recorded() -> None:
    conv, effects = play(Conversation(), (1.0, ev.ButtonPressed()), (1.1, ev.ButtonReleased()))

    assert conv.phase == Starting()
    assert effects == [PlayEarcon(Earcon.PRESS), PlayPhrase(Phrase.STARTING)]


def test_the_light_turns_from_starting_to_ready() -> None:
    conv, effects = step(Conversation(), ev.KioskReady(), 1.0, TALK)

    assert conv.phase == Idle()
    assert effects == (Report("ready"), ShowLight(Light.READY))


# Tap and hold


def test_a_customer_who_taps_is_ended_by_the_gate() -> None:
    conv, effects = play(
        at(Idle()),
        (10.0, ev.ButtonPressed()),
        (10.1, ev.ButtonReleased()),
        (11.0, ev.SpeechStarted()),
        (13.0, ev.SpeechEnded()),
    )

    assert conv.phase == Thinking(since=13.0, due=13.0 + TALK.tick_s)
    assert effects.count(EndUtterance()) == 1
    assert ShowMicrophoneLamp(lit=False) in effects


def test_a_customer_who_holds_is_ended_by_the_release_and_not_by_a_pause() -> None:
    conv, effects = play(
        at(Idle()),
        (10.0, ev.ButtonPressed()),
        (10.2, ev.SpeechStarted()),
        (10.4, ev.Tick()),
        (12.0, ev.SpeechEnded()),
        (13.0, ev.ButtonReleased()),
    )

    assert ArmGate(GateMode.HOLD) in effects
    assert conv.phase == Thinking(since=13.0, due=13.0 + TALK.tick_s)


def test_a_release_just_before_the_hold_time_is_a_tap() -> None:
    conv, effects = play(
        at(Idle()), (10.0, ev.ButtonPressed()), (10.0 + TALK.hold_s - 0.01, ev.ButtonReleased())
    )

    assert conv.gate is GateMode.TAP
    assert ArmGate(GateMode.HOLD) not in effects


def test_the_end_mark_goes_out_before_the_gate_is_shut() -> None:
    held = at(Listening(due=40.0, heard=True, held=True), pressed_at=10.0)

    _, effects = step(held, ev.ButtonReleased(), 12.0, TALK)

    assert effects.index(EndUtterance()) < effects.index(DisarmGate())


def test_a_second_tap_after_speaking_says_done() -> None:
    conv, effects = play(
        at(Listening(due=40.0, heard=True)),
        (12.0, ev.ButtonPressed()),
        (12.1, ev.ButtonReleased()),
    )

    assert isinstance(conv.phase, Thinking)
    assert effects.count(EndUtterance()) == 1


def test_a_second_press_in_mid_question_lets_the_release_and_no_pause_end_it() -> None:
    conv, effects = play(
        at(Listening(due=40.0, heard=True)),
        (12.0, ev.ButtonPressed()),
        (13.0, ev.SpeechEnded()),
        (15.0, ev.ButtonReleased()),
    )

    assert ArmGate(GateMode.HOLD) in effects
    assert conv.phase == Thinking(since=15.0, due=15.0 + TALK.tick_s)
    assert effects.count(EndUtterance()) == 1


def test_a_second_press_cannot_make_an_utterance_longer_than_the_cap() -> None:
    conv, effects = play(
        at(Listening(due=40.0, heard=True)), (39.0, ev.ButtonPressed()), (40.0, ev.Tick())
    )

    assert EndUtterance() in effects
    assert isinstance(conv.phase, Thinking)


def test_who_says_done_after_the_cap_is_still_answered() -> None:
    conv, effects = play(
        at(Listening(due=320.0, heard=True)),
        (301.0, ev.ButtonPressed()),
        (301.1, ev.ButtonReleased()),
    )

    assert isinstance(conv.phase, Thinking)
    assert CloseSession() not in effects


def test_a_second_press_before_speaking_may_become_a_hold() -> None:
    conv, effects = play(
        at(Listening(due=18.0)),
        (12.0, ev.ButtonPressed()),
        (12.4, ev.Tick()),
    )

    assert ArmGate(GateMode.HOLD) in effects
    assert conv.gate is GateMode.HOLD


def test_a_tap_while_the_customer_already_speaks_is_still_a_tap() -> None:
    conv, _ = play(
        at(Idle()),
        (10.0, ev.ButtonPressed()),
        (10.2, ev.SpeechStarted()),
        (10.3, ev.ButtonReleased()),
        (10.4, ev.Tick()),
    )

    assert conv.phase == Listening(due=10.3 + TALK.utterance_s, heard=True)


def test_nobody_speaks_after_a_tap_and_the_visit_ends() -> None:
    conv, effects = play(
        at(Idle()),
        (10.0, ev.ButtonPressed()),
        (10.1, ev.ButtonReleased()),
        (18.1, ev.Tick()),
    )

    assert conv.phase == Idle()
    assert PlayEarcon(Earcon.SORRY) in effects
    assert CloseSession() in effects
    assert outcomes(effects) == ["no_speech"]


def test_a_silent_hold_is_asked_to_say_it_again() -> None:
    conv, effects = play(at(Thinking(since=10.0, due=10.8)), (10.01, ev.HoldWasSilent()))

    assert phrases(effects) == [Phrase.SAY_AGAIN]
    assert outcomes(effects) == ["no_speech"]
    assert conv.phase == Saying(phrase=Phrase.SAY_AGAIN, due=10.01 + PHRASE_LIMIT_S)


@pytest.mark.parametrize("held", [False, True])
def test_a_monologue_is_answered_at_the_cap(held: bool) -> None:
    long = at(Listening(due=40.0, heard=True, held=held), pressed_at=10.0 if held else None)

    conv, effects = step(long, ev.Tick(), 40.0, TALK)

    assert EndUtterance() in effects
    assert isinstance(conv.phase, Thinking)


# Patience


def test_a_waiting_customer_is_never_left_in_silence() -> None:
    conv = at(Thinking(since=100.0, due=100.8))
    assert_kept_company(conv, since=100.0)


WAITED = Thinking(since=2.0, due=10.0, stage=4)
"""8 s after the question: the next sign of patience is the truth."""


def test_who_was_told_the_truth_is_still_answered_when_the_connection_is_back() -> None:
    told, effects = step(at(WAITED), ev.Tick(), 10.0, TALK)
    assert effects == (PlayPhrase(Phrase.LOST_CONNECTION),)
    assert told.phase == Thinking(since=2.0, due=50.0, stage=5)

    conv, heard = play(
        told,
        (25.0, ev.Connected()),
        (26.0, ev.QuestionDelivered()),
        (27.0, ev.ReplyStarted()),
        (27.1, ev.ReplySounded()),
    )

    assert conv.phase == Speaking(since=27.1, due=27.1 + TALK.reply_s, first_audio_ms=25_100)
    assert phrases(heard) == []


@pytest.mark.parametrize(
    "phase",
    [
        Thinking(since=2.0, due=50.0, stage=5),
        Speaking(since=1.0, due=50.0, first_audio_ms=1, dry_since=2.0, stage=5),
    ],
)
@pytest.mark.parametrize(("event", "reason"), [(ev.LinkGone(), "offline"), (ev.Tick(), "no_reply")])
def test_who_was_told_the_truth_hears_nothing_more_when_it_is_over(
    phase: Phase, event: ev.Event, reason: str
) -> None:
    conv, effects = step(at(phase), event, 50.0, TALK)

    assert conv.phase == Idle()
    assert effects[0] == Flush()
    assert outcomes(effects) == ["no_reply"]
    assert Report("visit_ended", {"visit": 1, "reason": reason}) in effects
    assert [each for each in effects if isinstance(each, PlayPhrase | PlayEarcon)] == []


@pytest.mark.parametrize(
    "phase",
    [
        Listening(due=40.0),
        Listening(due=40.0, heard=True),
        Thinking(since=9.0, due=11.0, stage=1),
        Speaking(since=9.0, due=54.0, first_audio_ms=1),
        Saying(phrase=Phrase.SAY_AGAIN, due=20.0),
    ],
)
def test_a_connection_that_is_gone_ends_the_visit_with_the_truth(phase: Phase) -> None:
    conv, effects = step(at(phase), ev.LinkGone(), 10.0, TALK)

    assert effects.index(CloseSession()) < effects.index(PlayPhrase(Phrase.LOST_CONNECTION))
    assert conv.over
    assert conv.gate is None
    after, _ = step(conv, ev.PhraseEnded(Phrase.LOST_CONNECTION), 14.0, TALK)
    assert after.phase == Idle()


@pytest.mark.parametrize("armed", [False, True])
def test_who_asked_nothing_hears_a_goodbye_when_the_connection_is_gone(armed: bool) -> None:
    conv, effects = step(at(FollowUp(due=21.0, armed=armed)), ev.LinkGone(), 15.0, TALK)

    assert conv.phase == Idle()
    assert effects[0] == PlayEarcon(Earcon.GOODBYE)
    assert phrases(effects) == []
    assert outcomes(effects) == []


def test_a_connection_that_is_gone_means_nothing_to_a_visit_that_is_over() -> None:
    saying = at(Saying(phrase=Phrase.LOST_CONNECTION, due=20.0, ended=True))

    for conv in (saying, at(Idle())):
        assert step(conv, ev.LinkGone(), 10.0, TALK) == (conv, ())


@pytest.mark.parametrize(
    "phase", [WAITED, Speaking(since=1.0, due=10.0, first_audio_ms=1, dry_since=2.0, stage=4)]
)
def test_a_service_that_has_the_question_and_is_silent_is_called_anew(phase: Phase) -> None:
    conv, effects = play(at(phase), (9.0, ev.QuestionDelivered()), (10.0, ev.Tick()))

    assert phrases(effects) == [Phrase.SAY_AGAIN]
    assert outcomes(effects) == ["no_reply"]
    assert effects.count(Reconnect()) == 1
    assert conv.phase == Saying(phrase=Phrase.SAY_AGAIN, due=10.0 + PHRASE_LIMIT_S)


@pytest.mark.parametrize("lost", [ev.LinkDown(), ev.FailedOver()])
def test_a_question_that_went_down_with_its_connection_was_not_delivered(lost: ev.Event) -> None:
    conv, _ = play(at(WAITED), (8.0, ev.QuestionDelivered()), (9.0, lost))

    assert not conv.delivered


@pytest.mark.parametrize(
    "phase", [Idle(), Saying(phrase=Phrase.SAY_AGAIN, due=20.0), FollowUp(due=21.0, armed=True)]
)
def test_the_next_question_is_not_delivered_because_the_last_one_was(phase: Phase) -> None:
    beginning = ev.SpeechStarted() if isinstance(phase, FollowUp) else ev.ButtonPressed()

    conv, _ = step(at(phase, delivered=True), beginning, 10.0, TALK)

    assert not conv.delivered


def test_the_service_on_this_machine_is_asked_for_once_instead_of_the_truth() -> None:
    ready, _ = step(at(WAITED), ev.StandbyReady(True), 9.0, TALK)

    asked, effects = step(ready, ev.Tick(), 10.0, TALK)
    assert effects == (StandIn(),)

    again, effects = step(asked, ev.Tick(), 10.0 + TALK.sorry_s, TALK)
    assert effects == (PlayPhrase(Phrase.LOST_CONNECTION),)
    assert isinstance(again.phase, Thinking)


def test_a_stand_in_that_answers_nothing_either_is_owned_up_to() -> None:
    standing_in = at(WAITED, standing_in=True)

    _, effects = play(standing_in, (9.0, ev.StandbyReady(True)), (10.0, ev.Tick()))

    assert phrases(effects) == [Phrase.LOST_CONNECTION]
    assert StandIn() not in effects


def test_a_reply_that_waits_behind_a_phrase_ends_the_patience() -> None:
    conv, effects = play(
        at(Thinking(since=10.0, due=14.0, stage=2)),
        (12.5, ev.ReplyStarted()),
        (14.0, ev.Tick()),
        (14.2, ev.ReplySounded()),
    )

    assert phrases(effects) == []
    assert conv.phase == Speaking(since=14.2, due=14.2 + TALK.reply_s, first_audio_ms=4200)


def test_a_turn_that_ended_without_sound_is_put_again_once_and_then_asked_again() -> None:
    thinking = at(Thinking(since=9.0, due=9.8), delivered=True)

    put_again, effects = step(thinking, ev.ReplyFinished(audible=False), 9.5, TALK)
    assert effects == (RepeatUtterance(),)
    assert put_again.phase == Thinking(since=9.0, due=9.8, repeated=True)
    assert not put_again.delivered

    _, effects = step(put_again, ev.ReplyFinished(audible=False), 9.7, TALK)
    assert phrases(effects) == [Phrase.SAY_AGAIN]
    assert outcomes(effects) == ["silent_reply"]
    assert RepeatUtterance() not in effects


def test_a_question_with_nothing_to_answer_is_not_put_again() -> None:
    empty = ev.ReplyFinished(audible=False, worth_repeating=False)

    _, effects = step(at(Thinking(since=9.0, due=9.8)), empty, 9.5, TALK)

    assert phrases(effects) == [Phrase.SAY_AGAIN]
    assert RepeatUtterance() not in effects


def test_a_reply_that_cannot_be_joined_before_it_sounded_is_asked_again() -> None:
    _, effects = step(at(Thinking(since=9.0, due=9.8)), ev.ReplyCut(), 9.5, TALK)

    assert phrases(effects) == [Phrase.SAY_AGAIN]
    assert outcomes(effects) == ["lost"]


# The reply and what follows


def test_a_reply_opens_the_follow_up_window_after_its_echo_has_died() -> None:
    conv, effects = play(
        at(Speaking(since=10.0, due=55.0, first_audio_ms=600)),
        (13.0, ev.PlayoutDrained(heard_ms=2950)),
    )
    assert conv.phase == FollowUp(due=13.0 + TALK.echo_tail_s)
    assert conv.gate is None
    assert outcomes(effects) == ["answered"]

    conv, effects = play(conv, (13.2, ev.Tick()))
    assert conv.phase == FollowUp(due=13.2 + TALK.follow_up_s, armed=True)
    assert ShowMicrophoneLamp(lit=True) in effects


def test_a_follow_up_question_needs_no_press() -> None:
    conv, effects = play(
        at(FollowUp(due=21.0, armed=True)), (15.0, ev.SpeechStarted()), (17.0, ev.SpeechEnded())
    )

    assert conv.turn == 2
    assert StartUtterance(2) in effects
    assert isinstance(conv.phase, Thinking)


def test_silence_in_the_window_ends_the_visit_with_a_goodbye() -> None:
    conv, effects = step(at(FollowUp(due=21.0, armed=True)), ev.Tick(), 21.0, TALK)

    assert conv.phase == Idle()
    assert effects == (
        PlayEarcon(Earcon.GOODBYE),
        CloseSession(),
        Report("visit_ended", {"visit": 1, "reason": "silence"}),
        DisarmGate(),
        ShowMicrophoneLamp(lit=False),
        Report("mic_close"),
        ShowLight(Light.READY),
    )


def test_a_reply_longer_than_the_cap_is_stopped() -> None:
    conv, effects = step(
        at(Speaking(since=10.0, due=55.0, first_audio_ms=1)), ev.Tick(), 55.0, TALK
    )

    assert Flush() in effects
    assert outcomes(effects) == ["capped"]
    assert isinstance(conv.phase, FollowUp)


def test_a_reply_whose_end_was_lost_is_played_and_then_asked_again() -> None:
    conv, effects = play(
        at(Speaking(since=10.0, due=55.0, first_audio_ms=1)),
        (11.0, ev.ReplyCut()),
        (12.0, ev.PlayoutDrained(heard_ms=1900)),
    )

    assert phrases(effects) == [Phrase.SAY_AGAIN]
    assert outcomes(effects) == ["lost"]
    after, _ = step(conv, ev.PhraseEnded(Phrase.SAY_AGAIN), 14.0, TALK)
    assert isinstance(after.phase, FollowUp)


def test_a_reply_that_runs_dry_is_waited_for_aloud_and_then_given_up() -> None:
    conv, _ = step(
        at(Speaking(since=90.0, due=135.0, first_audio_ms=1)), ev.ReplyDried(), 100.0, TALK
    )
    assert_kept_company(conv, since=100.0)


def test_waiting_for_the_rest_of_a_reply_is_not_counted_as_hearing_it() -> None:
    speaking = at(Speaking(since=98.0, due=143.0, first_audio_ms=1))

    conv, _ = step(speaking, ev.ReplyDried(), 100.0, TALK)
    _, effects = step(conv, ev.ButtonPressed(), 104.0, TALK)

    assert Report("reply_ended", {"heard_ms": 2000}) in effects


def test_a_reply_that_goes_on_is_capped_as_before() -> None:
    speaking = at(Speaking(since=90.0, due=135.0, first_audio_ms=1))

    conv, effects = play(
        speaking, (100.0, ev.ReplyDried()), (100.8, ev.Tick()), (101.0, ev.ReplySounded())
    )

    assert conv.phase == speaking.phase
    assert phrases(effects) == [Phrase.TICK]
    assert reports(effects) == []


def test_a_reply_that_is_dry_at_the_cap_is_stopped() -> None:
    conv, effects = play(
        at(Speaking(since=90.0, due=135.0, first_audio_ms=1)),
        (134.5, ev.ReplyDried()),
        (135.0, ev.Tick()),
    )

    assert outcomes(effects) == ["capped"]
    assert isinstance(conv.phase, FollowUp)


# Barge-in


def test_barge_in_is_silent_before_it_listens() -> None:
    speaking = at(Speaking(since=10.0, due=55.0, first_audio_ms=600), turn=4)

    conv, effects = step(speaking, ev.ButtonPressed(), 12.0, TALK)

    assert effects[0] == Flush()
    assert effects.index(Flush()) < effects.index(ArmGate(GateMode.TAP))
    assert Report("barge_in") in effects
    assert outcomes(effects) == ["interrupted"]
    assert conv.turn == 5
    assert conv.phase == Listening(due=12.0 + TALK.hold_s)


def test_a_press_while_waiting_takes_the_floor_again() -> None:
    conv, effects = step(at(Thinking(since=9.0, due=9.8)), ev.ButtonPressed(), 9.5, TALK)

    assert effects[0] == Flush()
    assert StartUtterance(2) in effects
    assert conv.gate is GateMode.TAP


def test_a_press_during_please_say_that_again_listens_at_once() -> None:
    conv, effects = step(
        at(Saying(phrase=Phrase.SAY_AGAIN, due=20.0)), ev.ButtonPressed(), 10.0, TALK
    )

    assert effects[0] == Flush()
    assert conv.phase == Listening(due=10.0 + TALK.hold_s)
    assert conv.visit == 1


# Visits


def test_a_press_after_the_last_sentence_is_a_new_customer() -> None:
    over = at(Saying(phrase=Phrase.LOST_CONNECTION, due=20.0, ended=True))

    conv, effects = step(over, ev.ButtonPressed(), 10.0, TALK)

    assert conv.visit == 2
    assert conv.turn == 1
    assert OpenSession(2) in effects
    assert Flush() in effects


def test_a_visit_over_its_cap_ends_after_the_reply() -> None:
    conv, effects = step(
        at(Speaking(since=299.0, due=344.0, first_audio_ms=1)),
        ev.PlayoutDrained(heard_ms=2000),
        301.0,
        TALK,
    )

    assert conv.phase == Idle()
    assert Report("visit_ended", {"visit": 1, "reason": "cap"}) in effects


def test_who_presses_on_after_the_cap_gets_a_fresh_visit() -> None:
    conv, effects = step(
        at(Speaking(since=299.0, due=344.0, first_audio_ms=1)), ev.ButtonPressed(), 301.0, TALK
    )

    assert conv.visit == 2
    assert effects.index(CloseSession()) < effects.index(OpenSession(2))


# Link and parts


def test_a_link_lost_in_mid_question_disturbs_nobody() -> None:
    listening = at(Listening(due=40.0, heard=True))

    conv, effects = step(listening, ev.LinkDown(), 12.0, TALK)

    assert conv.phase == listening.phase
    assert effects == ()


def test_the_light_says_offline_once_the_customer_has_gone() -> None:
    down, effects = step(at(Listening(due=12.0)), ev.Reachable(False), 11.0, TALK)
    assert effects == ()
    gone, effects = step(down, ev.Tick(), 12.0, TALK)

    assert gone.light is Light.OFFLINE
    assert ShowLight(Light.OFFLINE) in effects
    back, effects = step(gone, ev.Reachable(True), 30.0, TALK)
    assert effects == (ShowLight(Light.READY),)
    assert back.light is Light.READY


def test_a_lost_session_alone_is_no_reason_to_show_offline() -> None:
    conv, effects = play(at(Idle()), (10.0, ev.LinkDown()), (11.0, ev.Connected(standby=True)))

    assert effects == []
    assert conv.light is Light.READY


def test_a_kiosk_that_can_stand_in_for_the_service_is_degraded_and_not_offline() -> None:
    offline, _ = step(at(Idle()), ev.Reachable(False), 10.0, TALK)

    standing_by, effects = step(offline, ev.StandbyReady(True), 11.0, TALK)
    assert effects == (ShowLight(Light.DEGRADED),)
    assert step(standing_by, ev.Reachable(True), 12.0, TALK)[0].light is Light.READY
    assert step(standing_by, ev.StandbyReady(False), 12.0, TALK)[0].light is Light.OFFLINE


def test_a_network_that_will_not_heal_calls_for_a_person_and_a_healed_one_does_not() -> None:
    failed, effects = step(at(Idle()), ev.PartFailed(ev.Part.NETWORK, "unreachable"), 10.0, TALK)
    assert ShowLight(Light.NETWORK_FAULT) in effects
    assert Report("fault", {"part": "network", "cause": "unreachable"}) in effects

    _, effects = step(failed, ev.PartHealed(ev.Part.NETWORK), 11.0, TALK)
    assert effects == (Report("healed", {"part": "network"}), ShowLight(Light.READY))


@pytest.mark.parametrize(
    ("part", "light"),
    [
        (ev.Part.POWER, Light.BOARD_FAULT),
        (ev.Part.STORAGE, Light.BOARD_FAULT),
        (ev.Part.CLOCK, Light.BOARD_FAULT),
        (ev.Part.SOFTWARE, Light.SOFTWARE_FAULT),
        (ev.Part.HEAT, Light.DEGRADED),
        (ev.Part.DATABASE, Light.DEGRADED),
        (ev.Part.PROCESS, Light.DEGRADED),
    ],
)
def test_a_machine_in_trouble_shows_it_and_serves(part: ev.Part, light: Light) -> None:
    failed, effects = step(at(Idle()), ev.PartFailed(part, "why"), 10.0, TALK)
    assert effects == (Report("fault", {"part": part.value, "cause": "why"}), ShowLight(light))

    pressed, _ = step(failed, ev.ButtonPressed(), 11.0, TALK)
    assert pressed.light is Light.VISIT

    _, effects = step(failed, ev.PartHealed(part), 11.0, TALK)
    assert effects == (Report("healed", {"part": part.value}), ShowLight(Light.READY))


def test_two_faults_of_one_light_are_told_apart_and_it_goes_with_the_last() -> None:
    both, effects = play(
        at(Idle()),
        (1.0, ev.PartFailed(ev.Part.POWER)),
        (2.0, ev.PartFailed(ev.Part.CLOCK)),
    )
    assert reports(effects) == ["fault", "fault"]

    one, told = step(both, ev.PartHealed(ev.Part.POWER), 3.0, TALK)
    assert told == (Report("healed", {"part": "power"}),)
    assert one.light is Light.BOARD_FAULT


def test_until_the_clock_is_set_the_kiosk_is_starting_and_nevertheless_serves() -> None:
    unset, effects = step(at(Idle()), ev.ClockUnset(unset=True), 10.0, TALK)
    assert effects == (ShowLight(Light.STARTING),)
    listening, _ = step(unset, ev.ButtonPressed(), 11.0, TALK)
    assert listening.light is Light.VISIT

    _, effects = step(listening, ev.Refused(ev.RefusedFor.BUSY), 12.0, TALK)
    assert phrases(effects) == [Phrase.STARTING]

    assert step(unset, ev.ClockUnset(unset=False), 12.0, TALK)[0].light is Light.READY
    assert step(unset, ev.PartFailed(ev.Part.CLOCK), 12.0, TALK)[0].light is Light.BOARD_FAULT


def test_a_fault_of_the_network_in_mid_visit_disturbs_nobody() -> None:
    listening = at(Listening(due=40.0, heard=True))

    conv, effects = step(listening, ev.PartFailed(ev.Part.NETWORK), 12.0, TALK)

    assert conv.phase == listening.phase
    assert phrases(effects) == []


def test_a_refused_account_is_said_at_once_and_a_person_is_called() -> None:
    conv, effects = step(at(Listening(due=40.0)), ev.Refused(ev.RefusedFor.ACCOUNT), 12.0, TALK)
    assert phrases(effects) == [Phrase.NOT_AVAILABLE]
    assert conv.over

    after, _ = step(conv, ev.PhraseEnded(Phrase.NOT_AVAILABLE), 15.0, TALK)
    assert after.light is Light.ACCOUNT_FAULT


def test_a_busy_server_only_costs_patience() -> None:
    thinking = at(Thinking(since=9.0, due=9.8))

    conv, effects = step(thinking, ev.LinkDown(), 9.5, TALK)

    assert conv.phase == thinking.phase
    assert effects == ()


@pytest.mark.parametrize("reason", list(ev.RefusedFor))
def test_a_server_that_refuses_for_long_ends_the_visit_unless_this_machine_serves(
    reason: ev.RefusedFor,
) -> None:
    thinking = at(Thinking(since=9.0, due=9.8))

    refused, effects = step(thinking, ev.Refused(reason), 9.5, TALK)
    assert phrases(effects) == [Phrase.NOT_AVAILABLE]
    assert outcomes(effects) == ["refused"]
    assert refused.over

    served, effects = step(thinking, ev.Refused(reason, served=True), 9.5, TALK)
    assert served.phase == thinking.phase
    assert phrases(effects) == []


def test_only_the_service_itself_can_end_a_fault_of_the_account() -> None:
    fault, _ = step(at(Idle()), ev.Refused(ev.RefusedFor.ACCOUNT, served=True), 10.0, TALK)
    assert fault.light is Light.ACCOUNT_FAULT

    assert step(fault, ev.Connected(standby=True), 11.0, TALK)[0].light is Light.ACCOUNT_FAULT
    assert step(fault, ev.Connected(), 11.0, TALK)[0].light is Light.READY


# The service on this machine


@pytest.mark.parametrize(
    "phase", [Thinking(since=9.0, due=9.8), FollowUp(due=21.0), FollowUp(due=21.0, armed=True)]
)
def test_who_waits_is_told_at_once_that_the_kiosk_answers_by_itself(phase: Phase) -> None:
    conv, effects = step(at(phase), ev.FailedOver(), 9.5, TALK)

    assert phrases(effects) == [Phrase.STANDING_IN]
    assert not conv.notice_owed
    assert conv.standing_in
    assert conv.gate is None


def test_who_was_told_in_the_window_gets_the_whole_window_afterwards() -> None:
    conv, _ = play(
        at(FollowUp(due=21.0, armed=True)),
        (15.0, ev.FailedOver()),
        (18.0, ev.PhraseEnded(Phrase.STANDING_IN)),
        (18.2, ev.Tick()),
    )

    assert conv.phase == FollowUp(due=18.2 + TALK.follow_up_s, armed=True)


def test_who_speaks_is_told_when_they_have_finished_and_only_once() -> None:
    conv, effects = play(at(Listening(due=40.0, heard=True)), (12.0, ev.FailedOver()))
    assert effects == []

    conv, effects = play(
        conv,
        (13.0, ev.SpeechEnded()),
        (14.0, ev.ReplySounded()),
        (16.0, ev.PlayoutDrained(heard_ms=2000)),
        (16.2, ev.Tick()),
        (17.0, ev.SpeechStarted()),
        (18.0, ev.SpeechEnded()),
    )

    assert phrases(effects) == [Phrase.STANDING_IN]
    assert isinstance(conv.phase, Thinking)


@pytest.mark.parametrize(
    "phase", [Thinking(since=9.0, due=9.8), FollowUp(due=21.0), FollowUp(due=21.0, armed=True)]
)
def test_a_customer_whose_stand_in_fell_too_is_not_told_again_by_the_next(phase: Phase) -> None:
    told, _ = step(at(Thinking(since=8.0, due=9.0)), ev.FailedOver(), 8.5, TALK)
    fell, _ = step(replace(told, phase=phase), ev.LinkDown(), 9.1, TALK)

    conv, effects = step(fell, ev.FailedOver(), 9.2, TALK)

    assert phrases(effects) == []
    assert conv.phase == phase
    assert conv.standing_in


def test_a_visit_that_is_back_with_its_own_service_is_not_said_to_be_stood_in_for() -> None:
    over, _ = step(at(Listening(due=40.0, heard=True)), ev.FailedOver(), 12.0, TALK)

    back, _ = step(over, ev.Connected(), 13.0, TALK)
    conv, effects = step(back, ev.SpeechEnded(), 14.0, TALK)

    assert not conv.standing_in
    assert phrases(effects) == []


def test_the_next_customer_is_not_told_what_was_true_for_the_last_one() -> None:
    owed = at(Listening(due=12.0), notice_owed=True, standing_in=True)

    conv, effects = play(
        owed,
        (12.0, ev.Tick()),
        (20.0, ev.ButtonPressed()),
        (20.1, ev.ButtonReleased()),
        (21.0, ev.SpeechStarted()),
        (22.0, ev.SpeechEnded()),
    )

    assert phrases(effects) == []
    assert not conv.standing_in


def test_who_is_back_with_the_service_is_not_told_otherwise_and_may_be_stood_in_for_again() -> None:
    owed = at(Listening(due=12.0, heard=True), notice_owed=True, standing_in=True)

    conv, effects = play(owed, (10.5, ev.Connected()), (11.0, ev.SpeechEnded()))

    assert phrases(effects) == []
    assert not conv.standing_in


def test_a_visit_is_stood_in_for_though_the_last_one_was_over_when_it_failed() -> None:
    over = at(Saying(phrase=Phrase.NOT_AVAILABLE, due=20.0, ended=True))

    conv, effects = step(over, ev.FailedOver(), 10.0, TALK)

    assert conv.phase == over.phase
    assert phrases(effects) == []


# A kiosk that was restarted in mid-visit


def test_a_customer_whose_kiosk_was_restarted_is_asked_for_a_moment_and_may_go_on() -> None:
    conv, effects = play(
        Conversation(),
        (1.0, ev.VisitRestored(1)),
        (2.0, ev.KioskReady()),
        (2.1, ev.VisitRestored(1)),
    )
    assert OpenSession(1, goes_on=True) in effects
    assert phrases(effects) == [Phrase.ONE_MOMENT]
    assert reports(effects) == ["ready", "visit_started"]
    assert conv.light is Light.SPEAKING

    conv, effects = play(conv, (4.0, ev.PhraseEnded(Phrase.ONE_MOMENT)), (4.2, ev.Tick()))
    assert conv.phase == FollowUp(due=4.2 + TALK.follow_up_s, armed=True)


@pytest.mark.parametrize(
    ("part", "light"),
    [
        (ev.Part.MICROPHONE, Light.MICROPHONE_FAULT),
        (ev.Part.SPEAKER, Light.SPEAKER_FAULT),
    ],
)
def test_a_lost_device_ends_the_visit_and_shows_which(part: ev.Part, light: Light) -> None:
    conv, effects = step(at(Listening(due=40.0, heard=True)), ev.PartFailed(part), 12.0, TALK)

    assert phrases(effects) == [Phrase.NOT_AVAILABLE]
    assert ShowLight(light) in effects
    assert conv.over
    healed, _ = step(conv, ev.PartHealed(part), 13.0, TALK)
    assert healed.light is not light


def test_a_press_with_a_dead_microphone_gets_an_honest_sentence() -> None:
    broken, _ = step(at(Idle()), ev.PartFailed(ev.Part.MICROPHONE), 1.0, TALK)

    conv, effects = step(broken, ev.ButtonPressed(), 2.0, TALK)

    assert conv.phase == Idle()
    assert effects == (PlayPhrase(Phrase.NOT_AVAILABLE),)


def test_a_press_while_the_dead_microphone_is_being_apologised_for_opens_nothing() -> None:
    conv, effects = play(
        at(Listening(due=40.0)),
        (12.0, ev.PartFailed(ev.Part.MICROPHONE)),
        (12.5, ev.ButtonPressed()),
    )

    assert conv.over
    assert OpenSession(2) not in effects


# Mute


def test_a_muted_kiosk_answers_a_press_with_its_tone_and_hears_nothing() -> None:
    muted, effects = step(at(Idle()), ev.MuteSwitched(muted=True), 1.0, TALK)
    assert ShowLight(Light.MUTED) in effects

    conv, effects = step(muted, ev.ButtonPressed(), 2.0, TALK)
    assert conv.phase == Idle()
    assert effects == (PlayEarcon(Earcon.MUTE),)

    after, effects = step(conv, ev.MuteSwitched(muted=False), 3.0, TALK)
    assert effects[0] == PlayEarcon(Earcon.UNMUTE)
    assert after.light is Light.READY


def test_muting_in_mid_visit_stops_the_reply_and_ends_the_visit() -> None:
    conv, effects = step(
        at(Speaking(since=9.0, due=50.0, first_audio_ms=1)), ev.MuteSwitched(muted=True), 10.0, TALK
    )

    assert effects[0] == Flush()
    assert CloseSession() in effects
    assert conv.phase == Idle()
    assert reports(effects)[-1] == "visit_ended"


@pytest.mark.parametrize(
    "event", [ev.MuteSwitched(muted=True), ev.PartFailed(ev.Part.MICROPHONE)], ids=repr
)
def test_a_kiosk_that_must_not_or_cannot_hear_takes_no_visit_up_again(event: ev.Event) -> None:
    deaf, _ = step(at(Idle()), event, 1.0, TALK)

    conv, effects = step(deaf, ev.VisitRestored(1), 2.0, TALK)

    assert conv == deaf
    assert effects == (CloseSession(),)  # what was kept of it is wiped


# Every pair, and what holds whatever happens


KNOWN: tuple[dict[str, object], ...] = (
    {},
    {"pressed_at": 9.9, "hold": Hold(HoldStage.OPEN, 11.5)},
    {"unfounded": "refund"},
    {"tries_spent": True},
    {"tries_spent": True, "unfounded": "refund", "called_at": 3.0},
)


@pytest.mark.parametrize("event", EVENTS, ids=repr)
@pytest.mark.parametrize("phase", PHASES, ids=repr)
def test_every_event_is_legal_in_every_phase(phase: Phase, event: ev.Event) -> None:
    for now in (10.0, 12.0, 400.0):
        for known in KNOWN:
            it_is_legal(phase, event, now, known)


def it_is_legal(phase: Phase, event: ev.Event, now: float, known: dict[str, object]) -> None:
    if at(phase).over or isinstance(phase, Listening):  # where nothing more is answered, or judged
        known = {key: value for key, value in known.items() if key != "tries_spent"}
    if at(phase).over:
        known = {key: value for key, value in known.items() if key != "unfounded"}
    before = at(phase, **known)

    assert_sound(before, event, now)


scripts = st.lists(
    st.tuples(st.floats(0.0, 12.0, allow_nan=False), st.sampled_from(EVENTS)), max_size=60
)


@given(scripts)
@settings(max_examples=300)
def test_left_alone_it_always_comes_to_rest(script: list[tuple[float, ev.Event]]) -> None:
    conv, now = Conversation(), 0.0
    for delay, event in script:
        now += delay
        conv, _ = step(conv, event, now, TALK)
    conv, _ = step(conv, ev.ButtonReleased(), now, TALK)

    for _ in range(30):
        if conv.deadline is None:
            break
        now = max(now, conv.deadline)
        conv, _ = step(conv, ev.Tick(), now, TALK)

    assert isinstance(conv.phase, Idle | Starting)


@given(scripts)
@settings(max_examples=300)
def test_the_lamp_is_lit_exactly_while_the_gate_is_armed(
    script: list[tuple[float, ev.Event]],
) -> None:
    conv, now, lit, armed = Conversation(), 0.0, False, False
    for delay, event in script:
        now += delay
        conv, effects = step(conv, event, now, TALK)
        for effect in effects:
            match effect:
                case ShowMicrophoneLamp(shown):
                    lit = shown
                case ArmGate():
                    armed = True
                case DisarmGate():
                    armed = False
                case _:
                    pass
        assert lit == armed == (conv.gate is not None)


@given(scripts)
@settings(max_examples=300)
def test_no_customer_is_ever_heard_outside_a_visit(script: list[tuple[float, ev.Event]]) -> None:
    conv, now = Conversation(), 0.0
    for delay, event in script:
        now += delay
        conv, _ = step(conv, event, now, TALK)
        assert conv.gate is None or not conv.over


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("visit_started", "visit_ended"),
        ("turn_started", "turn_ended"),
        ("reply_started", "reply_ended"),
        ("mic_open", "mic_close"),
        ("fault", "healed"),
        ("staff_called", "staff_acknowledged"),
    ],
)
@given(script=scripts)
@settings(max_examples=200)
def test_whatever_the_event_stream_says_begins_also_ends_before_it_begins_again(
    starts: str, ends: str, script: list[tuple[float, ev.Event]]
) -> None:
    conv, now, log = Conversation(), 0.0, list[tuple[str, object]]()
    for delay, event in script:
        now += delay
        conv, effects = step(conv, event, now, TALK)
        log += [
            (effect.event, effect.fields.get("part"))
            for effect in effects
            if isinstance(effect, Report) and effect.event in (starts, ends)
        ]

    for part in {part for _, part in log}:
        names = [name for name, about in log if about == part]
        assert names == ([starts, ends] * len(names))[: len(names)]
