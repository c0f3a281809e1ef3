"""The sandboxes of the real units: what a program inside can do, and what it cannot.

Tried from inside: with the unit's own text, and only the program exchanged.
"""

import json
import re

import pytest

from kiosk.core.effects import Phrase
from tests.systemd.conftest import SERVICES
from tests.systemd.kiosk_unit import show
from tests.systemd.machine import Machine

MOST_EXPOSED = 1.5
"""Of ten, as ``systemd-analyze security`` counts."""
READ_ONLY = ("EROFS", "EACCES")
DENIED = {
    "write /etc": READ_ONLY,
    "write /usr": READ_ONLY,
    "write the program": READ_ONLY,
    "write a kernel setting": (*READ_ONLY, "ENOENT"),
    "write a control group": READ_ONLY,
    "look into /root": ("EACCES",),
    "trace": ("EPERM",),
    "mount": ("EPERM",),
    "be root of a namespace": ("EPERM",),
    "have a network of its own": ("EPERM",),
    "bpf": ("EPERM",),
    "keyctl": ("EPERM",),
    "load a module": ("EPERM",),
    "reboot": ("EPERM",),
    "set the clock": ("EPERM",),
    "set the host's name": ("EPERM",),
    "make a setuid file": ("EPERM",),
    "leave a core file": ("EPERM",),
    "hear raw packets": ("EAFNOSUPPORT",),
}
NO_ROOT = {
    "read the key's file": ("EACCES",),
    "see others' processes": ("ENOENT",),
    "gain by a setuid program": ("EPERM",),
}
NO_REAL_TIME = {"be real-time": ("EPERM",)}
NO_OWN_CODE = {"write code": ("EPERM",)}
NO_KEY = {"read the key": ("ENOENT",)}
NO_LINKS = {"hear of links and routes": ("EAFNOSUPPORT",)}
NO_INTERNET = {"use the internet": ("EAFNOSUPPORT",), **NO_LINKS}
DENIED_TO = {
    "kiosk": DENIED | NO_ROOT | NO_REAL_TIME,
    "kiosk-local-live": DENIED | NO_ROOT | NO_REAL_TIME | NO_KEY | NO_LINKS,
    "kiosk-fault-light": DENIED | NO_ROOT | NO_REAL_TIME | NO_OWN_CODE | NO_KEY | NO_INTERNET,
    "kiosk-reboot-guard": DENIED | NO_REAL_TIME | NO_OWN_CODE | NO_KEY | NO_INTERNET,
}
ALLOWED = ("write its state", "write its runtime directory", "write /tmp")
ALLOWED_TO = {
    "kiosk": (*ALLOWED, "read the key", "use the internet", "hear of links and routes"),
    "kiosk-local-live": (*ALLOWED, "use the internet"),
    "kiosk-fault-light": ("write its runtime directory", "write /tmp"),
    "kiosk-reboot-guard": ("write its state", "write /tmp"),
}


@pytest.fixture(scope="module")
def temptations(booted: Machine) -> Machine:
    """A machine with a secret of root's, and a program that is root whoever runs it."""
    booted.run(
        "sh", "-ec",
        "umask 077; mkdir -p /etc/kiosk/credentials; echo canary >/etc/kiosk/credentials/"
        "shopmax-token; umask 022; cp /usr/bin/id /opt/kiosk/setuid-id;"
        "chmod 4755 /opt/kiosk/setuid-id",
    )  # fmt: skip
    return booted


def ended(machine: Machine, service: str) -> dict[str, str]:
    machine.run("systemctl", "start", f"inside-{service}.service")
    how: dict[str, str] = json.loads(machine.run("cat", f"/var/log/inside-{service}.json"))
    show(f"{service}: " + ", ".join(f"{name}: {end}" for name, end in how.items()))
    return how


@pytest.mark.parametrize("service", SERVICES)
def test_a_program_inside_cannot_do_harm_and_can_do_its_work(
    temptations: Machine, service: str
) -> None:
    how = ended(temptations, service)

    harm = {name: how[name] for name, ends in DENIED_TO[service].items() if how[name] not in ends}
    assert harm == {}
    assert {name: how[name] for name in ALLOWED_TO[service] if how[name] != "done"} == {}


def test_the_phrases_can_be_recorded_inside(booted: Machine) -> None:
    booted.run("systemctl", "start", "recording.service")

    recorded = booted.run("ls", "/var/lib/recording/phrases").split()
    assert set(recorded) == {f"{phrase.value}.wav" for phrase in Phrase if phrase != Phrase.TICK}


def test_outside_of_a_sandbox_the_same_tries_succeed(temptations: Machine) -> None:
    places = ("env", "STATE_DIRECTORY=/tmp", "RUNTIME_DIRECTORY=/tmp")
    trying = (*places, "/opt/kiosk/current/bin/python", "/opt/kiosk/trying.py")
    root = json.loads(temptations.run("unshare", "--mount", *trying))
    user = json.loads(temptations.run("setpriv", "--reuid=kiosk", "--clear-groups", *trying))

    for name in ("write /etc", "write the program", "read the key's file", "look into /root",
                 "hear raw packets", "mount", "trace"):  # fmt: skip
        assert root[name] == "done", name
    for name in ("gain by a setuid program", "see others' processes", "write code", "trace",
                 "be root of a namespace", "make a setuid file", "leave a core file"):  # fmt: skip
        assert user[name] == "done", name
    for name in ("keyctl", "bpf"):  # asked for nothing sensible, but asked
        assert root[name] == "EINVAL", name


@pytest.mark.parametrize("service", SERVICES)
def test_systemd_itself_counts_little_exposure(booted: Machine, service: str) -> None:
    said = booted.run("systemd-analyze", "security", "--no-pager", f"{service}.service")

    exposure = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert exposure is not None, said
    show(f"{service}: exposure {exposure[1]}; promised {MOST_EXPOSED}")
    assert float(exposure[1]) <= MOST_EXPOSED


@pytest.mark.parametrize(
    "what",
    [
        "raw disk, /dev/mem and input devices are not opened: DevicePolicy=",
        "no packet to 169.254/16 or multicast: IPAddressDeny=",
        "no more memory than MemoryMax=",
        "no more tasks than TasksMax=",
    ],
)
def test_what_a_container_does_not_enforce(what: str) -> None:
    pytest.skip(
        f"needs a virtual machine (scripts/hil trouble), a container enforces nothing of it: {what}"
    )
