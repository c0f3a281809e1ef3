"""When the kernel's figures say that nobody at the other end acknowledges any more."""

import pytest

from kiosk.core.path import CLOCK_S, Flow, PathSample

SAMPLE_S = 0.05


def watched(flow: Flow, *looks: tuple[float, int, float]) -> Flow:
    for now, pending_bytes, ack_age_s in looks:
        flow = flow.observed(PathSample(pending_bytes, ack_age_s), now)
    return flow


def test_a_connection_that_has_nothing_to_send_is_not_stalled() -> None:
    flow = watched(Flow(), (10.0, 0, 5.0), (12.0, 0, 7.0))

    assert flow.stalled_since is None
    assert flow.stalled_s(12.0) == 0.0


def test_what_is_sent_and_not_acknowledged_is_a_stall_from_the_first_look_on() -> None:
    flow = watched(Flow(), (10.0, 0, 1.0), (10.05, 640, 1.05), (10.9, 9000, 1.9))

    assert flow.stalled_since == 10.05
    assert flow.stalled_s(10.9) == pytest.approx(0.85)


def test_an_acknowledgement_begins_the_count_anew_though_more_is_on_its_way() -> None:
    flow = watched(Flow(), (10.0, 640, 0.3), (10.7, 640, 1.0), (10.75, 640, 0.01))

    assert flow.stalled_s(11.0) == pytest.approx(0.25)
    assert flow.acked_at == pytest.approx(10.74)


def test_the_last_acknowledgement_ends_a_stall() -> None:
    flow = watched(Flow(), (10.0, 640, 0.3), (10.7, 0, 0.02))

    assert flow.stalled_since is None


def test_the_ticks_of_the_kernel_are_no_acknowledgement() -> None:
    flow = watched(Flow(), (10.0, 640, 0.5), (10.05, 640, 0.55 - CLOCK_S / 2), (10.1, 640, 0.6))

    assert flow.stalled_since == 10.0


def test_acknowledgements_in_step_with_the_looks_are_seen_though_each_looks_older() -> None:
    flow = Flow()
    for look in range(40):  # one acknowledgement each 49 ms, one look each 50 ms
        now = 10.0 + look * SAMPLE_S
        flow = watched(flow, (now, 640, 0.001 * (look + 1)))

        assert flow.stalled_s(now) < 0.2


def test_a_dead_path_is_a_stall_however_much_more_is_sent() -> None:
    flow = Flow()
    for look in range(17):
        flow = watched(flow, (10.0 + look * SAMPLE_S, 640 * look + 1, 0.1 + look * SAMPLE_S))

    assert flow.stalled_s(10.8) == pytest.approx(0.8)
