"""Measure the kiosk against its promises: the real daemon on a virtual sound card.

Run as ``scripts/bench [--runs N] [--quick] [--json FILE]``. Prints one table: each figure's
median, 95th percentile and worst, beside its promise. A missed promise does not fail the run,
machines are noisy; a figure that could not be measured does.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from kiosk_answers import answers, whole_start
from kiosk_figures import Figure, Section, table
from kiosk_machine import count, machine
from kiosk_scenes import Rig, holds, prepare, presses, probe, rest, scripted, starts, taps

from kiosk.adapters.virtual_sound import virtual_sound
from kiosk.errors import KioskError

CACHE = Path(__file__).parents[1] / ".cache" / "bench-kiosk"
RUNS = 12
QUICK_RUNS = 3
REST_S = 30.0
QUICK_REST_S = 5.0

Scene = Callable[[], Awaitable[None]]


class Bench:
    """Plays the scenes and keeps what they measured."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.failed: list[str] = []

    async def play(self, name: str, scene: Scene) -> tuple[Figure, ...]:
        """Play one scene; one that fails is named, and what it had measured counts."""
        print(f"measuring: {name} ...", file=sys.stderr, flush=True)
        self.rig.figures = []
        try:
            await scene()
        except* (KioskError, TimeoutError) as group:
            self.failed += [f"{name}: {error}" for error in _leaves(group)]
        return tuple(self.rig.figures)


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]


async def measure(runs: int, rest_s: float) -> tuple[list[Section], list[str]]:
    """Play every scene; return the sections of the table, and what failed."""
    state = CACHE.resolve()
    state.mkdir(parents=True, exist_ok=True)
    async with virtual_sound() as sound:
        rig = Rig(sound, state, runs, rest_s)
        bench = Bench(rig)
        share = await bench.play("the rig itself", lambda: probe(rig))
        async with scripted(rig) as service:
            await bench.play("nothing yet: a first start", lambda: prepare(rig, service))
            started = await bench.play("start and stop", lambda: starts(rig, service))
            pressed = await bench.play("presses", lambda: presses(rig, service))
            held = await bench.play("holds and barge-in", lambda: holds(rig, service))
            tapped = await bench.play("taps and visits", lambda: taps(rig, service))
            rested = await bench.play("rest", lambda: rest(rig, service))
        answered = await bench.play("the local Live service", lambda: answers(rig))
        whole = await bench.play("start with the local service", lambda: whole_start(rig))
    sections = [
        Section("The button", (*pressed, *held)),
        Section("A tap, and what a visit costs", tapped),
        Section("Nobody there", rested),
        Section("Start and stop", (*started, *whole)),
        Section("The local Live service", answered),
        Section("The rig, in every figure with sound in it", share),
    ]
    return sections, bench.failed


def main() -> int:
    """Measure, print the table, and write it as JSON when asked to."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure the kiosk against its promises."
    )
    parser.add_argument("--runs", type=count, default=RUNS, metavar="N",
        help=f"how often the short scenes are played (default {RUNS}: about 5 minutes in all)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="in about 90 seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    options = parser.parse_args()
    runs = QUICK_RUNS if options.quick else options.runs
    where = machine()
    try:
        sections, failed = asyncio.run(measure(runs, QUICK_REST_S if options.quick else REST_S))
    except KioskError as err:
        print(f"bench: {err}", file=sys.stderr)
        return 1
    measured_on = where()
    print(f"{measured_on}\n\n{table(sections)}")
    for sentence in failed:
        print(f"bench: cut short: {sentence}", file=sys.stderr)
    figures = [figure for section in sections for figure in section.figures]
    if options.json:
        rows = [figure.as_json() for figure in figures]
        result = {"machine": measured_on, "cut_short": failed, "figures": rows}
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if all(figure.samples for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
