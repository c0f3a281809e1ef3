"""The conversation: one pure function from (state, event, now) to (state, effects).

Nothing here reads a clock, awaits, logs or knows a device. Time comes in as ``now``;
the next moment anything must happen goes out as ``deadline``.

    STARTING -ready-> IDLE -press-> LISTENING -release | speech ended-> THINKING -sounds-> SPEAKING
                        ^            ^  ^  ^                               |                 |  |
                        |            |  |  '--- press (barge-in) ----------+-----------------'  |
                        |            |  '------ speech started ------ FOLLOW-UP <---drained-----+
                        |            |                                   |  ^                   |
                        |            '--- press ---- SAYING (a phrase) --+--'                   |
                        '---- silence, cap, fault, phrase said ----------'----------------------'

A button that is held for long has stages of its own beside the phases: ``holding``.

What the gate, the lamp and the light must do follows from the phase alone: ``consequences``
compares before and after, so no branch can forget them.
"""

from dataclasses import replace
from typing import Final

from kiosk.core import events as ev
from kiosk.core.consequences import consequences
from kiosk.core.earcons import Earcon
from kiosk.core.effects import (
    CloseSession,
    EndUtterance,
    Flush,
    Phrase,
    PlayEarcon,
    PlayPhrase,
    RepeatUtterance,
    Report,
    StartUtterance,
)
from kiosk.core.endings import (
    PHRASE_LIMIT_S,
    Step,
    apologise,
    correction,
    end_visit,
    open_window,
    put_right,
    say_again,
    share_nothing,
    turn_over,
    whole_ms,
)
from kiosk.core.floor import go_on_after_restart, pressed
from kiosk.core.holding import follow_hold, held, switch_mute
from kiosk.core.noting import note
from kiosk.core.patience import patience
from kiosk.core.phases import (
    Conversation,
    FollowUp,
    Idle,
    Listening,
    Saying,
    Speaking,
    Starting,
    Thinking,
)
from kiosk.core.waiting import link_gone, stand_in, wait_on, with_notice
from kiosk.settings import Button, Talk

USUAL_BUTTON: Final = Button()


def step(
    conv: Conversation, event: ev.Event, now: float, talk: Talk, button: Button = USUAL_BUTTON
) -> Step:
    """Advance by one event. Total: every event is legal in every phase."""
    noted = note(conv, event, now)
    after, effects = held(noted, event, now, button) or _advance(noted, event, now, talk)
    after = follow_hold(noted, after, event, now, button)
    return after, (*effects, *consequences(conv, after, event, now))


def _advance(conv: Conversation, event: ev.Event, now: float, talk: Talk) -> Step:
    match conv.phase, event:
        case Starting(), ev.KioskReady():
            return replace(conv, phase=Idle()), (Report("ready"),)
        case Idle(), ev.VisitRestored() if (
            conv.truths.muted or ev.Part.MICROPHONE in conv.truths.failed
        ):
            return conv, (CloseSession(),)
        case Idle(), ev.VisitRestored(visit):
            return go_on_after_restart(conv, visit, now, talk)
        case Starting(), ev.ButtonPressed() if not conv.mashing:
            return conv, (PlayEarcon(Earcon.PRESS), PlayPhrase(Phrase.STARTING))
        case Starting(), _:
            return conv, ()

        case _, ev.MuteSwitched(muted):
            return switch_mute(conv, muted, now)
        case Idle() | Saying(ended=True), ev.PartFailed():
            return conv, ()
        case _, ev.PartFailed(part=ev.Part.MICROPHONE | ev.Part.SPEAKER as part):
            return apologise(conv, Phrase.NOT_AVAILABLE, part.value, "abandoned", now)
        case _, ev.ButtonPressed():
            return pressed(conv, now, talk)
        case Idle(), _:
            return conv, ()
        case Listening() | FollowUp(), ev.TriesSpent():
            return share_nothing(conv, "abandoned", now)
        case Thinking(), ev.FailedOver() if conv.tries_spent:
            return share_nothing(conv, "no_reply", now)
        case _, ev.Refused(served=False) | ev.LinkGone() if conv.tries_spent:
            return share_nothing(conv, "no_reply", now)
        case FollowUp(), ev.ClaimUnfounded():
            return put_right(conv, now)
        case _, ev.Refused(served=False) if not conv.over:
            phrase = Phrase.STARTING if conv.truths.clock_unset else Phrase.NOT_AVAILABLE
            return apologise(conv, phrase, "refused", "refused", now)
        case _, ev.LinkGone() if not conv.over:
            return link_gone(conv, now, talk)
        case _, ev.FailedOver() if not conv.over:
            return stand_in(conv, now)

        case Listening() as listening, _:
            return _listening(conv, listening, event, now, talk)
        case Thinking() as thinking, _:
            return _thinking(conv, thinking, event, now, talk)
        case Speaking() as speaking, _:
            return _speaking(conv, speaking, event, now, talk)
        case Saying() as saying, _:
            return _saying(conv, saying, event, now, talk)
        case FollowUp() as window, _:
            return _follow_up(conv, window, event, now, talk)


