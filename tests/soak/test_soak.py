"""Hundreds of visits in one process, most with something mildly wrong, at a service over TLS.

Every sentence is answered, whole and once, or the customer is told honestly; and after the
last visit the process is no larger than after the first few. ``KIOSK_SOAK_VISITS`` makes it
shorter or longer, ``KIOSK_SOAK_SEED`` different.
"""

import asyncio
import gc
import logging
import os
import random
import resource
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from kiosk.core.effects import Phrase
from kiosk.local_live.tls import Identity
from kiosk.settings import Settings, Talk
from tests.conftest import Tell
from tests.misbehaving.hurry import run_hurried
from tests.misbehaving.scene import SEAM_UNITS, Scene, open_scene
from tests.soak.faults import REPLY_S, Visit, visit

VISITS = int(os.environ.get("KIOSK_SOAK_VISITS", "500"))
SEED = os.environ.get("KIOSK_SOAK_SEED", "a week in November")
KIOSKS = 3
ROUND = 8
"""Visits of each kiosk between two looks at the process."""
WARM_SHARE = 0.3
"""Of the looks: so long caches may fill."""
ANSWERED_SHARE = 0.98
"""Of faults this mild, so few may end with a request to say it again."""
MOST_GROWTH_KIB_PER_VISIT = 8.0
HONEST = {Phrase.LOST_CONNECTION, Phrase.SAY_AGAIN, Phrase.NOT_AVAILABLE}
QUESTION_S = 0.6
SETTINGS = Settings(talk=Talk(follow_up_s=1.0))
VISIT_LIMIT_S = 90.0


@dataclass(frozen=True, slots=True)
class Look:
    """The process between two rounds."""

    visits: int
    rss_kib: float
    descriptors: int
    tasks: int
    threads: int


