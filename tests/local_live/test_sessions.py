"""Which handle resumes what, when, and what the others are told."""

from typing import Any

import pytest

from kiosk.local_live.sessions import HANDLE_LIFE_S, SessionStore
from kiosk.local_live.wire import Refused


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Socket:
    open = True

    def __call__(self) -> bool:
        return self.open


def code_of(store: SessionStore, handle: str, model: str = "m") -> int:
    with pytest.raises(Refused) as refused:
        store.open(model, handle, Socket())
    return refused.value.code


def test_a_handle_brings_the_conversation_back() -> None:
    store, socket = SessionStore(Clock()), Socket()
    session = store.open("m", None, socket)
    snapshot: dict[str, Any] = {"lines": ["a"]}
    handle = store.issue(session, snapshot)
    snapshot["lines"].append("later")
    store.close(session, socket)

    assert store.open("m", handle, Socket()).restored == {"lines": ["a"]}


def test_an_older_handle_brings_back_what_was_then() -> None:
    store, socket = SessionStore(Clock()), Socket()
    session = store.open("m", "", socket)
    first, second = store.issue(session, {"n": 1}), store.issue(session, {"n": 2})
    store.close(session, socket)

    again = Socket()
    resumed = store.open("m", first, again)
    assert resumed.restored == {"n": 1}
    store.close(resumed, again)
    assert store.open("m", second, Socket()).restored == {"n": 2}


def test_only_the_newest_few_handles_of_a_session_are_kept() -> None:
    store, socket = SessionStore(Clock()), Socket()
    session = store.open("m", "", socket)
    handles = [store.issue(session, {}) for _ in range(9)]
    store.close(session, socket)

    assert code_of(store, handles[0]) == 1008
    assert store.open("m", handles[1], Socket()) is session


def test_refused_while_the_old_connection_is_open() -> None:
    store, socket = SessionStore(Clock()), Socket()
    handle = store.issue(store.open("m", "", socket), {})

    assert code_of(store, handle) == 1011
    socket.open = False  # closed, though nobody tidied up yet
    store.open("m", handle, Socket())


def test_a_late_farewell_does_not_close_the_session_somebody_resumed() -> None:
    clock = Clock()
    store, old, new = SessionStore(clock), Socket(), Socket()
    session = store.open("m", "", old)
    handle = store.issue(session, {})
    old.open = False
    store.open("m", handle, new)

    store.close(session, old)

    assert code_of(store, handle) == 1011


def test_a_handle_lives_two_hours_after_the_session_ended() -> None:
    clock = Clock()
    store, socket = SessionStore(clock), Socket()
    session = store.open("m", "", socket)
    handle = store.issue(session, {})
    clock.now += 10 * HANDLE_LIFE_S  # a long session is not an expired one
    store.close(session, socket)

    clock.now += HANDLE_LIFE_S - 1
    again = Socket()
    store.close(store.open("m", handle, again), again)
    clock.now += HANDLE_LIFE_S
    assert code_of(store, handle) == 1008


@pytest.mark.parametrize(
    ("handle", "code"),
    [("nonsense", 1007), ("0" * 36, 1007), (f"{'0' * 8}-0000-0000-0000-{'0' * 12}", 1008)],
)
def test_bad_handles(handle: str, code: int) -> None:
    assert code_of(SessionStore(Clock()), handle) == code


def test_a_handle_is_for_one_model() -> None:
    store, socket = SessionStore(Clock()), Socket()
    session = store.open("m", "", socket)
    handle = store.issue(session, {})
    store.close(session, socket)

    assert code_of(store, handle, "other") == 1007
