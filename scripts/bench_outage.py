"""Measure outages: how soon they are noticed, how soon talk goes on, and which words are lost.

Run as ``scripts/bench outage [--quick] [--parallel N] [--json FILE]``, as root. Every cell has
three network namespaces, a service of counted words in one and, in another, the kiosk's real
runtime and Live adapter or, as the baseline, a small client on the SDK's defaults. The round
trip is 50 ms. A missed promise does not fail the run; a cell that could not be played does.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"  # a process that has threads cannot be copied
os.environ["PYTHONPATH"] = f"{ROOT / 'scripts'}:{ROOT}"  # for the processes of the cells
sys.path.insert(1, str(ROOT))

from outage_cells import BREAK, KINDS, MEND, PHASES, Outage, Stack, Story, Weather, Wire, play  # noqa: E402,I001 - the paths come first
from outage_judge import Alarms, Outcome, alarms, judged  # noqa: E402
from outage_service import word_service  # noqa: E402
from outage_tables import LATE, figures, grid, weather_table  # noqa: E402

from kiosk.local_live import tls  # noqa: E402
from kiosk_figures import table  # noqa: E402
from tests.netns.namespaces import available  # noqa: E402
from tests.netns.rig import NAME, Rig, rig  # noqa: E402

LENGTHS_S = (0.3, 1.0, 5.0, 12.0, 35.0, 120.0)
QUICK_LENGTHS_S = (0.3, 3.0, 12.0)
LOSSES = (2, 5, 10)
RATES_KBIT = (512, 256, 128)
STACKS: tuple[Stack, ...] = ("kiosk", "sdk")
WEATHERS_A_KIND = 2
PARALLEL = 6 * (os.cpu_count() or 1)
WAITING = 3
"""So many cells more that wait most of the time, for each that does not."""
STARTING = 2
THERE_S = 60.0
STORY_S = 200.0
RANDOM_S = 0.3

Cell = Outage | Weather


def plan(*, quick: bool) -> list[Cell]:
    """Return the cells, the longest first."""
    lengths = QUICK_LENGTHS_S if quick else LENGTHS_S
    stacks = STACKS
    cells: list[Cell] = [
        Outage(stack, kind, length_s, phase)
        for stack in stacks
        for kind in KINDS
        for length_s in lengths
        for phase in PHASES
        if not quick or _in_short(stack, kind, length_s)
    ]
    times, lasts_s = (1, 45.0) if quick else (WEATHERS_A_KIND, 120.0)
    for stack in stacks[:1] if quick else stacks:
        for _ in range(times):
            cells += [Weather(stack, loss_percent=at, lasts_s=lasts_s) for at in LOSSES]
            cells += [Weather(stack, kbit=at, lasts_s=lasts_s) for at in RATES_KBIT]
    return sorted(cells, key=lambda cell: -cell.about_s)


def _in_short(stack: Stack, kind: str, length_s: float) -> bool:
    """Whether the short run has this cell."""
    if stack != "kiosk":
        return kind == "black hole" and length_s == 3.0
    return length_s < 12 or kind in ("black hole", "interface")


class Bench:
    """Plays cells side by side, each in the next free network."""

    def __init__(self, trust: ssl.SSLContext, ca_file: Path) -> None:
        self.outcomes: list[Outcome] = []
        self.alarms: list[Alarms] = []
        self.failed: list[str] = []
        self._trust = trust
        self._ca_file = ca_file
        self.late_s: list[float] = []
        self._starting = asyncio.Semaphore(STARTING)
        self._networks: dict[bool, asyncio.Queue[Rig]] = {
            waits: asyncio.Queue() for waits in (False, True)
        }
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["__main__", "outage_ready"])

    async def play(self, cells: Sequence[Cell], parallel: int) -> None:
        """Play all cells."""
        async with AsyncExitStack() as stack:
            for waits, free in self._networks.items():
                wanted = sum(cell.waits == waits for cell in cells)
                for _ in range(min(parallel * (WAITING if waits else 1), wanted)):
                    free.put_nowait(stack.enter_context(rig()))
            left = len(cells)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._cell(cell)) for cell in cells]
                for task in asyncio.as_completed(tasks):
                    await task
                    left -= 1
                    if left % 10 == 0:
                        print(f"measuring: {left} cells left", file=sys.stderr, flush=True)

    async def _cell(self, cell: Cell) -> None:
        free = self._networks[cell.waits]
        net = await free.get()
        try:
            await self._played(cell, net)
        except (TimeoutError, EOFError) as err:
            self.failed.append(f"{cell}: {type(err).__name__}")
        finally:
            await asyncio.to_thread(net.heal)
            free.put_nowait(net)

    async def _played(self, cell: Cell, net: Rig) -> None:
        now = asyncio.get_running_loop().time
        serving = word_service(net.server, self._trust, cell.reply_words, cell.think_s)
        async with serving as service, AsyncExitStack() as stack:
            client = await self._started(stack, cell, net, service.port)
            async with asyncio.timeout(THERE_S):
                await client.receive()
            await asyncio.sleep(random.uniform(0, RANDOM_S))  # noqa: S311 - not at the same instant
            broken_at = now()
            if isinstance(cell, Outage):
                await asyncio.to_thread(BREAK[cell.kind], net)
                await asyncio.sleep(max(0.0, broken_at + cell.length_s - now()))
                await asyncio.to_thread(MEND[cell.kind], net)
            else:
                await asyncio.to_thread(cell.begin, net)
            mended_at = now()
            client.send(mended_at)
            async with asyncio.timeout(STORY_S):
                story = await client.receive()
            assert isinstance(story, Story)
            self.late_s += story.late_s
            if isinstance(cell, Outage):
                self.outcomes.append(judged(cell, story, service, broken_at, mended_at))
            else:
                self.alarms.append(alarms(cell, story))

    async def _started(self, stack: AsyncExitStack, cell: Cell, net: Rig, port: int) -> Wire:
        """Start the client of a cell; a few at a time, since starting takes a core."""
        async with self._starting, asyncio.timeout(THERE_S):
            client = await stack.enter_async_context(self._client(cell, net, port))
            await client.receive()
        client.send("go")
        return client

    @asynccontextmanager
    async def _client(self, cell: Cell, net: Rig, port: int) -> AsyncIterator[Wire]:
        ours, theirs = self._processes.Pipe()
        arguments = (cell, net.kiosk, port, str(self._ca_file), theirs)
        process = self._processes.Process(target=play, args=arguments, daemon=True)
        process.start()
        theirs.close()
        try:
            yield Wire(ours)
        finally:
            process.kill()  # it has told all it had to tell, or never will
            ours.close()
            process.join()


async def measure(cells: Sequence[Cell], parallel: int) -> Bench:
    """Play the cells and return what they showed."""
    with tempfile.TemporaryDirectory(prefix="kiosk-outage-") as state:
        identity = tls.identity(Path(state), NAME)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        identity.load_into(trust)
        bench = Bench(trust, identity.ca_file)
        await bench.play(cells, parallel)
    return bench


def main() -> int:
    """Measure, print the tables, and write them as JSON when asked to."""
    parser = argparse.ArgumentParser(prog="scripts/bench outage", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer cells, in about 2 minutes")
    parser.add_argument("--parallel", type=int, default=PARALLEL, metavar="N",
        help=f"busy cells at a time, and {WAITING}N that wait (default {PARALLEL})")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every outcome there")
    options = parser.parse_args()
    if why := available():
        print(f"bench: {why}", file=sys.stderr)
        return 69
    before = os.getloadavg()[0]
    bench = asyncio.run(measure(plan(quick=options.quick), max(1, options.parallel)))
    sections = figures(bench.outcomes, bench.alarms, bench.late_s)
    print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after; round trip 50 ms\n")
    print(grid(bench.outcomes))
    print(weather_table(bench.alarms))
    print(table(sections))
    for sentence in bench.failed:
        print(f"bench: not played: {sentence}", file=sys.stderr)
    if options.json:
        result = {
            "outages": [asdict(outcome) for outcome in bench.outcomes],
            "weather": [asdict(stretch) for stretch in bench.alarms],
            "figures": [
                each.as_json()
                for section in sections
                for each in section.figures
                if each.name != LATE
            ],
            "not_played": bench.failed,
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
