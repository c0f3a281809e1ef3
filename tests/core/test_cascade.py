from kiosk.core.audio import MIC_FRAME_BYTES, Frame
from kiosk.core.cascade import SLEEP_FRAMES, WAKE_FRAMES, CascadeDetector


def numbered(number: int) -> Frame:
    return Frame(number.to_bytes(2, "little") * (MIC_FRAME_BYTES // 2))


class Listed:
    """Answers from a set of frame numbers, and notes what it was asked."""

    def __init__(self, voiced: set[int], voice: float = 0.8, otherwise: float = 0.1) -> None:
        self._voiced = voiced
        self._answers = (otherwise, voice)
        self.asked: list[int] = []
        self.resets = 0

    def probability(self, frame: Frame) -> float:
        number = int.from_bytes(frame[:2], "little")
        self.asked.append(number)
        return self._answers[number in self._voiced]

    def reset(self) -> None:
        self.asked.clear()
        self.resets += 1


def test_the_good_detector_sleeps_through_silence() -> None:
    cheap, good = Listed(set(), otherwise=0.0), Listed(set())
    cascade = CascadeDetector(cheap, good)

    answers = [cascade.probability(numbered(n)) for n in range(200)]

    assert answers == [0.0] * 200
    assert cheap.asked == list(range(200))
    assert good.asked == []


def test_it_wakes_afresh_and_hears_the_frames_just_past() -> None:
    cheap, good = Listed({100}), Listed({100})
    cascade = CascadeDetector(cheap, good)

    answers = [cascade.probability(numbered(n)) for n in range(101)]

    assert answers[-2:] == [0.0, 0.8]
    assert good.resets == 1
    assert good.asked == list(range(100 - WAKE_FRAMES, 101))


def test_it_decides_alone_until_the_cheap_one_was_quiet_for_a_while() -> None:
    cheap, good = Listed({10}), Listed({10, 20, 30, 60})
    cascade = CascadeDetector(cheap, good)

    answers = [cascade.probability(numbered(n)) for n in range(61)]

    awake = range(10, 10 + SLEEP_FRAMES)
    assert [n for n, answer in enumerate(answers) if answer > 0] == list(awake)
    assert [n for n in awake if answers[n] == 0.8] == [10, 20, 30]
    assert answers[60] == 0.0


def test_after_a_sleep_it_does_not_judge_by_an_old_state() -> None:
    cheap, good = Listed({10, 100}), Listed(set())
    cascade = CascadeDetector(cheap, good)

    for n in range(101):
        cascade.probability(numbered(n))

    assert good.resets == 2
    assert good.asked == list(range(100 - WAKE_FRAMES, 101))


def test_a_reset_forgets_the_frames_just_past() -> None:
    cheap, good = Listed({20}), Listed({20})
    cascade = CascadeDetector(cheap, good)
    for n in range(20):
        cascade.probability(numbered(n))

    cascade.reset()
    answer = cascade.probability(numbered(20))

    assert cheap.resets == 1
    assert good.asked == [20]
    assert answer == 0.8


def test_a_reset_in_mid_word_sends_it_to_sleep() -> None:
    cheap, good = Listed({5}), Listed({5, 6})
    cascade = CascadeDetector(cheap, good)
    cascade.probability(numbered(5))

    cascade.reset()

    assert cascade.probability(numbered(6)) == 0.0
