import ast
import sys
from collections.abc import Callable
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import soxr
from hibari import Hibari

from kiosk import settings
from kiosk.adapters import vad
from kiosk.adapters.vad import SileroDetector, WebRtcDetector, silero_model
from kiosk.core.audio import MIC_FRAME_SAMPLES, MIC_HZ, MIC_SILENCE, Frame
from kiosk.core.cascade import CascadeDetector
from kiosk.core.effects import GateMode
from kiosk.core.gate import Gate, GateEvent
from kiosk.errors import StartError
from kiosk.ports import SpeechDetector

LEAD_FRAMES = 40
QUESTION = "Where is my order?"


Sound = npt.NDArray[np.float32]


def cut(sound: Sound) -> list[Frame]:
    pcm = (np.clip(sound, -1, 1) * 32767).astype("<i2")
    whole = pcm[: len(pcm) // MIC_FRAME_SAMPLES * MIC_FRAME_SAMPLES].reshape(-1, MIC_FRAME_SAMPLES)
    return [Frame(row.tobytes()) for row in whole]


@cache
def _voice() -> Callable[..., Sound]:
    made: Callable[..., Sound] = Hibari(threads=1)
    return made


@cache
def spoken(text: str) -> Sound:
    """Real synthesised speech at 16 kHz and about -26 dBFS, without silence around it."""
    sound = soxr.resample(_voice()(text, seed=0), 24_000, MIC_HZ)
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1] + 1]
    return np.asarray(sound * (0.05 / np.std(sound)), np.float32)


def silence(seconds: float) -> Sound:
    return np.zeros(int(seconds * MIC_HZ), np.float32)


def scene(*sounds: Sound) -> Sound:
    """The sounds with 0.8 s before them and 1.6 s after them, over a faint hiss."""
    lead = silence(LEAD_FRAMES * MIC_FRAME_SAMPLES / MIC_HZ)
    sound = np.concatenate((lead, *sounds, silence(1.6)))
    hiss = np.random.default_rng(5).standard_normal(len(sound)) * 0.001
    return np.asarray(sound + hiss, np.float32)


def tone(hz: float) -> Sound:
    return np.sin(2 * np.pi * hz * np.arange(10 * MIC_HZ) / MIC_HZ).astype(np.float32)


def events_of(sound: Sound) -> list[tuple[int, GateEvent]]:
    gate = Gate(settings.Gate(), CascadeDetector(WebRtcDetector(), SileroDetector()))
    gate.arm(GateMode.TAP)
    steps = [gate.push(frame) for frame in cut(sound)]
    return [(at, step.event) for at, step in enumerate(steps) if step.event]


@pytest.fixture(params=[WebRtcDetector, SileroDetector])
def detector(request: pytest.FixtureRequest) -> SpeechDetector:
    made: SpeechDetector = request.param()
    return made


def test_a_voice_is_likelier_than_silence(detector: SpeechDetector) -> None:
    silent = [detector.probability(MIC_SILENCE) for _ in range(30)]
    voiced = [detector.probability(frame) for frame in cut(spoken(QUESTION))]

    assert max(silent) < 0.35
    assert np.median(voiced) > 0.5
    assert all(0 <= answer <= 1 for answer in silent + voiced)


def test_after_a_reset_the_same_sound_gets_the_same_answers(detector: SpeechDetector) -> None:
    frames = cut(scene(spoken(QUESTION)))

    first = [detector.probability(frame) for frame in frames]
    detector.reset()
    second = [detector.probability(frame) for frame in frames]

    assert first == second


