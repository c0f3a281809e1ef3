"""Measure a start: when the light burns, when a press is answered, when the kiosk is ready.

Run as ``scripts/bench boot [--runs N] [--json FILE]``: the real daemon on a virtual sound card,
killed and started anew each time, pressed as soon as it takes a press. Prints the figures beside
the promise, and what the imports took that a press waits for, and those that it does not. The
files are in memory, as after a fall; how a card delays the first start shows only on a board.
"""

import argparse
import asyncio
import json
import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from kiosk_figures import Figure, Section, table
from kiosk_machine import count, machine
from kiosk_rig import Kiosk, ready, starting
from kiosk_scenes import Rig, scripted
from kiosk_service import ScriptedService
from kiosk_tapes import onset

from kiosk.adapters.control_socket import ask
from kiosk.adapters.phrases import render_phrases
from kiosk.adapters.virtual_sound import virtual_sound
from kiosk.errors import KioskError, StartError

CACHE = Path(__file__).parents[1] / ".cache" / "bench-kiosk"
RUNS = 7
PRESS_S = 30.0
MOST_SHOWN = 12
LAST_BEFORE_A_PRESS = "kiosk.runtime.devices"
"""What the daemon itself imports last of its first half: a thread's are not counted by name."""
STEPS = ("settings", "pins", "sound", "program", "voice gate", "shop", "Live service", "SDK")
FIRST_HALF = STEPS.index("sound") + 1
_LINE = re.compile(r" ready after ([\d.]+) s: (.+)")
_IMPORT = re.compile(r"import time: +(\d+) \| +\d+ \| +(\S+)$")


@dataclass
class Starts:
    """What was measured."""

    light: Figure = field(
        default_factory=lambda: Figure(
            "  -> the light says starting, the button works (settings, pins)",
            "s",
            note="by the daemon's own account, without pins: opening them is not in it",
        )
    )
    press: Figure = field(
        default_factory=lambda: Figure(
            "  -> a press is taken", "s", note="asked again and again over the control socket"
        )
    )
    click: Figure = field(
        default_factory=lambda: Figure(
            "that press -> click", promise=150, note="at the rig's monitor, its own way included"
        )
    )
    loaded: Figure = field(default_factory=lambda: Figure("  -> SDK loaded", "s"))
    ready: Figure = field(default_factory=lambda: Figure("  -> ready", "s", 4, "worst"))
    steps: dict[str, Figure] = field(
        default_factory=lambda: {step: Figure(f"  {step}", "s") for step in STEPS}
    )

    def account(self, log: Path) -> None:
        """Take in what the daemon said in its journal."""
        found = _LINE.search(log.read_text())
        if found is None:
            raise StartError("the journal does not say where the time of the start went")
        took = dict(step.rsplit(" ", 1) for step in found[2].split(", "))
        if tuple(took) != STEPS:
            raise StartError(f"a start has other steps now: {', '.join(took)}")
        for step, took_s in took.items():
            self.steps[step].add(float(took_s))
        self.light.add(sum(float(took[step]) for step in ("settings", "pins")))
        self.loaded.add(sum(map(float, took.values())))

    @property
    def sections(self) -> list[Section]:
        """Lay it out."""
        first = [self.steps[step] for step in STEPS[:FIRST_HALF]]
        second = [self.steps[step] for step in STEPS[FIRST_HALF:]]
        marks = (self.light, self.press, self.loaded, self.ready)
        return [
            Section("Start of the process", marks),
            Section("A press while it starts", (self.click,)),
            Section("Where the time goes: before a press is answered", tuple(first)),
            Section("Where the time goes: while one is", tuple(second)),
        ]


async def start_once(rig: Rig, service: ScriptedService, starts: Starts) -> None:
    """Start, press, wait until it is ready; then it is killed."""
    async with (
        rig.sound.recording() as speaker,
        starting(rig.sound, rig.state, service.url, service.ca_file) as unit,
    ):
        await pressed(unit)
        pressed_at = await unit.at("press", unit.started_at)
        starts.press.add(pressed_at - unit.started_at)
        starts.click.add(1e3 * (await onset(speaker, pressed_at) - pressed_at))
        starts.ready.add(await ready(unit) - unit.started_at)
        unit.process.send_signal(signal.SIGKILL)
        await unit.process.wait()
    starts.account(unit.log)


