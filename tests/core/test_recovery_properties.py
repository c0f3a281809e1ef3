"""What holds of the link whatever the network, the service and the customer do."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core import events as ev
from kiosk.core import link_words as lw
from kiosk.core.link_phases import (
    Live,
    Offline,
    Opening,
    Phase,
    Proving,
    Racing,
    Recovering,
    Recovery,
    Resting,
    Suspect,
    Waiting,
)
from kiosk.core.link_words import Action, Dial, Open, Rung, StopDialling, Target, Why
from kiosk.core.path import Flow, NetworkChange, PathSample
from kiosk.core.recovery import deadline, samples_wanted, step
from kiosk.errors import Refusal
from tests.core.network_model import Network

OLD = Live(since=2.0, flow=Flow(stalled_since=9.0, acked_at=8.9))

PHASES: tuple[Phase, ...] = (
    Resting(probe_at=11.0),
    Resting(probe_at=11.0, probing=True),
    Resting(probe_at=11.0, brisk_until=15.0),
    Live(since=2.0),
    Live(since=9.5),
    OLD,
    Live(since=2.0, leave_by=11.0),
    Suspect(since=9.0, why=Why.STALL, stage=Racing(11.0), live=OLD),
    Suspect(since=9.0, why=Why.NETWORK, stage=Proving(11.0), live=OLD),
    Recovering(since=9.0, why=Why.VISIT, stage=Racing(11.0)),
    Recovering(since=9.0, why=Why.VISIT, stage=Racing(11.0), known_offline=True),
    Recovering(since=9.0, why=Why.VISIT, stage=Opening(9.5), known_offline=True),
    Recovering(since=9.0, why=Why.LOST, stage=Opening(9.5)),
    Recovering(since=9.0, why=Why.REFUSED, stage=Waiting(11.0)),
    Offline(since=1.0, why=Why.STALL, stage=Racing(11.0)),
    Offline(since=1.0, why=Why.STALL, stage=Opening(9.5)),
    Offline(since=1.0, why=Why.STALL, stage=Waiting(11.0)),
    Offline(since=1.0, why=Why.STALL, stage=Racing(11.0), live=OLD),
    Offline(since=1.0, why=Why.STALL, stage=Proving(11.0), live=OLD),
)

EVENTS: tuple[lw.Event, ...] = (
    lw.Wanted(),
    lw.Wanted(resuming=True),
    lw.Unwanted(),
    lw.Sampled(PathSample(0, 0.1)),
    lw.Sampled(PathSample(640, 0.01)),
    lw.Sampled(PathSample(640, 3.0)),
    lw.Sampled(PathSample(640, 3.0, 0.1)),
    lw.NetworkChanged(NetworkChange.UP),
    lw.NetworkChanged(NetworkChange.DOWN),
    lw.SpareUp(0.05),
    lw.SessionUp(resumed=True),
    lw.SessionUp(resumed=False),
    lw.SessionLost(),
    *(lw.SessionRefused(refusal, code, 0.5) for refusal in Refusal for code in (1011, 1008)),
    lw.GoAwayTold(0.0),
    lw.GoAwayTold(60.0),
    lw.Resumable(),
    lw.Answered(),
    lw.ServiceSilent(),
    lw.StandbyWished(),
    lw.StandbyChanged(ready=True),
    lw.StandbyChanged(ready=False),
    lw.Probed(reached=True),
    lw.Probed(reached=False),
    lw.Probed(reached=False, trusted=False),
    lw.Tick(),
)

LINKS: tuple[Recovery, ...] = (
    Recovery(rung=Rung.RESUME),
    Recovery(rung=Rung.RECAP, refusals=2, held=4, silences=2),
    Recovery(rung=Rung.FRESH, standby=True, refusals=2, path_told=False),
    Recovery(rung=Rung.RESUME, standby=True, reachable=False, not_before=200.0, silences=2),
    Recovery(reachable=False, not_before=200.0, person_needed=True, unreached_since=1.0),
    Recovery(target=Target.STANDBY, standby=True, rung=Rung.RECAP, reachable=False),
    Recovery(target=Target.STANDBY, standby=False, rung=Rung.RESUME, not_before=200.0),
)


def possible(link: Recovery) -> bool:
    """Whether the recovery can come to be like this at all."""
    if link.target is Target.PRIMARY:
        return True
    if isinstance(link.phase, Resting | Suspect):
        return False
    return isinstance(link.phase, Live) or (link.standby and link.held_open is None)


def stage_of(link: Recovery) -> object:
    return getattr(link.phase, "stage", None)


BEFORE = [
    replace(link, phase=phase)
    for link in LINKS
    for phase in PHASES
    if possible(replace(link, phase=phase))
]


@pytest.mark.parametrize("event", EVENTS, ids=repr)
@pytest.mark.parametrize("now", [10.0, 11.0, 17.0, 45.0, 400.0])
def test_every_event_is_legal_in_every_phase(event: lw.Event, now: float) -> None:
    for before in BEFORE:
        after, actions = step(before, event, now)
        kinds = [type(action) for action in actions]

        assert possible(after)
        assert samples_wanted(after) == (after.held_open is not None)
        assert_one_connection(before, event, after, actions)
        assert_right_regime(before, after, actions, now)
        assert kinds.count(Open) <= 1
        assert kinds.count(Dial) <= 1
        if isinstance(after.phase, Resting) and not isinstance(before.phase, Resting):
            assert lw.StopDialling in kinds
        if after.reachable != before.reachable:
            assert lw.Post(ev.Reachable(after.reachable)) in actions
        if after.target is Target.STANDBY and before.target is Target.PRIMARY:
            assert lw.Post(ev.FailedOver()) in actions


def assert_one_connection(
    before: Recovery, event: lw.Event, after: Recovery, actions: tuple[Action, ...]
) -> None:
    ended = isinstance(event, lw.SessionLost | lw.SessionRefused)
    had = before.held_open is not None or isinstance(stage_of(before), Opening)
    parted = [at for at, each in enumerate(actions) if isinstance(each, lw.Reset | lw.Leave)]
    opened = [at for at, each in enumerate(actions) if isinstance(each, Open)]
    if opened:
        assert isinstance(stage_of(after), Opening)
        assert not had or ended or (parted and parted[0] < opened[0])
    elif not isinstance(stage_of(before), Opening):
        assert not isinstance(stage_of(after), Opening)
    if had and after.held_open is None and not isinstance(stage_of(after), Opening):
        assert ended or parted
    if after.held_open is not None and before.held_open is None:
        assert isinstance(event, lw.SessionUp)
        assert isinstance(stage_of(before), Opening)
        assert StopDialling() in actions
    if isinstance(after.phase, Live) and not isinstance(before.phase, Live):
        assert StopDialling() in actions


def assert_right_regime(
    before: Recovery, after: Recovery, actions: tuple[Action, ...], now: float
) -> None:
    waiting = stage_of(before)
    if isinstance(waiting, Waiting) and waiting.until > now and after.target is before.target:
        assert Dial() not in actions
    if Dial() in actions:
        assert isinstance(stage_of(after), Racing)


@pytest.mark.parametrize("now", [10.0, 11.0, 17.0, 45.0, 400.0])
def test_a_deadline_that_came_is_never_waited_for_again(now: float) -> None:
    for link in BEFORE:
        for _ in range(5):
            due = deadline(link)
            if due is None or due > now:
                break
            link, _ = step(link, lw.Tick(), now)
        due = deadline(link)
        assert due is None or due > now


@pytest.mark.parametrize("now", [10.0, 11.0])
def test_a_deadline_is_never_missed_by_a_tick_that_came_early(now: float) -> None:
    for link in BEFORE:
        due = deadline(link)
        if due is not None and due > now:
            assert step(link, lw.Tick(), now) == (link, ())


@pytest.mark.parametrize("now", [10.0, 45.0])
def test_nothing_of_a_visit_outlives_it(now: float) -> None:
    for before in BEFORE:
        if isinstance(before.phase, Resting):
            continue
        after, _ = step(before, lw.Unwanted(), now)

        assert isinstance(after.phase, Resting)
        assert after == Recovery(
            phase=Resting(probe_at=after.phase.probe_at),
            standby=before.standby,
            reachable=before.reachable,
            unreached_since=before.unreached_since,
            not_before=before.not_before,
            shunned_for=before.shunned_for,
            person_needed=before.person_needed,
        )


noise = st.sampled_from(
    [
        lw.SpareUp(0.05),
        lw.SpareUp(0.3),
        lw.NetworkChanged(NetworkChange.UP),
        lw.NetworkChanged(NetworkChange.DOWN),
        lw.Sampled(PathSample(640, 2.0)),
        lw.Resumable(),
        lw.Answered(),
        lw.Tick(),
    ]
)


@given(script=st.lists(st.tuples(st.floats(0.0, 0.05), noise), max_size=12), carrier=st.booleans())
def test_a_false_alarm_leaves_no_trace(script: list[tuple[float, lw.Event]], carrier: bool) -> None:
    before = Recovery(phase=Live(since=2.0), rung=Rung.RESUME)
    down: lw.Event = lw.NetworkChanged(NetworkChange.DOWN)
    first, second = PathSample(640, 0.0), PathSample(640, 0.8)
    link, now, actions = before, 10.8, list[Action]()
    for at, event in [(10.8, down)] if carrier else [(10.0, lw.Sampled(first))]:
        link, more = step(link, event, at)
        actions += more
    if not carrier:
        link, more = step(link, lw.Sampled(second), now)
        actions += more
    for delay, event in script:
        due = deadline(link)
        assert due is not None
        if isinstance(stage_of(link), Proving) and now + delay >= due:
            break  # it would be given up: no false alarm any more
        now += delay
        link, more = step(link, event, now)
        actions += more
    link, more = step(link, lw.Sampled(PathSample(0, 0.0)), now)
    actions += more

    assert isinstance(link.phase, Live)
    assert replace(link, phase=before.phase) == before
    assert {type(action) for action in actions} <= {lw.Tell, lw.Doubt, lw.Ping, Dial, StopDialling}
    assert actions[-2:] == [StopDialling(), lw.Tell("path_up")]


Deed = Callable[[Network], None]

DEEDS: dict[str, Deed] = {
    "press": lambda net: net.post(lw.Wanted()),
    "leave": lambda net: net.post(lw.Unwanted()),
    "path goes": Network.break_path,
    "path comes": lambda net: setattr(net, "path_up", True),
    "kernel says down": lambda net: net.post(lw.NetworkChanged(NetworkChange.DOWN)),
    "kernel says up": lambda net: net.post(lw.NetworkChanged(NetworkChange.UP)),
    "old ones survive": lambda net: setattr(net, "kills", False),
    "old ones die": lambda net: setattr(net, "kills", True),
    "hang up": lambda net: net.hang_up(None),
    "go away": lambda net: net.post(lw.GoAwayTold(9.0)),
    "go away at once": lambda net: net.post(lw.GoAwayTold(0.0)),
    "at rest": lambda net: net.post(lw.Resumable()),
    "answered": lambda net: net.post(lw.Answered()),
    "silent": lambda net: net.post(lw.ServiceSilent()),
    "stand in": lambda net: net.post(lw.StandbyWished()),
    "standby comes": lambda net: net.post(lw.StandbyChanged(ready=True)),
    "standby goes": lambda net: net.post(lw.StandbyChanged(ready=False)),
    "at this moment": Network.finish_attempt,
    "well again": lambda net: setattr(net, "mood", None),
    "all is well": lambda net: net.run(5.0),
}
for _refusal in Refusal:
    DEEDS[f"hang up: {_refusal}"] = lambda net, no=_refusal: net.hang_up(no)  # type: ignore[misc]  # the loop's value, now
    DEEDS[f"refuse: {_refusal}"] = lambda net, no=_refusal: setattr(net, "mood", no)  # type: ignore[misc]  # the same

_OFTEN = ["press"] * 6 + ["path goes", "path comes", "kernel says down", "old ones survive"] * 3
delays = st.sampled_from([0.0, 0.0, 0.02, 0.05, 0.12, 0.3, 1.0, 3.0, 9.0])
scripts = st.lists(st.tuples(delays, st.sampled_from(sorted(DEEDS) + _OFTEN)), max_size=40)


def live_through(script: list[tuple[float, str]]) -> Network:
    """Play the script in a visit; the model checks after each moment what must always hold."""
    net = Network()
    for delay, deed in [(0.0, "press"), *script]:
        if delay:
            net.run(delay)
        DEEDS[deed](net)
    net.drain()
    return net


@given(scripts)
@settings(max_examples=400)
def test_whatever_happens_there_is_one_session_at_most_and_nobody_is_raced(
    script: list[tuple[float, str]],
) -> None:
    live_through(script)


@given(scripts)
@settings(max_examples=300)
def test_left_alone_with_a_path_it_comes_to_life_or_to_rest(
    script: list[tuple[float, str]],
) -> None:
    net = live_through(script)
    net.path_up, net.mood = True, None
    net.run(70.0)

    assert isinstance(net.link.phase, Live if net.wanted else Resting)
    if not net.wanted and net.now >= net.link.not_before:
        net.run(25.0)
        assert net.link.reachable
        assert not net.link.person_needed


@given(scripts)
@settings(max_examples=200)
def test_left_alone_without_a_path_a_visit_ends_or_is_stood_in_for(
    script: list[tuple[float, str]],
) -> None:
    net = live_through(script)
    net.break_path()
    net.run(95.0)

    standing_in = net.link.target is Target.STANDBY and isinstance(net.link.phase, Live)
    assert standing_in if net.wanted else isinstance(net.link.phase, Resting)
    if not net.wanted:
        assert not net.link.reachable


@given(scripts)
@settings(max_examples=200)
def test_what_the_light_was_told_is_what_is_believed(script: list[tuple[float, str]]) -> None:
    net = live_through(script)

    told = [fact.reachable for fact in net.posted if isinstance(fact, ev.Reachable)]
    assert ([True, *told])[-1] == net.link.reachable
    ready = [fact.ready for fact in net.posted if isinstance(fact, ev.StandbyReady)]
    assert ([False, *ready])[-1] == net.link.standby
