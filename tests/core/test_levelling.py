import numpy as np
import pytest

from kiosk.core import pcm
from kiosk.core.audio import MIC_FRAME_SAMPLES, MIC_SILENCE, Frame
from kiosk.core.levelling import LOUDER_DB, ROOM_DBFS, TALKER_DBFS, LevelledDetector


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Frame] = []
        self.resets = 0

    def probability(self, frame: Frame) -> float:
        self.heard.append(frame)
        return 0.25

    def reset(self) -> None:
        self.resets += 1


def hiss(dbfs: float, offset: float = 0.0) -> Frame:
    noise = np.random.default_rng(1).standard_normal(MIC_FRAME_SAMPLES)
    noise *= 10 ** (dbfs / 20) / np.std(noise)
    return Frame(pcm.to_pcm((noise + offset).astype(np.float32)))


def last_level(ear: Ear) -> float:
    samples = pcm.to_floats(pcm.to_samples(ear.heard[-1]))
    return float(20 * np.log10(np.std(samples)))


def listen(detector: LevelledDetector, frame: Frame, times: int = 50) -> None:
    for _ in range(times):
        assert detector.probability(frame) == 0.25


def test_the_first_frames_are_heard_as_they_are() -> None:
    ear, frame = Ear(), hiss(-60)

    listen(LevelledDetector(ear), frame, 5)

    assert ear.heard == [frame] * 5


@pytest.mark.parametrize(
    ("room_dbfs", "heard_dbfs"),
    [
        (-80, -80 + LOUDER_DB),
        (ROOM_DBFS - 5, ROOM_DBFS),
        (ROOM_DBFS + 1, ROOM_DBFS + 1),
        (-20, -20),
    ],
)
def test_a_quiet_room_is_brought_nearer_and_a_loud_one_left(
    room_dbfs: float, heard_dbfs: float
) -> None:
    ear = Ear()

    listen(LevelledDetector(ear), hiss(room_dbfs))

    assert last_level(ear) == pytest.approx(heard_dbfs, abs=0.5)


def test_the_room_is_judged_by_its_quieter_moments() -> None:
    ear = Ear()
    detector = LevelledDetector(ear)

    for _ in range(10):
        listen(detector, hiss(-30), 6)
        listen(detector, hiss(ROOM_DBFS - 6), 4)

    assert last_level(ear) == pytest.approx(ROOM_DBFS, abs=0.5)


@pytest.mark.parametrize(
    ("talker_dbfs", "heard_dbfs"),
    [(-60, -60 + LOUDER_DB), (TALKER_DBFS - 6, TALKER_DBFS), (-12, -12)],
)
def test_a_quiet_talker_is_brought_nearer_and_a_loud_one_left(
    talker_dbfs: float, heard_dbfs: float
) -> None:
    ear = Ear()
    detector = LevelledDetector(ear)

    detector.talker([hiss(talker_dbfs)] * 8)
    listen(detector, hiss(talker_dbfs))

    assert last_level(ear) == pytest.approx(heard_dbfs, abs=0.5)


def test_a_constant_offset_of_the_converter_is_not_loudness() -> None:
    ear = Ear()

    listen(LevelledDetector(ear), hiss(-70, offset=0.05))

    assert last_level(ear) == pytest.approx(-70 + LOUDER_DB, abs=0.5)


def test_digital_silence_stays_silent() -> None:
    ear = Ear()

    listen(LevelledDetector(ear), MIC_SILENCE)

    assert ear.heard == [MIC_SILENCE] * 50


def test_what_is_made_louder_is_clipped_and_not_wrapped() -> None:
    ear = Ear()
    detector = LevelledDetector(ear)
    detector.talker([hiss(-60)])

    listen(detector, Frame(b"\xff\x7f\x00\x80" * (MIC_FRAME_SAMPLES // 2)), 1)

    assert ear.heard[-1] == b"\xff\x7f\x00\x80" * (MIC_FRAME_SAMPLES // 2)


def test_it_can_be_switched_off() -> None:
    ear, frame = Ear(), hiss(-70)
    detector = LevelledDetector(ear, louder_db=0)

    detector.talker([frame])
    listen(detector, frame)

    assert set(ear.heard) == {frame}


def test_a_reset_forgets_the_talker_and_the_room() -> None:
    ear, frame = Ear(), hiss(-70)
    detector = LevelledDetector(ear)
    listen(detector, frame)
    detector.talker([frame])

    detector.reset()
    listen(detector, frame, 1)

    assert ear.resets == 1
    assert ear.heard[-1] == frame
