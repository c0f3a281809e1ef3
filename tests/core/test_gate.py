from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import settings
from kiosk.core.audio import MIC_FRAME_BYTES, MIC_FRAME_SAMPLES, Frame
from kiosk.core.effects import GateMode
from kiosk.core.gate import (
    HOLD_KEPT_FRAMES,
    LEAD_FRAMES,
    MURMUR_FRAMES,
    TAP_KEPT_FRAMES,
    Gate,
    GateEvent,
    GateRelease,
    GateStep,
    Heard,
    after_hangover,
    frames_of,
)

RULES = settings.Gate()
HANGOVER = 25
TAIL = 5  # of the ten frames of tail_ms, the detector's own lag is five
TAP, HOLD = GateMode.TAP, GateMode.HOLD


def numbered(number: int, percent: int) -> Frame:
    """A frame that carries its number and how likely the detector is to find it voiced."""
    return Frame(number.to_bytes(4, "little") + bytes([percent]) + bytes(MIC_FRAME_BYTES - 5))


class MarkDetector:
    """Reads its answer off the frame."""

    def __init__(self) -> None:
        self.asked = 0
        self.resets = 0

    def probability(self, frame: Frame) -> float:
        self.asked += 1
        return frame[4] / 100

    def reset(self) -> None:
        self.resets += 1


class Bench:
    """A gate, and the frames it was fed and let through, by number."""

    def __init__(self, rules: settings.Gate = RULES) -> None:
        self.detector = MarkDetector()
        self.gate = Gate(rules, self.detector, louder_db=0)
        self.pushed = 0
        self.sent: list[int] = []
        self.events: list[GateEvent] = []

    def feed(self, percents: Iterable[int]) -> list[GateStep]:
        steps = []
        for percent in percents:
            step = self.gate.push(numbered(self.pushed, percent))
            self.pushed += 1
            self.note(step.send)
            if step.event:
                self.events.append(step.event)
            steps.append(step)
        return steps

    def release(self) -> GateRelease:
        released = self.gate.release()
        self.note(released.send)
        return released

    def note(self, frames: Iterable[Frame]) -> None:
        self.sent += [int.from_bytes(frame[:4], "little") for frame in frames]


def armed(mode: GateMode = TAP, rules: settings.Gate = RULES) -> Bench:
    bench = Bench(rules)
    bench.gate.arm(mode)
    return bench


def quiet(frames: int) -> list[int]:
    return [0] * frames


def voice(frames: int) -> list[int]:
    return [90] * frames


def test_a_disarmed_gate_asks_nobody_and_sends_nothing() -> None:
    bench = Bench()

    steps = bench.feed(voice(50))

    assert steps == [GateStep()] * 50
    assert bench.detector.asked == 0
    assert not bench.gate.armed


def test_what_was_said_before_the_press_never_leaves() -> None:
    bench = Bench()
    bench.feed(voice(30))

    bench.gate.arm(TAP)
    bench.feed(voice(10))

    assert bench.sent[0] == 30


def test_arming_starts_the_detector_afresh() -> None:
    assert armed().detector.resets == 1


def test_eight_voiced_frames_of_ten_open_the_gate() -> None:
    bench = armed()

    seven_of_ten = bench.feed([90, 90, 90, 0, 90, 90, 90, 0, 0, 90])
    opened = bench.feed([90, 90, 90, 90])

    assert [step.event for step in seven_of_ten] == [None] * 10
    assert [step.event for step in opened] == [None, None, None, GateEvent.SPEECH_STARTED]
    assert bench.gate.open


def test_a_word_of_eight_frames_opens_it() -> None:
    bench = armed()

    bench.feed([*quiet(30), *voice(8), *quiet(40)])

    assert bench.events == [GateEvent.SPEECH_STARTED, GateEvent.SPEECH_ENDED]


def test_opening_asks_more_of_a_frame_than_staying_open() -> None:
    bench = armed()

    bench.feed([49] * 40)
    assert bench.events == []

    bench.feed([*voice(8), *[36] * 60])
    assert bench.events == [GateEvent.SPEECH_STARTED]


