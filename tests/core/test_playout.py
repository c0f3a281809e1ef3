"""The jitter buffer, pulled frame by frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.audio import SILENCE, SPEAKER_FRAME_BYTES, SPEAKER_FRAME_MS
from kiosk.core.pcm import to_samples
from kiosk.core.playout import (
    CAP_S,
    FADE_MS,
    PREFILL_MS,
    REFILL_MS,
    Mark,
    Playout,
    Pulled,
)

MS = 48  # bytes of a millisecond
FADE = FADE_MS * 24  # samples


def tone(length_ms: float, height: int = 8000) -> bytes:
    """Return a constant, on which every fade can be seen."""
    return np.full(round(length_ms * 24), height, dtype="<i2").tobytes()


def pull_all(playout: Playout, most: int = 100_000) -> list[Pulled]:
    """Pull until there is nothing to say."""
    pulled: list[Pulled] = []
    for _ in range(most):
        one = playout.pull()
        if one.frame is None:
            assert one.marks == ()
            return pulled
        pulled.append(one)
    raise AssertionError("it never ends")


def sound(pulled: list[Pulled]) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    return np.concatenate([to_samples(one.frame or b"") for one in pulled])


def marks(pulled: list[Pulled]) -> list[Mark]:
    return [mark for one in pulled for mark in one.marks]


def replying(length_ms: float) -> Playout:
    """Return a playout with a reply of which this much has arrived."""
    playout = Playout()
    playout.begin_reply()
    playout.push_reply(tone(length_ms))
    return playout


def test_with_nothing_to_say_there_is_no_frame() -> None:
    playout = Playout()

    assert playout.pull() == Pulled()
    assert not playout.sounding


def test_a_reply_waits_until_80_ms_of_it_are_there() -> None:
    playout = replying(PREFILL_MS - 1)
    assert playout.pull().frame is None
    assert not playout.sounding

    playout.push_reply(tone(1))

    first = playout.pull()
    assert first.marks == (Mark.REPLY_SOUNDED,)
    assert first.heard_ms == SPEAKER_FRAME_MS
    assert playout.sounding


def test_a_reply_runs_dry_with_its_last_frame_until_more_has_come() -> None:
    playout = replying(PREFILL_MS)
    assert not playout.running_dry  # it has not begun
    while not playout.running_dry:
        assert playout.pull().frame is not None
    assert playout.played_ms == PREFILL_MS - SPEAKER_FRAME_MS

    playout.push_reply(tone(20))
    assert not playout.running_dry
    heard = sound(pull_all(playout))

    assert np.all(heard[: 20 * 24] == 8000)  # and no fade where it was late
    assert playout.underruns == 0


def test_a_reply_that_is_complete_or_gives_way_to_a_phrase_does_not_run_dry() -> None:
    playout = replying(PREFILL_MS)
    while not playout.running_dry:
        playout.pull()

    playout.play_phrase(tone(50))
    assert not playout.running_dry
    pull_all(playout)
    playout.push_reply(tone(REFILL_MS))
    while not playout.running_dry:
        playout.pull()
    playout.finish_reply()

    assert not playout.running_dry


def test_a_reply_shorter_than_the_prefill_starts_when_it_is_complete() -> None:
    playout = replying(25)
    assert playout.pull().frame is None

    playout.finish_reply()
    pulled = pull_all(playout)

    assert [one.marks for one in pulled] == [(Mark.REPLY_SOUNDED,), (), (Mark.REPLY_DRAINED,)]
    assert [one.heard_ms for one in pulled] == [10, 20, 25]
    assert not playout.sounding


def test_a_reply_of_one_frame_sounds_and_drains_at_once() -> None:
    playout = replying(3)
    playout.finish_reply()

    (only,) = pull_all(playout)

    assert only.marks == (Mark.REPLY_SOUNDED, Mark.REPLY_DRAINED)


def test_a_reply_without_sound_says_nothing() -> None:
    playout = Playout()
    playout.begin_reply()
    playout.finish_reply()

    assert playout.pull() == Pulled()


def test_half_a_sample_at_the_end_is_no_sound() -> None:
    playout = Playout()
    playout.begin_reply()
    playout.push_reply(b"\x01")
    playout.finish_reply()

    assert playout.pull() == Pulled()


@pytest.mark.parametrize("cut", [1, 333, 481, 960])
def test_pieces_of_any_length_give_the_same_sound(cut: int) -> None:
    whole = (np.sin(np.arange(4800) / 20) * 9000).astype("<i2").tobytes()
    at_once, in_pieces = Playout(), Playout()
    for playout, size in ((at_once, len(whole)), (in_pieces, cut)):
        playout.begin_reply()
        for at in range(0, len(whole), size):
            playout.push_reply(whole[at : at + size])
        playout.finish_reply()

    assert pull_all(in_pieces) == pull_all(at_once)


def test_it_begins_and_ends_with_a_fade_of_5_ms_also_across_two_frames() -> None:
    playout = replying(103)  # the last frame has 3 ms, the fade 5
    playout.finish_reply()

    heard = sound(pull_all(playout))[: 103 * 24]

    assert heard[0] == 0
    assert heard[-1] == 0
    assert np.all(np.diff(heard[:FADE]) > 0)
    assert np.all(np.diff(heard[-FADE:]) < 0)
    assert np.all(heard[FADE:-FADE] == 8000)
    assert np.max(np.abs(np.diff(heard))) < 100


def test_an_underrun_fades_out_waits_for_60_ms_and_fades_in() -> None:
    playout = replying(100)
    before = pull_all(playout)
    assert playout.sounding  # a gap is part of the reply
    assert playout.underruns == 0  # it may yet have been the end

    held_back_ms = 100 - before[-1].heard_ms
    playout.push_reply(tone(REFILL_MS - held_back_ms - 1))
    assert playout.pull().frame is None
    playout.push_reply(tone(200))
    playout.finish_reply()
    after = pull_all(playout)

    assert playout.underruns == 1
    assert marks(before) == [Mark.REPLY_SOUNDED]
    assert marks(after) == [Mark.REPLY_DRAINED]
    for part in (sound(before), sound(after)):
        assert part[0] == 0
        assert np.max(np.abs(np.diff(part))) < 100  # no step anywhere


def test_an_end_noted_after_the_sound_ran_out_still_drains() -> None:
    playout = replying(90)
    playout.push_reply(tone(10))
    before = pull_all(playout)
    assert before[-1].heard_ms == 100

    playout.finish_reply()
    (last,) = pull_all(playout)

    assert last == Pulled(SILENCE, (Mark.REPLY_DRAINED,), 100)
    assert playout.underruns == 0
    assert not playout.sounding


def test_an_end_noted_after_a_gap_plays_what_was_held_back() -> None:
    playout = replying(104)
    before = pull_all(playout)
    assert before[-1].heard_ms == 100

    playout.finish_reply()
    after = pull_all(playout)

    assert after[-1].heard_ms == 104
    assert marks(after) == [Mark.REPLY_DRAINED]


def test_flush_silences_at_once_and_mutes_the_rest_of_the_reply() -> None:
    playout = replying(500)
    playout.pull()

    playout.flush()
    playout.push_reply(tone(500))
    playout.finish_reply()

    assert playout.pull().frame is None
    assert not playout.sounding


def test_the_reply_after_a_flush_is_heard_and_counted_anew() -> None:
    playout = replying(500)
    pulled = playout.pull()
    playout.flush()
    assert playout.played_ms == pulled.heard_ms  # still known

    playout.begin_reply()
    playout.push_reply(tone(100))
    playout.finish_reply()
    pulled_next = pull_all(playout)

    assert marks(pulled_next) == [Mark.REPLY_SOUNDED, Mark.REPLY_DRAINED]
    assert pulled_next[-1].heard_ms == 100


def test_before_any_reply_pieces_are_not_heard() -> None:
    playout = Playout()
    playout.push_reply(tone(500))

    assert playout.pull().frame is None


def test_a_reply_begun_while_another_plays_follows_on_it() -> None:
    playout = replying(200)
    playout.finish_reply()
    playout.pull()

    playout.begin_reply()
    playout.push_reply(tone(100))
    playout.finish_reply()
    pulled = pull_all(playout)

    assert marks(pulled) == [Mark.REPLY_DRAINED]
    assert pulled[-1].heard_ms == 300


def test_a_piece_after_the_end_opens_the_reply_again() -> None:
    playout = replying(200)
    playout.finish_reply()
    playout.push_reply(tone(100))
    playout.finish_reply()

    assert pull_all(playout)[-1].heard_ms == 300


def test_a_reply_is_kept_up_to_its_cap() -> None:
    playout = replying(CAP_S * 1000 - 1)

    playout.push_reply(tone(3))
    playout.push_reply(tone(2))

    assert playout.dropped_bytes == 4 * MS


def test_a_phrase_plays_whole_before_the_reply() -> None:
    playout = replying(100)
    playout.finish_reply()
    playout.play_phrase(tone(35, -5000))
    assert playout.sounding

    pulled = pull_all(playout)

    assert marks(pulled) == [Mark.PHRASE_ENDED, Mark.REPLY_SOUNDED, Mark.REPLY_DRAINED]
    assert pulled[3].marks == (Mark.PHRASE_ENDED,)
    assert np.all(sound(pulled[:4]) <= 0)
    assert np.all(sound(pulled[4:]) >= 0)
    assert np.max(np.abs(np.diff(sound(pulled)))) < 100


def test_a_phrase_in_mid_reply_lets_it_fade_out_and_go_on() -> None:
    playout = replying(200)
    playout.finish_reply()
    before = [playout.pull()]

    playout.play_phrase(tone(50, -5000))
    pulled = before + pull_all(playout)

    assert marks(pulled) == [Mark.REPLY_SOUNDED, Mark.PHRASE_ENDED, Mark.REPLY_DRAINED]
    assert pulled[-1].heard_ms == 200
    assert playout.underruns == 0
    assert np.max(np.abs(np.diff(sound(pulled)))) < 100


def test_phrases_play_in_order_and_each_ends() -> None:
    playout = Playout()
    playout.play_phrase(tone(20))
    playout.play_phrase(tone(20))
    playout.play_phrase(b"")

    assert marks(pull_all(playout)) == [Mark.PHRASE_ENDED, Mark.PHRASE_ENDED]
    assert not playout.sounding


def test_flush_drops_phrases_and_leaves_earcons() -> None:
    playout = Playout()
    playout.play_phrase(tone(100))
    playout.play_phrase(tone(100))
    playout.pull()
    playout.play_earcon(tone(20, 3000))

    playout.flush()

    pulled = pull_all(playout)
    assert marks(pulled) == []
    assert list(sound(pulled)) == [3000] * 480


def test_earcons_are_mixed_over_everything_and_saturate() -> None:
    playout = replying(200)
    playout.finish_reply()
    playout.pull()
    playout.play_earcon(tone(15, 1000))
    playout.play_earcon(tone(5, 30000))
    playout.play_earcon(b"")

    first, second, third = (to_samples(playout.pull().frame or b"") for _ in range(3))

    assert np.all(first[:FADE] == 32767)
    assert np.all(first[FADE:] == 9000)
    assert np.all(second[:FADE] == 9000)
    assert np.all(second[FADE:] == 8000)
    assert np.all(third == 8000)


PIECES = st.integers(0, 9000)  # bytes
MOVES = st.lists(
    st.one_of(
        PIECES,
        st.sampled_from(["pull", "pull", "pull", "finish", "flush", "begin", "phrase", "earcon"]),
    ),
    max_size=60,
)


@given(MOVES)
def test_every_audible_reply_drains_once_or_is_flushed(moves: list[int | str]) -> None:
    playout = Playout()
    seen: list[Mark] = []
    flushed = 0
    playout.begin_reply()
    for move in [*moves, "finish"]:
        match move:
            case int():
                playout.push_reply(tone(1)[:2] * (move // 2) + bytes(move % 2))
            case "pull":
                seen += playout.pull().marks
            case "finish":
                playout.finish_reply()
            case "flush":
                begun = seen.count(Mark.REPLY_SOUNDED)
                flushed = begun - seen.count(Mark.REPLY_DRAINED)
                playout.flush()
            case "begin":
                playout.begin_reply()
            case "phrase":
                playout.play_phrase(tone(30))
            case _:
                playout.play_earcon(tone(30))

    playout.finish_reply()
    seen += marks(pull_all(playout))

    assert seen.count(Mark.REPLY_SOUNDED) == seen.count(Mark.REPLY_DRAINED) + flushed
    assert not playout.sounding


@given(st.lists(st.tuples(PIECES, st.integers(0, 12)), max_size=20))
def test_what_comes_out_is_what_went_in_with_padding_in_the_gaps(
    arrivals: list[tuple[int, int]],
) -> None:
    playout, pulled, sent = Playout(), [], 0
    playout.begin_reply()
    for size, pulls in arrivals:
        playout.push_reply(tone(1)[:1] * size)
        sent += size
        pulled += [playout.pull() for _ in range(pulls)]
    playout.finish_reply()
    frames = [one for one in pulled + pull_all(playout) if one.frame is not None]

    assert all(len(one.frame or b"") == SPEAKER_FRAME_BYTES for one in frames)
    heard = [one.heard_ms for one in frames]
    assert heard == sorted(heard)
    assert playout.played_ms == sent // 2 * 2 // MS
    gaps = playout.underruns + 2  # at each, at the end, and an end noted late
    assert len(frames) * SPEAKER_FRAME_BYTES <= sent + gaps * SPEAKER_FRAME_BYTES


def test_a_reply_is_dry_from_where_its_sound_stops_until_it_goes_on_or_is_over() -> None:
    playout = replying(100)
    assert not playout.dry
    pull_all(playout)
    assert playout.dry

    playout.push_reply(tone(100))
    assert playout.dry  # nothing of it sounds yet
    playout.pull()
    assert not playout.dry

    pull_all(playout)
    assert playout.dry
    playout.finish_reply()
    assert not playout.dry


def test_a_flushed_reply_is_not_dry() -> None:
    playout = replying(100)
    pull_all(playout)
    playout.flush()

    assert not playout.dry
