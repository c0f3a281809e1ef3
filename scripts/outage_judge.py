"""From notes of client and service to figures: noticed when, back when, which words were lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from outage_cells import ASKED_WORDS, NEXT_WORDS, Outage, Story, Weather
from outage_kiosk import KioskBooth
from outage_sdk import SdkBooth
from outage_service import WordService, reply_numbers
from outage_words import ASKED_FRAMES, QUESTION, TOLD_FRAMES, lost_and_twice, times_each_word

Event = Mapping[str, Any]

_NOTICED = {"kiosk": KioskBooth.noticed, "sdk": SdkBooth.noticed}


@dataclass(frozen=True)
class Outcome:
    """How one outage went. Seconds from the fault, or from the route being back."""

    cell: Outage
    noticed_s: float | None
    back_s: float | None
    """None where the connection was kept and had nothing to say."""
    how: str
    """``kept``, ``resumed``, ``fresh`` or ``next visit``."""
    opened_s: float | None
    """Of the next visit: from the press to its session."""
    lost: int
    twice: int
    unheard: int
    """Words of a reply that began and was not heard to its end."""
    heard_twice: int
    first: bool
    """Whether the question that the fault met was answered."""
    second: bool
    """Whether the next one was."""


@dataclass(frozen=True)
class Alarms:
    """How one stretch of bad weather went."""

    cell: Weather
    suspicions: int
    replaced: int
    """Connections given up for another one."""
    teardowns: int
    """Visits that ended for it."""
    asked: int
    answered: int
    talked_s: float


def judged(
    cell: Outage, story: Story, service: WordService, broken_at: float, mended_at: float
) -> Outcome:
    """Judge an outage."""
    after = [event for event in story.events if event["t"] >= broken_at]
    noticed = _first(after, *_NOTICED[cell.stack])
    next_visit = _first(after, "visit_started")
    connected = [event for event in after if event["event"] == "connected"]
    kept = [event for event in connected if next_visit is None or event["t"] < next_visit["t"]]
    opened_s: float | None = None
    if next_visit is not None and not kept:
        how = "next visit"
        light = _first([e for e in after if e["t"] >= mended_at], "light", code=("G", "A"))
        back_s = None if light is None else light["t"] - mended_at
        opened_s = connected[0]["t"] - next_visit["t"] if connected else None
    elif kept:
        how = "resumed" if kept[-1]["resumed"] else "fresh"
        back_s = max(0.0, kept[-1]["t"] - mended_at)
    elif noticed is not None and (up := _first(after, "path_up")) is not None:
        how, back_s = "kept", max(0.0, up["t"] - mended_at)
    else:
        how, back_s = "kept", _life(cell, after, service, mended_at)
    lost, twice = _asked(cell, service, next_visit["t"] if next_visit else None)
    unheard, heard_twice = _told(cell, story)
    first, second = story.answered
    noticed_s = noticed["t"] - broken_at if noticed else None
    return Outcome(
        cell, noticed_s, back_s, how, opened_s, lost, twice, unheard, heard_twice, first, second
    )


def alarms(cell: Weather, story: Story) -> Alarms:
    """Count what should not have happened."""
    events = [event["event"] for event in story.events]
    ends = [event["reason"] for event in story.events if event["event"] == "visit_ended"]
    return Alarms(
        cell,
        suspicions=events.count("suspect"),
        replaced=events.count("path_down") + events.count("lost"),
        teardowns=sum(reason in ("offline", "no_reply", "refused") for reason in ends),
        asked=len(story.asked_at),
        answered=sum(story.answered),
        talked_s=cell.lasts_s,
    )


def _first(events: Sequence[Event], *names: str, code: tuple[str, ...] = ()) -> Event | None:
    named = (event for event in events if event["event"] in names)
    return next((event for event in named if not code or event["code"] in code), None)


def _life(
    cell: Outage, after: Sequence[Event], service: WordService, mended_at: float
) -> float | None:
    """Return when a connection that nobody replaced showed life again, where it had to."""
    if cell.phase == "listening":
        heard = next((at for at in service.arrivals if at >= mended_at), None)
        return None if heard is None else heard - mended_at
    reply = _first(after, "reply_started") if cell.phase == "thinking" else None
    return None if reply is None else max(0.0, reply["t"] - mended_at)


def _asked(cell: Outage, service: WordService, next_visit_at: float | None) -> tuple[int, int]:
    """Count what the service knows at the end of a visit against what was said in it."""
    lost = twice = 0
    for question, words, late in ((1, ASKED_WORDS[cell.phase], False), (2, NEXT_WORDS, True)):
        connections = [
            connection
            for connection in service.connections
            if late or next_visit_at is None or connection.opened_at < next_visit_at
        ]
        known = list(chain(*connections[-1].memory)) if connections else []
        first = question * QUESTION + 1
        times = times_each_word(known, range(first, first + words * ASKED_FRAMES), ASKED_FRAMES)
        each = lost_and_twice(times)
        lost, twice = lost + each[0], twice + each[1]
    return lost, twice


def _told(cell: Outage, story: Story) -> tuple[int, int]:
    """Count what the customer heard of replies that began."""
    unheard = twice = 0
    for question in (1, 2):
        expected = reply_numbers(question, cell.reply_words)
        times = times_each_word(story.played, expected, TOLD_FRAMES)
        if any(times):
            each = lost_and_twice(times)
            unheard, twice = unheard + each[0], twice + each[1]
    return unheard, twice
