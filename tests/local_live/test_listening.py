"""Sound of any rate, cut by the client's marks or by ours."""

import pytest

from kiosk.local_live.endpointing import Ended, Started
from kiosk.local_live.listening import Listening
from kiosk.local_live.protocol import Detection, Sound
from kiosk.local_live.wire import Refused
from tests.local_live.vowels import noise, vowels

MARKED = Detection(disabled=True)
AUTOMATIC = Detection(silence_ms=300)


def test_marked_sound_is_kept_from_mark_to_mark() -> None:
    listening = Listening(MARKED, longest_s=10)
    pcm = vowels(0.5)

    assert listening.start() == Started(0.0)
    assert listening.start() is None
    assert list(listening.hear(Sound(pcm[:999], 16_000))) == []
    assert list(listening.hear(Sound(pcm[999:], 16_000))) == []
    assert listening.speaking

    assert listening.end() == Ended(pcm, 0.5)
    assert listening.end() is None
    assert not listening.speaking


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 48_000])
def test_other_rates_are_brought_to_16_khz_to_the_last_sample(rate: int) -> None:
    listening = Listening(MARKED, longest_s=10)
    listening.start()
    pcm = noise(1, 1000.0) * 3
    whole = pcm[: rate * 2]

    for start in range(0, len(whole), 1280):
        list(listening.hear(Sound(whole[start : start + 1280], rate)))
    ended = listening.end()

    assert ended is not None
    assert len(ended.pcm) / 2 == pytest.approx(16_000, abs=2)


def test_a_client_may_change_its_rate_between_two_activities() -> None:
    listening = Listening(MARKED, longest_s=10)
    lengths = []
    for rate in (48_000, 16_000, 48_000):
        listening.start()
        list(listening.hear(Sound(noise(0.5, 900.0)[: 2 * (rate // 100)], rate)))
        ended = listening.end()
        assert ended is not None
        lengths.append(len(ended.pcm) // 2)

    assert lengths == [pytest.approx(160, abs=2)] * 3


def test_sound_before_any_mark_breaks_the_contract_and_after_one_is_dropped() -> None:
    listening = Listening(MARKED, longest_s=10)
    with pytest.raises(Refused) as refused:
        list(listening.hear(Sound(b"\0\0", 16_000)))
    assert refused.value.code == 1007

    listening.start()
    listening.end()
    list(listening.hear(Sound(noise(1), 16_000)))
    listening.start()
    assert listening.end() == Ended(b"", 1.0)


def test_marks_in_automatic_mode_break_the_contract() -> None:
    listening = Listening(AUTOMATIC, longest_s=10)

    for mark in (listening.start, listening.end):
        with pytest.raises(Refused) as refused:
            mark()
        assert refused.value.code == 1007


def test_automatic_detection_lets_others_run_every_second() -> None:
    listening = Listening(AUTOMATIC, longest_s=10)

    decided = list(listening.hear(Sound(noise(3) + vowels(1) + noise(1), 16_000)))

    assert decided.count(None) == 5
    assert [type(one) for one in decided if one is not None] == [Started, Ended]


def test_the_end_of_the_stream_ends_speech() -> None:
    listening = Listening(AUTOMATIC, longest_s=10)
    list(listening.hear(Sound(noise(1) + vowels(1), 16_000)))

    assert isinstance(listening.stream_end(), Ended)
    assert Listening(MARKED, longest_s=10).stream_end() is None
