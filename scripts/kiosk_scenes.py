"""What the benchmark plays through with a scripted service: presses, holds, taps, rest."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk_figures import Figure
from kiosk_rig import Meter, kiosk, memory_mb
from kiosk_service import ScriptedService, scripted_service, silent_peer
from kiosk_tapes import (
    byte_length,
    hush,
    onset,
    sound_of,
    speech_end,
    speech_span,
    tone,
    tone_end,
    tone_gaps,
    tone_onset,
)

from kiosk.adapters.monitor import Source
from kiosk.adapters.processes import running
from kiosk.adapters.virtual_sound import VirtualSound
from kiosk.adapters.wav_files import read_wav
from kiosk.core.audio import MIC_HZ
from kiosk.resources import packaged
from kiosk.settings import Gate

QUESTION = read_wav(packaged("question-ord-88421.wav"), MIC_HZ)
SHORT_S = 1.5
"""How much of the question is spoken into a hold."""
PRESS_TO_SPEECH_S = 0.3
HOLD_S = 2.6
BARGE_IN_S = 1.0
HANGOVER_MS = Gate().hangover_ms
_BY_RIG = "sound at the rig's monitor: includes the rig's own way out, measured below"


class Rig:
    """Where everything is measured."""

    def __init__(self, sound: VirtualSound, state: Path, runs: int, rest_s: float) -> None:
        self.sound = sound
        self.state = state
        self.runs = runs
        self.few = max(1, runs // 4)
        self.figures: list[Figure] = []
        """What the present scene measures, whether or not it gets to its end."""
        self.rest_s = rest_s
        self.now = asyncio.get_running_loop().time


async def probe(rig: Rig) -> None:
    """Measure the rig alone: plain PyAudio in another process, the same devices and blocks."""
    out = Figure("rig: block handed to PyAudio -> heard at the monitor", note=_BY_RIG)
    into = Figure("rig: heard at the microphone -> block handed over by PyAudio")
    cost = Figure("rig: CPU of plain PyAudio, both streams open", "%")
    rig.figures += [out, into, cost]
    log = rig.state / "probe.jsonl"
    command = [sys.executable, str(Path(__file__).with_name("kiosk_probe.py")), str(log)]
    async with (
        rig.sound.recording() as speaker,
        rig.sound.recording(source=Source.MICROPHONE) as microphone,
    ):
        async with running(command, {**os.environ, **rig.sound.env}) as process:
            await asyncio.sleep(1.5)
            for _ in range(rig.few):
                meter = Meter(process.pid)
                await asyncio.sleep(2.0)
                cost.add(meter.whole().all_s)
            for _ in range(rig.runs):
                await rig.sound.speak(tone_at_microphone())
                await asyncio.sleep(0.2)
            told = rig.now() - 0.5  # what was played later may have been cut off
        for line in log.read_text().splitlines():
            for what, at in json.loads(line).items():
                if what == "played" and speaker.started_at + 0.5 < at < told:
                    out.add(1e3 * (await onset(speaker, at, 0.3) - at))
                elif what == "heard":
                    into.add(1e3 * (at - await onset(microphone, at - 0.3, 0.35)))


def tone_at_microphone() -> bytes:
    """Return a short tone that the microphone hears a little lower."""
    return tone(0.02) + bytes(byte_length(0.2, MIC_HZ))


async def prepare(rig: Rig, service: ScriptedService) -> None:
    """Have the kiosk make once what it keeps: phrases, the shop's database."""
    async with kiosk(rig.sound, rig.state, service.url, service.ca_file):
        pass