def test_sending_begins_shortly_before_the_first_voiced_frame() -> None:
    bench = armed()

    bench.feed([*quiet(60), *voice(10)])

    assert bench.sent == list(range(60 - LEAD_FRAMES, 70))


def test_the_pre_roll_limits_the_silence_before_a_voice() -> None:
    bench = armed(rules=settings.Gate(pre_roll_ms=240))

    bench.feed([*quiet(60), *voice(8)])

    assert bench.sent == list(range(60 - 2, 68))


def test_a_short_pre_roll_never_costs_the_frames_that_opened_the_gate() -> None:
    bench = armed(rules=settings.Gate(pre_roll_ms=0))

    bench.feed([*quiet(60), *voice(8)])

    assert bench.sent == list(range(60, 68))


def test_a_quiet_first_word_is_sent_with_the_words_that_opened_the_gate() -> None:
    bench = armed()

    bench.feed([*quiet(40), *[40] * 6, *quiet(HANGOVER - 1), *voice(8)])

    assert bench.sent[0] == 40 - LEAD_FRAMES


def test_a_noise_long_before_is_not_sent() -> None:
    bench = armed()

    bench.feed([*quiet(40), *[40] * 6, *quiet(HANGOVER + 20), *voice(8)])

    assert bench.sent[0] == 40 + 6 + HANGOVER + 20 - LEAD_FRAMES


def test_speech_at_once_is_sent_from_the_press_on() -> None:
    bench = armed()

    bench.feed(voice(12))

    assert bench.sent == list(range(12))


def test_silence_of_the_hangover_ends_the_utterance_and_disarms() -> None:
    bench = armed()
    bench.feed(voice(20))

    steps = bench.feed(quiet(HANGOVER))

    assert [step.event for step in steps] == [*[None] * (HANGOVER - 1), GateEvent.SPEECH_ENDED]
    assert not bench.gate.armed
    assert not bench.gate.open


def test_only_the_tail_of_the_silence_at_the_end_is_sent() -> None:
    bench = armed()

    bench.feed([*voice(20), *quiet(60)])

    assert bench.sent == list(range(20 + TAIL))


def test_without_a_tail_no_silence_is_sent() -> None:
    bench = armed(rules=settings.Gate(tail_ms=0))

    bench.feed([*voice(20), *quiet(60)])

    assert bench.sent == list(range(20))


def test_a_pause_inside_an_order_number_loses_nothing_and_ends_nothing() -> None:
    bench = armed()
    number = [*voice(15), *quiet(20), *voice(12), *quiet(20), *voice(8), *quiet(24), *voice(9)]

    steps = bench.feed(number)

    assert bench.events == [GateEvent.SPEECH_STARTED]
    assert bench.sent == list(range(len(number)))
    assert len(steps[35].send) == 20 - TAIL + 1  # the pause follows in one burst


def test_the_gate_may_be_armed_again_after_an_end() -> None:
    bench = armed()
    bench.feed([*voice(10), *quiet(HANGOVER)])

    bench.gate.arm(TAP)
    bench.feed([*voice(10), *quiet(HANGOVER)])

    assert bench.events == [GateEvent.SPEECH_STARTED, GateEvent.SPEECH_ENDED] * 2
    assert bench.sent == [*range(10 + TAIL), *range(35, 45 + TAIL)]


def test_disarming_drops_what_was_not_sent() -> None:
    bench = armed()
    bench.feed([*voice(10), *quiet(20)])

    bench.gate.disarm()
    bench.feed(voice(20))

    assert bench.sent == list(range(10 + TAIL))
    assert not bench.gate.open


def test_a_smarter_decision_may_replace_the_hangover() -> None:
    asked: list[Heard] = []

    def finished(heard: Heard) -> bool:
        asked.append(heard)
        return heard.quiet_frames == 3

    gate = Gate(RULES, MarkDetector(), finished, louder_db=0)
    gate.arm(TAP)
    steps = [gate.push(numbered(n, p)) for n, p in enumerate([*voice(9), 30, 20, 10])]

    assert steps[-1].event is GateEvent.SPEECH_ENDED
    assert asked == [Heard(9, 1, 0.3), Heard(9, 2, 0.2), Heard(9, 3, 0.1)]


