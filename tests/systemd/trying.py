"""Tries what a service of ours must not be able to do; says as JSON how each try ended.

``done``, or the name of the error. Run inside the sandbox of a unit.
"""

import contextlib
import ctypes
import errno
import json
import mmap
import os
import platform
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_USER, NEW_NET = 0x10000000, 0x40000000
NUMBERS = {
    "x86_64": {"bpf": 321, "keyctl": 250, "init_module": 175, "reboot": 169},
    "aarch64": {"bpf": 280, "keyctl": 219, "init_module": 105, "reboot": 142},
}[platform.machine()]


def checked(result: int) -> None:
    if result == -1:
        raise OSError(ctypes.get_errno(), "")


def call(name: str) -> None:
    checked(LIBC.syscall(NUMBERS[name], 0, 0, 0, 0))


def write(path: str) -> None:
    Path(path).write_text("x")


def make_a_setuid_file() -> None:
    file = Path("/tmp/mine")
    file.touch()
    file.chmod(0o4755)


def gain_by_a_setuid_program() -> None:
    who = subprocess.run(["/opt/kiosk/setuid-id", "-u"], capture_output=True, text=True, check=True)
    if int(who.stdout) != 0:
        raise PermissionError(errno.EPERM, "")


def see_others() -> None:
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found += process.stat().st_uid != os.getuid()
    if not found:
        raise FileNotFoundError(errno.ENOENT, "")


def leave_a_core() -> None:
    if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0):
        raise PermissionError(errno.EPERM, "")


def open_device(pattern: str) -> None:
    device = next(iter(sorted(Path("/dev").glob(pattern))), None)
    if device is None:
        raise FileNotFoundError(errno.ENOENT, "")
    os.close(os.open(device, os.O_RDONLY))


def send_to(address: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"tried", (address, 9))


def open_socket(family: socket.AddressFamily, kind: socket.SocketKind) -> None:
    socket.socket(family, kind).close()


TRIES: dict[str, Callable[[], object]] = {
    "write /etc": lambda: write("/etc/tried"),
    "write /usr": lambda: write("/usr/tried"),
    "write the program": lambda: write("/opt/kiosk/current/tried"),
    "write a kernel setting": lambda: write("/proc/sys/kernel/panic"),
    "write a control group": lambda: (Path("/sys/fs/cgroup") / "tried").mkdir(),
    "read the key's file": lambda: Path("/etc/kiosk/credentials/shopmax-token").read_text(),
    "read the key": lambda: Path(
        os.environ.get("CREDENTIALS_DIRECTORY", "/none"), "shopmax-token"
    ).read_text(),
    "look into /root": lambda: list(Path("/root").iterdir()),
    "see others' processes": see_others,
    "trace": lambda: checked(LIBC.ptrace(0, 0, 0, 0)),
    "mount": lambda: checked(LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
    "be root of a namespace": lambda: checked(LIBC.unshare(NEW_USER)),
    "have a network of its own": lambda: checked(LIBC.unshare(NEW_NET)),
    "bpf": lambda: call("bpf"),
    "keyctl": lambda: call("keyctl"),
    "load a module": lambda: call("init_module"),
    "reboot": lambda: call("reboot"),  # without the magic numbers it only ever fails
    "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),  # noqa: TID251
    "set the host's name": lambda: socket.sethostname(socket.gethostname()),
    "be real-time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "write code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC),
    "make a setuid file": make_a_setuid_file,
    "gain by a setuid program": gain_by_a_setuid_program,
    "leave a core file": leave_a_core,
    "hear raw packets": lambda: open_socket(socket.AF_PACKET, socket.SOCK_RAW),
    "use the internet": lambda: open_socket(socket.AF_INET, socket.SOCK_STREAM),
    "hear of links and routes": lambda: open_socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "open a raw disk": lambda: open_device("[sv]da"),
    "open /dev/mem": lambda: open_device("mem"),
    "open an input device": lambda: open_device("input/event*"),
    "send to 169.254/16": lambda: send_to("169.254.169.254"),
    "send to multicast": lambda: send_to("224.0.0.251"),
    "send to the shop's network": lambda: send_to("10.77.0.2"),
    "write its state": lambda: write(os.environ["STATE_DIRECTORY"] + "/tried"),
    "write its runtime directory": lambda: write(os.environ["RUNTIME_DIRECTORY"] + "/tried"),
    "write /tmp": lambda: write("/tmp/tried"),
}


def tried(deed: Callable[[], object]) -> str:
    """Try it in a process of its own, so that what succeeds does not change the next one."""
    end, begin = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(begin, _ended(deed).encode())
        os._exit(0)
    os.close(begin)
    how = os.read(end, 100).decode()
    os.close(end)
    os.waitpid(child, 0)
    return how


def _ended(deed: Callable[[], object]) -> str:
    try:
        deed()
    except OSError as err:
        return errno.errorcode.get(err.errno or 0, str(err))
    return "done"


if __name__ == "__main__":
    json.dump({name: tried(deed) for name, deed in TRIES.items()}, sys.stdout)