def test_the_network_takes_512_samples_with_the_64_before_them() -> None:
    frames = cut(spoken(QUESTION))[:32]
    heard = np.frombuffer(b"".join(frames), "<i2").astype(np.float32) / np.float32(32768)
    session = onnxruntime.InferenceSession(silero_model(), providers=["CPUExecutionProvider"])
    state = np.zeros((2, 1, 128), np.float32)
    before: Sound = np.zeros(64, np.float32)
    expected = []
    for chunk in heard.reshape(-1, 512):
        sound = np.concatenate((before, chunk))[None, :]
        answer, state = session.run(
            None, {"input": sound, "state": state, "sr": np.array(16_000, np.int64)}
        )
        expected.append(float(answer[0, 0]))
        before = chunk[-64:]

    detector = SileroDetector()
    answers = [detector.probability(frame) for frame in frames]

    completed = [-(-(number + 1) * 512 // MIC_FRAME_SAMPLES) - 1 for number in range(20)]
    assert [answers[frame] for frame in completed] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda sound: sound, id="clean"),
        pytest.param(lambda sound: sound + 0.1, id="constant offset"),
        pytest.param(lambda sound: sound * 30, id="clipped"),
        pytest.param(lambda sound: sound * 0.05, id="quiet"),
        pytest.param(lambda sound: sound * 0.1 + 0.05, id="quiet with an offset"),
        pytest.param(lambda sound: np.where(np.abs(sound) < 0.01, 0, sound), id="digital silence"),
    ],
)
def test_one_utterance_is_one_start_and_one_end(spoil: Callable[[Sound], Sound]) -> None:
    voice = spoken("I would like to send a washing machine back.")

    events = events_of(spoil(scene(voice)))

    last = LEAD_FRAMES + len(voice) // MIC_FRAME_SAMPLES
    assert [event for _, event in events] == [GateEvent.SPEECH_STARTED, GateEvent.SPEECH_ENDED]
    assert LEAD_FRAMES < events[0][0] < LEAD_FRAMES + 25
    assert last + 20 < events[1][0] < last + 40


@pytest.mark.parametrize("word", ["Yes.", "No.", "Two.", "Five.", "Eight.", "Okay."])
@pytest.mark.parametrize("gain", [1.0, 0.1], ids=["ordinary", "quiet"])
def test_a_single_word_opens_the_gate(word: str, gain: float) -> None:
    events = events_of(scene(spoken(word)) * np.float32(gain))

    assert [event for _, event in events] == [GateEvent.SPEECH_STARTED, GateEvent.SPEECH_ENDED]


def test_pauses_of_400_ms_inside_an_order_number_do_not_end_it() -> None:
    pause = silence(0.4)
    number = [spoken("O R D"), pause, spoken("eight eight"), pause, spoken("four"), pause]

    events = events_of(scene(*number, spoken("two one")))

    assert [event for _, event in events] == [GateEvent.SPEECH_STARTED, GateEvent.SPEECH_ENDED]
    assert events[1][0] > LEAD_FRAMES + 3 * 20


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(silence(10), id="digital silence"),
        pytest.param(silence(10) + np.float32(0.2), id="constant offset"),
        pytest.param(np.random.default_rng(2).standard_normal(160_000) * 0.05, id="loud hiss"),
        pytest.param(0.1 * tone(50), id="mains hum"),
        pytest.param(np.sign(tone(1000)), id="siren"),
    ],
)
def test_what_is_no_voice_never_opens_the_gate(sound: Sound) -> None:
    assert events_of(sound) == []


def test_the_network_is_found_without_importing_its_package() -> None:
    assert silero_model().is_file()
    assert "silero_vad" not in sys.modules
    assert "torch" not in sys.modules


def test_a_missing_package_is_a_start_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad, "_PACKAGE", "no-such-package-here")

    with pytest.raises(StartError, match="needs the package no-such-package-here; install"):
        SileroDetector()


def test_a_package_without_the_file_is_a_start_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad, "_FILE", "other.onnx")

    with pytest.raises(StartError, match=r"silero-vad; install it again: it holds no other.onnx"):
        SileroDetector()


def test_a_package_that_keeps_no_list_of_its_files_is_a_start_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "bare_package-1.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: bare-package\nVersion: 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(vad, "_PACKAGE", "bare-package")
    assert metadata.files("bare-package") is None

    with pytest.raises(StartError, match="it holds no"):
        SileroDetector()


@pytest.mark.parametrize("module", ["webrtcvad", "onnxruntime"])
def test_a_missing_library_is_a_start_error(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(StartError, match=f"needs the package {module}.*; install it again"):
        (WebRtcDetector if module == "webrtcvad" else SileroDetector)()


def test_a_file_that_is_not_there_is_a_start_error(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"gone.onnx cannot be used; install"):
        SileroDetector(tmp_path / "gone.onnx")


def test_a_file_that_is_no_network_is_a_start_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(silero_model().read_bytes()[:10_000])

    with pytest.raises(StartError, match=r"broken.onnx cannot be used; install"):
        SileroDetector(broken)


def test_another_network_of_the_package_is_a_start_error() -> None:
    other = silero_model().with_name("silero_vad_16k_sequence.onnx")

    with pytest.raises(StartError, match="cannot be used"):
        SileroDetector(other)


def test_the_adapter_decides_nothing() -> None:
    tree = ast.parse(Path(vad.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name for name in imported if name and name.startswith("kiosk")} == {
        "kiosk.core.audio",
        "kiosk.errors",
    }
