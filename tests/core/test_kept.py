"""What may be gone on with after the kiosk itself fell over, and what may not."""

import json
import zlib

import pytest

from kiosk.core.kept import FRESH_S, KeptVisit, from_bytes, to_bytes
from kiosk.core.live import SessionHandle

VISIT = KeptVisit(
    handle=SessionHandle("one customer's conversation"), visit=7, phase="Thinking", saved_at=100.0
)


def test_a_visit_is_read_as_it_was_written() -> None:
    assert from_bytes(to_bytes(VISIT)) == VISIT


@pytest.mark.parametrize(
    ("later_s", "fresh"), [(0.0, True), (FRESH_S - 0.1, True), (FRESH_S, False), (-1.0, False)]
)
def test_a_customer_is_only_awaited_for_a_moment(later_s: float, fresh: bool) -> None:
    assert VISIT.fresh(100.0 + later_s) is fresh


@pytest.mark.parametrize("length", range(len(to_bytes(VISIT))))
def test_a_visit_that_was_cut_off_anywhere_is_nothing(length: int) -> None:
    assert from_bytes(to_bytes(VISIT)[:length]) is None


def test_a_shorter_visit_written_over_a_longer_one_and_not_cut_is_nothing() -> None:
    assert from_bytes(to_bytes(VISIT) + b"rest of the one before") is None


def test_one_wrong_bit_is_nothing() -> None:
    raw = bytearray(to_bytes(VISIT))
    raw[-2] ^= 1
    assert from_bytes(bytes(raw)) is None


@pytest.mark.parametrize("said", [{"visit": 7}, [], {"handle": "x", "visit": "?"}])
def test_a_visit_with_something_else_in_it_is_nothing(said: object) -> None:
    whole = to_bytes(VISIT)
    body = json.dumps(said).encode()
    magic = whole[: whole.index(b"\n") + 1]
    assert from_bytes(magic + zlib.crc32(body).to_bytes(4, "big") + body) is None


def test_the_handle_is_not_shown_by_accident() -> None:
    assert "conversation" not in repr(VISIT)