async def presses(rig: Rig, service: ScriptedService) -> None:
    """Press at rest and listen for the click, with a service and with a dead network."""
    async with silent_peer() as nobody:
        for name, url in (("network there", service.url), ("network dead", nobody)):
            figure = Figure(f"press -> click, {name}", promise=150, judged_by="worst", note=_BY_RIG)
            rig.figures.append(figure)
            async with (
                rig.sound.recording() as speaker,
                kiosk(rig.sound, rig.state, url, service.ca_file, no_speech_s=1.0) as unit,
            ):
                for _ in range(rig.runs):
                    await hush(speaker)  # the earcon of the visit before dies away
                    began = rig.now()
                    await unit.press()
                    pressed_at = await unit.at("press", began)
                    figure.add(1e3 * (await onset(speaker, pressed_at) - pressed_at))
                    await unit.visit_over(pressed_at)


async def holds(rig: Rig, service: ScriptedService) -> None:
    """Hold and speak, let the reply begin, press into it and hold again."""
    release = Figure("hold: release -> end mark at the service", promise=60)
    burst = Figure("first reply byte -> sound, sent in a burst", promise=60, note=_BY_RIG)
    paced = Figure(
        "first reply byte -> sound, sent in real time",
        promise=60,
        note="a reply begins when 80 ms of it are there: sent at the pace of its own sound, that"
        " is 40 ms after its first piece; services send faster",
    )
    silence = Figure("press -> silence during a reply", promise=50, note=_BY_RIG)
    upload = Figure(
        "uploaded per spoken second, three words",
        "s",
        1.2,
        note="the gate's lead and tail, 0.3 s an utterance, weigh more in a short one",
    )
    gaps = Figure("gaps in the first second of a reply, sent in real time", "n")
    rig.figures += [release, burst, paced, gaps, silence, upload]
    speech = QUESTION[: byte_length(SHORT_S, MIC_HZ)]
    begins, ends = speech_span(sound_of(speech), MIC_HZ)
    async with (
        rig.sound.recording() as speaker,
        kiosk(rig.sound, rig.state, service.url, service.ca_file) as unit,
    ):
        replying = False
        for number in range(rig.runs + 1):
            service.real_time = number % 3 == 2
            before = service.uploaded_bytes
            began = rig.now()
            async with asyncio.TaskGroup() as group:
                group.create_task(unit.press(HOLD_S))
                await asyncio.sleep(PRESS_TO_SPEECH_S)
                await rig.sound.speak(speech)
            pressed_at = await unit.at("press", began)
            released_at = await unit.at("release", pressed_at)
            if replying:
                silence.add(1e3 * (await tone_end(speaker, pressed_at) - pressed_at))
            await unit.event("reply_started", released_at)
            end_mark = service.end_mark(released_at - 0.02)
            first_piece = service.first_piece(released_at)
            assert end_mark is not None
            assert first_piece is not None
            heard_at = await tone_onset(speaker, first_piece)
            await asyncio.sleep(max(0.0, heard_at + BARGE_IN_S - rig.now()))
            release.add(1e3 * (end_mark - released_at))
            (paced if service.real_time else burst).add(1e3 * (heard_at - first_piece))
            if service.real_time:
                gaps.add(await tone_gaps(speaker, heard_at, heard_at + BARGE_IN_S))
            upload.add((service.uploaded_bytes - before) / byte_length(ends - begins, MIC_HZ))
            replying = True
        service.real_time = False