async def pressed(unit: Kiosk) -> None:
    """Press until the press is taken: there is no button for a moment."""
    async with asyncio.timeout(PRESS_S):
        while True:
            if (await ask(unit.socket, {"command": "press", "for_s": 0.05}))["ok"]:
                return
            await asyncio.sleep(0.005)


async def imports(rig: Rig, service: ScriptedService) -> tuple[Counter[str], Counter[str]]:
    """Start once more and return what imports took, in ms: before a press can be answered, after.

    By package; what one imports counts for whoever it belongs to.
    """
    options = ("-X", "importtime")
    opened = starting(rig.sound, rig.state, service.url, service.ca_file, python=options)
    async with opened as unit:
        await ready(unit)
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    took = before
    for line in unit.log.read_text().splitlines():
        if found := _IMPORT.match(line):
            took[package(found[2])] += int(found[1]) / 1000  # type: ignore[assignment]  # ms
            if found[2] == LAST_BEFORE_A_PRESS:
                took = after
    if not after:
        raise StartError(f"{LAST_BEFORE_A_PRESS} is not where the first half ends any more")
    return before, after


def package(module: str) -> str:
    """Return whose module it is."""
    first = module.partition(".")[0]
    if first in sys.stdlib_module_names:
        return "standard library"
    return "google.genai" if module.startswith("google.genai") else first


def import_table(before: Counter[str], after: Counter[str]) -> str:
    """Lay the imports out, the longest first."""
    lines = [
        "Imports, in ms, one start that counted them (which makes it slower)",
        f"  {'':24}{'before a press':>16}{'while one is answered':>24}",
    ]
    both = before + after
    shown = [name for name, _ in both.most_common(MOST_SHOWN)]
    rows = [(name, before[name], after[name]) for name in shown]
    rows.append(("all others", _without(before, shown), _without(after, shown)))
    rows.append(("together", before.total(), after.total()))
    return "\n".join(lines + [f"  {name:24}{one:>16.0f}{two:>24.0f}" for name, one, two in rows])


def _without(took: Counter[str], shown: list[str]) -> int:
    return sum(each for name, each in took.items() if name not in shown)


async def measure(runs: int) -> tuple[Starts, tuple[Counter[str], Counter[str]]]:
    """Start it again and again."""
    state = CACHE.resolve()
    state.mkdir(parents=True, exist_ok=True)
    recorded = state / "phrases" / "en"
    if not recorded.exists():
        await render_phrases(recorded, "en")
    starts = Starts()
    async with virtual_sound() as sound:
        rig = Rig(sound, state, runs, 0.0)
        async with scripted(rig) as service:
            await imports(rig, service)  # whatever is made once is made, and in memory
            for number in range(runs):
                print(f"start {number + 1} of {runs} ...", file=sys.stderr, flush=True)
                await start_once(rig, service, starts)
            return starts, await imports(rig, service)


def main() -> int:
    """Measure, print, and write it as JSON when asked to."""
    parser = argparse.ArgumentParser(prog="scripts/bench boot", description="Measure a start.")
    parser.add_argument("--runs", type=count, default=RUNS, metavar="N",
        help=f"how often it is started (default {RUNS})",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    options = parser.parse_args()
    where = machine()
    try:
        starts, (before, after) = asyncio.run(measure(options.runs))
    except (KioskError, TimeoutError) as err:
        print(f"bench: {err}", file=sys.stderr)
        return 1
    print(f"{where()}\n\n{table(starts.sections)}\n\n{import_table(before, after)}")
    if options.json:
        rows = [figure.as_json() for part in starts.sections for figure in part.figures]
        result = {
            "machine": where(),
            "figures": rows,
            "imports": {"before": before, "after": after},
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
