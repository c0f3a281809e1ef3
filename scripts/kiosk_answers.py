"""The kiosk with the local Live service: how long a customer waits, and what it costs."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk_figures import Figure
from kiosk_rig import cpu_of, kiosk, memory_mb
from kiosk_scenes import PRESS_TO_SPEECH_S, QUESTION, Rig
from kiosk_tapes import onset, speech_end

from kiosk.adapters.monitor import Source
from kiosk.adapters.processes import child_command
from kiosk.errors import StartError

START_S = 60.0
TURN_S = 30.0
MOST_TURNS = 6


@dataclass
class Served:
    """A local Live service with a stop-watch on its loop."""

    url: str
    ca_file: Path
    process: asyncio.subprocess.Process

    async def stop(self) -> dict[str, Any]:
        """End it; return what its stop-watch noted."""
        assert self.process.stdout is not None
        self.process.terminate()
        async with asyncio.timeout(START_S):
            line = await self.process.stdout.readline()
            await self.process.wait()
        noted: dict[str, Any] = json.loads(line)
        return noted


@asynccontextmanager
async def served(rig: Rig) -> AsyncIterator[Served]:
    """Run the local Live service. Raises StartError when it does not start."""
    script = Path(__file__).with_name("kiosk_served.py")
    log = rig.state / "served.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *child_command([sys.executable, str(script), str(rig.state / "live")]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            line = await process.stdout.readline()
        if not line:
            said = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise StartError(f"the local Live service did not start: {said[-1]}")
        told = json.loads(line)
        yield Served(told["url"], Path(told["ca_file"]), process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answers(rig: Rig) -> None:
    """Ask the local service through the daemon, a visit each time."""
    heard = Figure(
        "end mark -> first audio, local service",
        promise=900,
        judged_by="median",
        note="the question needs a tool call on the shop's database before it can be answered",
    )
    waited = Figure(
        "end of speech -> first audio, local service (tap)", promise=900, judged_by="median"
    )
    understood = Figure("  of it: end mark -> tool call")
    cost = Figure("local service's CPU a turn", "s")
    memory = Figure("local service's resident memory (RSS)", "MB")
    block = Figure(
        "local service's event loop: longest block",
        promise=20,
        judged_by="worst",
        note="the ten longest stretches; wall time, so also of waiting for a processor or for"
        " another thread",
    )
    work = Figure("  of it the loop's own work")
    rig.figures += [heard, waited, understood, cost, memory, block, work]
    async with (
        served(rig) as service,
        rig.sound.recording() as speaker,
        rig.sound.recording(source=Source.MICROPHONE) as microphone,
    ):
        async with kiosk(
            rig.sound, rig.state, service.url, service.ca_file, follow_up_s=0.2
        ) as unit:
            for _ in range(max(2, min(MOST_TURNS, rig.runs // 2))):
                began, before_s = rig.now(), cpu_of(service.process.pid).all_s
                await unit.press()
                await asyncio.sleep(PRESS_TO_SPEECH_S)
                await rig.sound.speak(QUESTION)
                shut_at = await unit.at("mic_close", began)
                called_at = await unit.at("tool_call", shut_at, within_s=TURN_S)
                replied_at = await unit.at("reply_started", shut_at, within_s=TURN_S)
                sounded_at = await onset(speaker, replied_at)
                await unit.visit_over(began)
                cost.add(cpu_of(service.process.pid).all_s - before_s)
                memory.add(memory_mb(service.process.pid)[0])
                understood.add(1e3 * (called_at - shut_at))
                heard.add(1e3 * (sounded_at - shut_at))
                waited.add(1e3 * (sounded_at - await speech_end(microphone, began, shut_at)))
                await asyncio.sleep(0.5)
        noted = await service.stop()
    block.add(*noted["wall_ms"][:10])
    work.add(*noted["work_ms"][:10])


async def whole_start(rig: Rig) -> None:
    """Start the daemon with a local service of its own, as on a machine without a key."""
    ready = Figure("start of the process -> ready, local service and all", "s", 4)
    rig.figures.append(ready)
    for _ in range(rig.few):
        async with kiosk(rig.sound, rig.state) as unit:
            ready.add(unit.ready_at - unit.started_at)