@pytest.mark.parametrize(("ms", "frames"), [(0, 0), (1, 1), (20, 1), (500, 25), (510, 26)])
def test_a_length_of_time_is_whole_frames(ms: int, frames: int) -> None:
    assert frames_of(ms) == frames


def test_the_hangover_counts_silence_alone() -> None:
    finished = after_hangover(500)

    assert not finished(Heard(voiced_frames=900, quiet_frames=24, probability=0.0))
    assert finished(Heard(voiced_frames=1, quiet_frames=25, probability=0.34))


def test_the_button_alone_ends_a_hold() -> None:
    bench = armed(HOLD)

    bench.feed([*quiet(60), *voice(20), *quiet(200), *voice(10), *quiet(100)])
    assert bench.events == [GateEvent.SPEECH_STARTED]

    assert bench.release() == GateRelease((), heard=True)
    assert bench.sent == list(range(60 - LEAD_FRAMES, 290 + TAIL))
    assert not bench.gate.armed


def test_a_hold_too_quiet_to_open_the_gate_is_sent_whole() -> None:
    bench = armed(HOLD)
    bench.feed([*quiet(150), *[40] * 3, *quiet(30)])

    assert bench.release().heard
    assert bench.sent == list(range(183))
    assert bench.events == []


def test_a_hold_tells_once_that_somebody_may_be_speaking_too_quietly_to_open_the_gate() -> None:
    murmur = [40, 0, 0] * MURMUR_FRAMES

    held = armed(HOLD)
    held.feed(murmur[:-3])
    assert held.events == []
    held.feed(murmur)
    assert held.events == [GateEvent.VOICE_SUSPECTED]

    tapped = armed(TAP)
    tapped.feed(murmur)
    assert tapped.events == []
    tapped.gate.arm(HOLD)  # it turns out to be a hold, and what was heard before it counts
    tapped.feed([0])
    assert tapped.events == [GateEvent.VOICE_SUSPECTED]


def test_a_hold_without_any_voice_is_not_sent() -> None:
    bench = armed(HOLD)
    bench.feed([34] * 200)

    assert bench.release() == GateRelease((), heard=False)
    assert bench.sent == []


def test_a_button_held_down_for_ever_keeps_one_minute() -> None:
    bench = armed(HOLD)
    bench.feed([40, *quiet(HOLD_KEPT_FRAMES + 500), 40])

    bench.release()

    assert len(bench.sent) == HOLD_KEPT_FRAMES


def test_a_tap_that_turns_out_to_be_a_hold_loses_nothing() -> None:
    bench = armed(TAP)
    bench.feed([40, *quiet(19)])

    bench.gate.arm(HOLD)
    bench.feed(quiet(60))

    assert bench.release().heard
    assert bench.sent == list(range(80))


def test_a_hold_noticed_in_mid_word_goes_on_as_the_same_utterance() -> None:
    bench = armed(TAP)
    bench.feed([*voice(12), *quiet(8)])

    bench.gate.arm(HOLD)
    bench.feed([*quiet(60), *voice(5)])

    assert bench.events == [GateEvent.SPEECH_STARTED]
    assert bench.release() == GateRelease((), heard=True)
    assert bench.sent == list(range(85))


def test_arming_an_armed_gate_only_changes_who_ends_the_utterance() -> None:
    bench = armed(TAP)
    bench.feed([*voice(12), *quiet(8)])

    bench.gate.arm(HOLD)
    bench.feed(quiet(60))

    assert bench.gate.open
    assert bench.detector.resets == 1


def test_waiting_for_a_tap_keeps_two_seconds() -> None:
    bench = armed(TAP)
    bench.feed(quiet(500))

    bench.gate.arm(HOLD)
    bench.feed([40])
    bench.release()

    assert bench.sent == list(range(501 - TAP_KEPT_FRAMES - 1, 501))


def test_a_tap_cut_off_by_the_longest_utterance_was_heard() -> None:
    bench = armed(TAP)
    bench.feed(voice(100))

    assert bench.release() == GateRelease((), heard=True)


def test_a_tap_without_a_clear_voice_is_not_sent() -> None:
    bench = armed(TAP)
    bench.feed([*voice(4), *quiet(50)])

    assert bench.release() == GateRelease((), heard=False)
    assert bench.sent == []