def _listening(
    conv: Conversation, phase: Listening, event: ev.Event, now: float, talk: Talk
) -> Step:
    match event:
        case ev.SpeechStarted():
            heard = replace(phase, heard=True, due=now + talk.utterance_s)
            if conv.pressed_at is not None and not phase.held:  # a hold is still to be noticed
                heard = replace(heard, due=min(heard.due, conv.pressed_at + talk.hold_s))
            return replace(conv, phase=heard), (Report("speech_started"),)
        case ev.SpeechEnded() if not phase.held and phase.heard:
            return _end_turn(conv, phase, now, talk)
        case ev.ButtonReleased() if phase.held:
            return _end_turn(conv, phase, now, talk)
        case ev.ButtonReleased():  # a tap: the gate ends the turn
            wait_s = talk.utterance_s if phase.heard else talk.no_speech_s
            return replace(conv, phase=replace(phase, due=now + wait_s)), ()
        case ev.Tick() if now < phase.due:
            return conv, ()
        case ev.Tick() if conv.pressed_at is not None and not phase.held:
            due = conv.pressed_at + talk.utterance_s
            if now < due:
                return replace(conv, phase=replace(phase, held=True, due=due)), ()
            return _end_turn(conv, phase, now, talk)
        case ev.Tick() if phase.heard or phase.held:  # the longest utterance there may be
            return _end_turn(conv, phase, now, talk)
        case ev.Tick() if conv.unfounded:
            corrected = correction(conv)[:1]
            ended, effects = apologise(conv, Phrase.UNCHECKED, "no_speech", "no_speech", now)
            return ended, (*corrected, *effects)
        case ev.Tick():
            ended, effects = end_visit(conv, "no_speech", "no_speech", now)
            return ended, (PlayEarcon(Earcon.SORRY), *effects)
        case _:
            return conv, ()


def _end_turn(conv: Conversation, phase: Listening, now: float, talk: Talk) -> Step:
    thinking = Thinking(since=now, due=now + talk.tick_s)
    said = (Report("speech_ended"),) if phase.heard else ()
    if conv.unfounded and phase.heard:  # of the reply before, which the customer interrupted
        stage, due = 2, now + patience(talk)[2][0]  # so long the phrase is sign enough
        thinking = replace(thinking, stage=stage, due=due)
        corrected = replace(conv, phase=thinking, unfounded="")
        return corrected, (*said, EndUtterance(), *correction(conv))
    ended, notice = with_notice(replace(conv, phase=thinking))
    return ended, (*said, EndUtterance(), *notice)


def _thinking(conv: Conversation, phase: Thinking, event: ev.Event, now: float, talk: Talk) -> Step:
    match event:
        case ev.ReplyStarted():  # it may still have to wait for a phrase to end
            answered = replace(phase, stage=len(patience(talk)) - 1, due=now + PHRASE_LIMIT_S)
            return replace(conv, phase=answered), ()
        case ev.ReplySounded():
            first_audio_ms = whole_ms(now - phase.since)
            speaking = Speaking(since=now, due=now + talk.reply_s, first_audio_ms=first_audio_ms)
            return replace(conv, phase=speaking), (Report("reply_started"),)
        case ev.HoldWasSilent():
            return say_again(conv, "no_speech", now, talk)
        case ev.UtteranceTorn():
            return say_again(conv, "torn", now, talk)
        case ev.ReplyFinished(audible=False, worth_repeating=True) if not (
            phase.repeated or conv.tries_spent
        ):
            repeated = replace(conv, phase=replace(phase, repeated=True), delivered=False)
            return repeated, (RepeatUtterance(),)
        case ev.ReplyFinished(audible=False):
            return say_again(conv, "silent_reply", now, talk)
        case ev.ReplyCut():
            return say_again(conv, "lost", now, talk)
        case ev.Tick() if now >= phase.due:
            return wait_on(conv, phase, phase.since, now, talk)
        case _:
            return conv, ()


def _speaking(conv: Conversation, phase: Speaking, event: ev.Event, now: float, talk: Talk) -> Step:
    cap_due = phase.since + talk.reply_s
    match event:
        case ev.PlayoutDrained(heard_ms) if phase.cut:
            return say_again(conv, "lost", now, talk, heard_ms)
        case ev.PlayoutDrained(heard_ms):
            return open_window(conv, now, talk, *turn_over(conv, "answered", now, heard_ms))
        case ev.ReplyCut():
            return replace(conv, phase=replace(phase, cut=True)), ()
        case ev.ReplyDried():
            dry = replace(phase, dry_since=now, stage=0, due=min(cap_due, now + talk.tick_s))
            return replace(conv, phase=dry), ()
        case ev.ReplySounded():
            return replace(conv, phase=replace(phase, dry_since=None, stage=0, due=cap_due)), ()
        case ev.Tick() if now < phase.due:
            return conv, ()
        case ev.Tick() if phase.dry_since is not None and (now < cap_due or phase.due > cap_due):
            return wait_on(conv, phase, phase.dry_since, now, talk)  # or it was told the truth
        case ev.Tick():
            return open_window(conv, now, talk, Flush(), *turn_over(conv, "capped", now))
        case _:
            return conv, ()


def _saying(conv: Conversation, phase: Saying, event: ev.Event, now: float, talk: Talk) -> Step:
    match event:
        case ev.PhraseEnded(phase.phrase):
            pass
        case ev.Tick() if now >= phase.due:
            pass
        case _:
            return conv, ()
    if phase.ended:
        return replace(conv, phase=Idle()), ()
    return open_window(conv, now, talk)


def _follow_up(
    conv: Conversation, phase: FollowUp, event: ev.Event, now: float, talk: Talk
) -> Step:
    match event:
        case ev.SpeechStarted() if phase.armed:
            turn = conv.turn + 1
            listening = Listening(due=now + talk.utterance_s, heard=True)
            return replace(conv, turn=turn, phase=listening, delivered=False), (
                StartUtterance(turn),
                Report("turn_started", {"turn": turn}),
                Report("speech_started"),
            )
        case ev.Tick() if now >= phase.due and not phase.armed:
            window = FollowUp(due=now + talk.follow_up_s, armed=True)
            return replace(conv, phase=window), ()
        case ev.Tick() if now >= phase.due:
            ended, effects = end_visit(conv, "silence", "", now)
            return ended, (PlayEarcon(Earcon.GOODBYE), *effects)
        case _:
            return conv, ()