@dataclass
class Tally:
    """How it went."""

    outcomes: Counter[str] = field(default_factory=Counter)
    by_fault: dict[str, Counter[str]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    connections: int = 0
    looks: list[Look] = field(default_factory=list)

    def note(self, fault: str, outcome: str) -> None:
        """Count the outcome of one sentence."""
        self.outcomes[outcome] += 1
        self.by_fault.setdefault(fault, Counter())[outcome] += 1


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_week_of_customers_leaves_nothing_behind_and_nobody_unanswered(
    own_identity: Identity, tell: Tell, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="kiosk")  # a thousand lost links are a long story
    began, cpu_began = time.perf_counter(), _cpu_s()
    tally = Tally()
    run_hurried(_week(own_identity, tally), rate=20.0)

    tell(_report(tally, time.perf_counter() - began, _cpu_s() - cpu_began))
    assert tally.troubles == []
    assert tally.outcomes["answered"] >= ANSWERED_SHARE * tally.outcomes.total()
    steady = _steady(tally)
    assert len({look.descriptors for look in steady}) == 1, steady
    assert len({look.tasks for look in steady}) == 1, steady
    assert len({look.threads for look in steady}) == 1, steady
    if len(steady) >= 5:
        assert _growth_kib(steady) <= MOST_GROWTH_KIB_PER_VISIT
    else:
        pytest.skip(f"memory was not judged: {VISITS} visits are too few")


async def _week(identity: Identity, tally: Tally) -> None:
    async with AsyncExitStack() as stack:
        scenes = [
            await stack.enter_async_context(open_scene(identity, settings=SETTINGS))
            for _ in range(KIOSKS)
        ]
        done = 0
        while done < VISITS:
            share = min(ROUND, -(-(VISITS - done) // KIOSKS))
            firsts = [done + at * share for at in range(KIOSKS)]
            rounds = zip(scenes, firsts, strict=True)
            await asyncio.gather(
                *(_day(scene, range(first, first + share), tally) for scene, first in rounds)
            )
            done += share * KIOSKS
            await asyncio.sleep(3.0)  # the last connections close
            for scene in scenes:
                _forget(scene)
            tally.looks.append(_look(done))


async def _day(scene: Scene, numbers: Iterable[int], tally: Tally) -> None:
    for number in numbers:
        planned = visit(random.Random(f"{SEED}, visit {number}"))
        _forget(scene)
        scene.service.turns = dict(planned.turns)
        scene.service.welcomes.extend(planned.welcomes)
        try:
            async with asyncio.timeout(VISIT_LIMIT_S):
                await _visit(scene, planned, tally)
        except (AssertionError, TimeoutError) as err:
            said = f"visit {number} ({', '.join(planned.faults)}): {type(err).__name__} {err}"
            tally.troubles.append(said)
            await scene.when(lambda: scene.house.kiosk.front.control.conversation.over, 120.0)
        tally.connections += len(scene.service.record.connections)
        tally.troubles.extend(f"visit {number}: {each}" for each in scene.service.record.complaints)
        scene.service.record.complaints.clear()


async def _visit(scene: Scene, planned: Visit, tally: Tally) -> None:
    """Ask sentence after sentence, as long as the visit lasts, and judge each."""
    house = scene.house
    for turn, number in enumerate(planned.questions, start=1):
        said = len(scene.phrases())
        if turn == 1:
            await scene.ask(number, QUESTION_S)
        else:
            await scene.when(lambda: house.lamps.lit or house.named("visit_ended"))
            if house.named("visit_ended"):
                break  # the customer was told why
            await scene.say(number, QUESTION_S)
        await scene.when(partial(_ended, scene, turn), VISIT_LIMIT_S)
        outcome = _ended(scene, turn)
        fault = planned.faults[turn]
        if outcome == "answered":
            scene.heard_once(number, REPLY_S, seam=SEAM_UNITS)
            tally.note(fault, "answered")
        else:
            await scene.when(partial(_honest, scene, said), 5.0)
            tally.note(fault, f"told {_honest(scene, said)}")
    await scene.when(lambda: house.named("visit_ended"))


def _ended(scene: Scene, turn: int) -> str:
    """Return how a turn ended, or nothing."""
    ends = [event for event in scene.house.named("turn_ended") if event["turn"] == turn]
    return str(ends[0]["outcome"]) if ends else ""


def _honest(scene: Scene, said: int) -> str:
    """Return the honest sentence among those after the first ``said``, or nothing."""
    return next((phrase for phrase in scene.phrases()[said:] if phrase in HONEST), "")


def _forget(scene: Scene) -> None:
    scene.service.forget()
    scene.house.forget()
    scene.orders.asked.clear()


def _look(visits: int) -> Look:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Look(
        visits=visits,
        rss_kib=pages * resource.getpagesize() / 1024,
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
    )


def _growth_kib(looks: list[Look]) -> float:
    """Return the slope of memory over visits."""
    visits = [float(look.visits) for look in looks]
    return statistics.linear_regression(visits, [look.rss_kib for look in looks]).slope


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _report(tally: Tally, took_s: float, cpu_s: float) -> str:
    first, last = tally.looks[0], tally.looks[-1]
    sentences = sum(tally.outcomes.values())
    lines = [
        f"soak: {last.visits} visits, {sentences} sentences, seed {SEED!r}",
        f"  took {took_s:.0f} s, {cpu_s:.0f} s of processor; {tally.connections} connections",
    ]
    for outcome, count in tally.outcomes.most_common():
        lines.append(f"  {outcome}: {count} ({count / sentences:.1%})")
    for fault, outcomes in sorted(tally.by_fault.items()):
        told = {outcome: count for outcome, count in outcomes.items() if outcome != "answered"}
        if told:
            lines.append(f"    {fault}: {outcomes['answered']} answered, {told}")
    small, large = first.rss_kib / 1024, last.rss_kib / 1024
    lines.append(f"  resident {small:.1f} MiB after {first.visits} visits, {large:.1f} at the end")
    if len(steady := _steady(tally)) > 1:
        lines.append(f"  growth {_growth_kib(steady):.2f} KiB a visit over {len(steady)} looks")
    lines.append(f"  {last.descriptors} descriptors, {last.tasks} tasks, {last.threads} threads")
    lines.extend(f"  TROUBLE {trouble}" for trouble in tally.troubles[:20])
    return "\n".join(lines)


def _steady(tally: Tally) -> list[Look]:
    return tally.looks[round(len(tally.looks) * WARM_SHARE) :]