async def taps(rig: Rig, service: ScriptedService) -> None:
    """Tap, ask the whole question, hear the reply and let the visit end by itself."""
    end = Figure(
        f"tap: end of speech -> end mark, less the hangover of {HANGOVER_MS} ms",
        promise=60,
        note="the end of speech as recorded at the microphone, 35 dB below its loudest: the gate"
        " hears a voice for 60 to 100 ms more, and in return cuts no number in two",
    )
    upload = Figure("uploaded per spoken second, a whole question", "s", 1.2)
    visit = Figure("daemon's CPU in a visit", "%", 5, "median")
    listening = Figure("  of it while the microphone is open", "%")
    speaking = Figure("  of it while the reply sounds", "%")
    pulse = Figure("  of it PulseAudio's client threads", "%")
    rig.figures += [end, upload, visit, listening, speaking, pulse]
    begins, ends = speech_span(sound_of(QUESTION), MIC_HZ)
    async with (
        rig.sound.recording(source=Source.MICROPHONE) as microphone,
        kiosk(rig.sound, rig.state, service.url, service.ca_file, follow_up_s=4.0) as unit,
    ):
        for _ in range(rig.few):
            before, began = service.uploaded_bytes, rig.now()
            meter = Meter(unit.pid)
            await unit.press()
            await asyncio.sleep(PRESS_TO_SPEECH_S)
            await rig.sound.speak(QUESTION)
            shut_at = await unit.at("mic_close", began)
            listening.add(meter.lap().all_s)
            await unit.event("reply_started", shut_at)
            meter.lap()
            await unit.event("reply_ended", shut_at)
            speaking.add(meter.lap().all_s)
            await unit.visit_over(began)
            whole = meter.whole()
            visit.add(whole.all_s)
            pulse.add(whole.pulse_s)
            end_mark = service.end_mark(shut_at - 0.05)
            assert end_mark is not None
            quiet_at = await speech_end(microphone, began, end_mark)
            end.add(1e3 * (end_mark - quiet_at) - HANGOVER_MS)
            upload.add((service.uploaded_bytes - before) / byte_length(ends - begins, MIC_HZ))
            await asyncio.sleep(0.5)


async def rest(rig: Rig, service: ScriptedService) -> None:
    """Measure the daemon while nobody is there."""
    idle = Figure(
        "daemon's CPU, idle",
        "%",
        1,
        "median",
        "of one core; parts of one rest. Both streams run at rest too: see what plain PyAudio takes"
        " for the same two, below",
    )
    loop = Figure("  of it the kiosk's own event loop", "%")
    pulse = Figure("  of it PulseAudio's client threads", "%")
    resident = Figure("daemon's resident memory (RSS)", "MB", 150)
    shared = Figure("daemon's resident memory, shared pages divided (PSS)", "MB")
    rig.figures += [idle, loop, pulse, resident, shared]
    async with kiosk(rig.sound, rig.state, service.url, service.ca_file) as unit:
        await asyncio.sleep(1.0)
        for _ in range(5):
            meter = Meter(unit.pid)
            await asyncio.sleep(rig.rest_s / 5)
            share = meter.whole()
            idle.add(share.all_s)
            loop.add(share.loop_s)
            pulse.add(share.pulse_s)
        rss, pss = memory_mb(unit.pid)
        began = rig.now()
        await unit.press()
        await asyncio.sleep(PRESS_TO_SPEECH_S)
        await rig.sound.speak(QUESTION)
        await unit.event("reply_ended", began)
        talked_rss, talked_pss = memory_mb(unit.pid)
        resident.add(rss, talked_rss)
        shared.add(pss, talked_pss)


async def starts(rig: Rig, service: ScriptedService) -> None:
    """Start, ask, and end it in the middle of the reply."""
    ready = Figure("start of the process -> ready", "s", 4)
    exit_s = Figure("SIGTERM in mid-reply -> exit", "s", 2)
    rig.figures += [ready, exit_s]
    for _ in range(rig.few):
        async with kiosk(rig.sound, rig.state, service.url, service.ca_file) as unit:
            ready.add(unit.ready_at - unit.started_at)
            began = rig.now()
            async with asyncio.TaskGroup() as group:
                group.create_task(unit.press(HOLD_S))
                await asyncio.sleep(PRESS_TO_SPEECH_S)
                await rig.sound.speak(QUESTION[: byte_length(SHORT_S, MIC_HZ)])
            await unit.event("reply_started", began)
            await asyncio.sleep(0.5)
            exit_s.add(await unit.stop())


@asynccontextmanager
async def scripted(rig: Rig) -> AsyncIterator[ScriptedService]:
    """Run the scripted service, with its certificates beside the daemon's state."""
    async with scripted_service(rig.state / "tls") as service:
        yield service