def test_asked_after_its_own_end_the_gate_still_says_that_it_heard_something() -> None:
    bench = armed(TAP)
    bench.feed([*voice(10), *quiet(HANGOVER)])

    assert bench.release() == GateRelease((), heard=True)

    bench.gate.arm(TAP)
    assert bench.release() == GateRelease((), heard=False)


class LoudnessDetector:
    """Answers with the peak it hears."""

    def probability(self, frame: Frame) -> float:
        return float(np.abs(np.frombuffer(frame, "<i2")).max()) / 1000

    def reset(self) -> None:
        pass


def test_the_detector_hears_a_quiet_talker_louder_and_the_service_does_not() -> None:
    gate = Gate(RULES, LoudnessDetector())
    tone = 700 * np.sin(np.arange(MIC_FRAME_SAMPLES))
    talk = Frame(tone.astype("<i2").tobytes())
    softer = Frame((tone / 3).astype("<i2").tobytes())  # 0.2 as it is, 0.8 when levelled
    gate.arm(TAP)

    steps = [gate.push(frame) for frame in [talk] * 8 + [softer] * 100]

    assert [step.event for step in steps if step.event] == [GateEvent.SPEECH_STARTED]
    assert {frame for step in steps for frame in step.send} == {talk, softer}


commands = st.one_of(
    st.sampled_from(["arm tap", "arm hold", "disarm", "release"]),
    st.lists(st.sampled_from([0, 40, 90]), min_size=1, max_size=12).map(tuple),
    st.tuples(st.sampled_from([0, 40, 90]), st.integers(1, 130)).map(
        lambda run: (run[0],) * run[1]
    ),
)


@given(st.lists(commands, max_size=30))
def test_what_is_sent_is_one_unbroken_stretch_of_what_was_heard_while_armed(
    script: list[str | tuple[int, ...]],
) -> None:
    bench = Bench()
    start = 0
    for command in script:
        was_armed = bench.gate.armed
        percents = command if isinstance(command, tuple) else ()
        match command:
            case "arm tap" | "arm hold":
                bench.gate.arm(TAP if command == "arm tap" else HOLD)
                if not was_armed:
                    start = bench.pushed
                    bench.sent.clear()
                    bench.events.clear()
            case "disarm":
                bench.gate.disarm()
            case "release":
                released = bench.release()
                assert released.heard == bool(bench.sent)
            case _:
                sent_before = len(bench.sent)
                bench.feed(percents)
                assert was_armed or len(bench.sent) == sent_before

        if bench.sent:
            assert bench.sent == list(range(bench.sent[0], bench.sent[-1] + 1))
            assert start <= bench.sent[0]
            assert bench.sent[-1] < bench.pushed
        started = bench.events.count(GateEvent.SPEECH_STARTED)
        ended = bench.events.count(GateEvent.SPEECH_ENDED)
        assert bench.gate.open is (started > ended) or not bench.gate.armed
        assert ended <= started <= 1
        assert not ended or not bench.gate.armed


@given(st.lists(st.sampled_from([0, 34, 40, 60, 90]), max_size=200), st.integers(0, 200))
def test_turning_a_tap_into_a_hold_never_loses_a_frame_that_a_tap_would_send(
    talk: list[int], at: int
) -> None:
    tapped, held = armed(TAP), armed(TAP)

    tapped.feed(talk)
    held.feed(talk[:at])
    held.gate.arm(HOLD)
    held.feed(talk[at:])
    held.release()

    assert set(tapped.sent) <= set(held.sent)


@given(st.lists(st.sampled_from([0, 40, 90]), max_size=300))
def test_at_most_the_lead_and_the_tail_of_silence_are_sent(talk: list[int]) -> None:
    bench = armed(TAP)
    bench.feed([*quiet(50), *talk, *quiet(50)])

    if bench.sent:
        heard = [*quiet(50), *talk, *quiet(50)]
        voiced = [number for number in bench.sent if heard[number] > 0]
        assert voiced[0] - bench.sent[0] <= LEAD_FRAMES
        assert bench.sent[-1] - voiced[-1] <= TAIL
