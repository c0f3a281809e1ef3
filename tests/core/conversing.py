"""A conversation to try things on: every phase, every event, and what came of them."""

from dataclasses import replace

from kiosk.core import events as ev
from kiosk.core.conversation import step
from kiosk.core.effects import (
    CloseSession,
    Effect,
    EndUtterance,
    OpenSession,
    Phrase,
    PlayPhrase,
    Report,
    ShowMicrophoneLamp,
)
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
from kiosk.settings import Talk

TALK = Talk()

EVENTS: tuple[ev.Event, ...] = (
    ev.KioskReady(),
    ev.VisitRestored(1),
    ev.ButtonPressed(),
    ev.ButtonReleased(),
    ev.VoiceSuspected(),
    ev.SpeechStarted(),
    ev.SpeechEnded(),
    ev.HoldWasSilent(),
    ev.UtteranceTorn(),
    ev.Connected(),
    ev.Connected(standby=True),
    ev.LinkDown(),
    ev.LinkDoubted(),
    ev.LinkGone(),
    ev.Refused(ev.RefusedFor.ACCOUNT),
    ev.Refused(ev.RefusedFor.BUSY),
    ev.Refused(ev.RefusedFor.ACCOUNT, served=True),
    ev.Refused(ev.RefusedFor.BUSY, served=True),
    ev.FailedOver(),
    ev.StandbyReady(True),
    ev.StandbyReady(False),
    ev.Reachable(True),
    ev.Reachable(False),
    ev.QuestionDelivered(),
    ev.ReplyStarted(),
    ev.ReplySounded(),
    ev.ReplyDried(),
    ev.ReplyFinished(audible=True),
    ev.ReplyFinished(audible=False),
    ev.ReplyFinished(audible=False, worth_repeating=False),
    ev.ReplyCut(),
    ev.PlayoutDrained(heard_ms=900),
    ev.PhraseEnded(Phrase.SAY_AGAIN),
    ev.PhraseEnded(Phrase.LOST_CONNECTION),
    ev.PartFailed(ev.Part.MICROPHONE),
    ev.PartFailed(ev.Part.SPEAKER),
    ev.PartFailed(ev.Part.SHOP),
    ev.PartFailed(ev.Part.NETWORK, "unreachable"),
    ev.PartHealed(ev.Part.MICROPHONE),
    ev.PartHealed(ev.Part.SPEAKER),
    ev.PartHealed(ev.Part.SHOP),
    ev.PartHealed(ev.Part.NETWORK),
    ev.PartFailed(ev.Part.STORAGE, "full"),
    ev.PartHealed(ev.Part.STORAGE),
    ev.ClockUnset(unset=True),
    ev.ClockUnset(unset=False),
    ev.StaffCalled(),
    ev.TriesSpent(),
    ev.ShopAnswers(up=True),
    ev.ShopAnswers(up=False),
    ev.PolicyExpired(expired=True),
    ev.PolicyExpired(expired=False),
    ev.ClaimUnfounded("refund"),
    ev.PhraseEnded(Phrase.UNCHECKED),
    ev.MuteSwitched(muted=True),
    ev.MuteSwitched(muted=False),
    ev.Tick(),
)

PHASES: tuple[Phase, ...] = (
    Starting(),
    Idle(),
    Listening(due=11.0),
    Listening(due=11.0, heard=True),
    Listening(due=11.0, held=True),
    Listening(due=11.0, heard=True, held=True),
    Thinking(since=9.0, due=11.0),
    Thinking(since=9.0, due=11.0, repeated=True),
    Thinking(since=2.0, due=11.0, stage=4),
    Thinking(since=2.0, due=11.0, stage=5),
    Speaking(since=9.0, due=11.0, first_audio_ms=500),
    Speaking(since=9.0, due=11.0, first_audio_ms=500, cut=True),
    Speaking(since=9.0, due=11.0, first_audio_ms=500, dry_since=10.2),
    Speaking(since=2.0, due=11.0, first_audio_ms=500, dry_since=3.0, stage=4),
    Speaking(since=2.0, due=51.0, first_audio_ms=500, dry_since=3.0, stage=5),
    Saying(phrase=Phrase.SAY_AGAIN, due=11.0),
    Saying(phrase=Phrase.UNCHECKED, due=11.0),
    Saying(phrase=Phrase.LOST_CONNECTION, due=11.0, ended=True),
    FollowUp(due=11.0),
    FollowUp(due=11.0, armed=True),
)

VISITING = Conversation(phase=Idle(), visit=1, turn=1, visit_due=300.0)


def at(phase: Phase, **changes: object) -> Conversation:
    return replace(VISITING, phase=phase, **changes)  # type: ignore[arg-type]  # test shorthand


def play(conv: Conversation, *script: tuple[float, ev.Event]) -> tuple[Conversation, list[Effect]]:
    effects: list[Effect] = []
    for now, event in script:
        conv, more = step(conv, event, now, TALK)
        effects += more
    return conv, effects


def reports(effects: list[Effect] | tuple[Effect, ...]) -> list[str]:
    return [effect.event for effect in effects if isinstance(effect, Report)]


def outcomes(effects: list[Effect] | tuple[Effect, ...]) -> list[object]:
    return [
        effect.fields["outcome"]
        for effect in effects
        if isinstance(effect, Report) and effect.event == "turn_ended"
    ]


def phrases(effects: list[Effect] | tuple[Effect, ...]) -> list[Phrase]:
    return [effect.phrase for effect in effects if isinstance(effect, PlayPhrase)]


def assert_sound(before: Conversation, event: ev.Event, now: float) -> None:
    """Assert what holds of every step there is."""
    after, effects = step(before, event, now, TALK)

    assert lamp_follows_the_gate(before, after, effects)
    assert sessions_follow_visits(before, after, effects)
    if event == ev.Tick() and before.deadline is not None and now >= before.deadline:
        # a deadline that came is never waited for again
        assert (after.phase, after.hold) != (before.phase, before.hold)
    if isinstance(before.phase, Listening) and not isinstance(after.phase, Listening):
        # every utterance that may have begun is ended by its mark or with its session
        assert EndUtterance() in effects or CloseSession() in effects
    if after.over and not before.over:
        assert CloseSession() in effects


def lamp_follows_the_gate(
    before: Conversation, after: Conversation, effects: tuple[Effect, ...]
) -> bool:
    lamp = [effect.lit for effect in effects if isinstance(effect, ShowMicrophoneLamp)]
    if (before.gate is None) == (after.gate is None):
        return lamp == []
    return lamp == [after.gate is not None]


def sessions_follow_visits(
    before: Conversation, after: Conversation, effects: tuple[Effect, ...]
) -> bool:
    opened = [type(effect) for effect in effects].count(OpenSession)
    closed = effects.count(CloseSession())
    return int(not before.over) + opened - closed == int(not after.over)
