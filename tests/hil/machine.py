"""A virtual Pi: QEMU by software emulation, an agent inside it, and its power switch.

A machine has a home directory: its disk (``disk.qcow2``, what was written over the image), its
console, and ``share``, which is ``/hil`` inside. What is on the disk outlives ``cut_power``
and ``reboot``, as on a real card. Everything waits with a deadline; nothing sleeps.

Its time is counted in instructions, a nanosecond each, so that to itself it is a board of
1000 MIPS, slower than a Raspberry Pi 3, and no load on this computer makes it miss a beat of
its sound card or its watchdogs. Seconds of ours are the longer ones, up to four times while
it works; while it rests both are the same.
"""

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime, gmtime
from typing import Any, Final

from tests.hil.image import Image

BOOT_S: Final = 480.0
"""From power on to the agent; 12 s on a machine with nothing else to do."""
READY_S: Final = 480.0
COMMAND_S: Final = 60.0
_LOOK_S: Final = 0.2
_NS_LOG2: Final = 0
"""Logarithm of the nanoseconds that the machine's clock advances by an instruction."""
_KERNEL_ARGUMENTS: Final = (
    "quiet panic=5 mitigations=off nokaslr norandmaps net.ifnames=0 systemd.show_status=0"
)
_SET_CLOCK: Final = """python3 -S -c '
import fcntl, struct
with open("/dev/rtc0") as clock:
    fcntl.ioctl(clock, 0x4024700A, struct.pack("9i", *{}, 0, 0, 0))'"""
"""RTC_SET_TIME of ``linux/rtc.h``."""


class MachineFailed(Exception):
    """The machine does not boot, or does not answer any more."""


@dataclass(frozen=True)
class Done:
    """What came of a command: ``began`` and ``at`` are the machine's monotonic time."""

    code: int
    out: str
    began: float
    at: float


def now_s() -> float:
    """Return the host's monotonic time."""
    return clock_gettime(CLOCK_MONOTONIC)


def holds(condition: Callable[[], Any], what: str, within_s: float, look_s: float = _LOOK_S) -> Any:
    """Return the first true value of ``condition``; it is about other processes."""
    pause, deadline = threading.Event(), now_s() + within_s
    while True:
        if value := condition():
            return value
        if now_s() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what}")
        pause.wait(look_s)


class Machine:
    """One virtual Pi."""

    def __init__(self, image: Image, home: Path, plugs: Sequence[str] = ()) -> None:
        """Make a machine that is switched off.

        ``plugs`` are further arguments of QEMU, for what is plugged in besides.
        """
        self.home = home
        self.share = home / "share"
        self.share.mkdir(parents=True)
        self.disk = home / "disk.qcow2"
        self.rtc = "utc"
        """What its clock says at power on, as QEMU is told."""
        self.boots = 0
        self._image = image
        arch = image.arch
        self._plugs = (*arch.plugs, *arch.device_tree(arch, home), *plugs)
        self._qemu: subprocess.Popen[bytes] | None = None
        self._port: socket.socket | None = None
        self._answers: dict[int, Done | None] = {}
        self._asked = 0
        self._changed = threading.Condition()
        qemu_img = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b"]
        subprocess.run([*qemu_img, str(image.disk), str(self.disk)], check=True)

    # Power

    def power_on(self, within_s: float = BOOT_S) -> float:
        """Switch on; return after how many seconds the machine answers. Raises MachineFailed."""
        assert self._qemu is None, "it is on"
        began, boots = now_s(), self.boots
        with (self.home / "qemu.log").open("ab") as said:
            self._qemu = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        self._port = self._connected(self.home / "agent.sock")
        threading.Thread(target=self._listen, args=(self._port,), daemon=True).start()
        self.wait_for_boot(boots, within_s)
        return now_s() - began

    def wait_for_boot(self, boots: int, within_s: float = BOOT_S) -> None:
        """Return when the machine has come up more often than ``boots`` times."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.boots > boots or not self.is_on, within_s):
                raise MachineFailed(f"no answer within {within_s:g} s; its console:\n{self._last}")
        if not self.is_on:
            raise MachineFailed(f"QEMU ended; it and the console said:\n{self._last}")

    def cut_power(self) -> None:
        """Pull the plug: what the machine wrote stays, what it was to write does not."""
        if self._qemu is not None:
            self._qemu.kill()
            self._qemu.wait()
            self._qemu = None
        if self._port is not None:
            self._port.close()
            self._port = None
        with self._changed:  # who waits for an answer gets none any more
            self._changed.notify_all()

    def reboot(self) -> float:
        """Have the machine start again in good order; return after how long it answers."""
        boots, began = self.boots, now_s()
        self.do("systemctl reboot", within_s=20)
        self.wait_for_boot(boots)
        return now_s() - began

    def set_clock(self, now_s: float) -> None:
        """Set the board's own clock, which outlives a reset; not that of the system."""
        day = gmtime(now_s)
        self.run(
            _SET_CLOCK.format(
                [
                    day.tm_sec,
                    day.tm_min,
                    day.tm_hour,
                    day.tm_mday,
                    day.tm_mon - 1,
                    day.tm_year - 1900,
                ]
            )
        )

    @property
    def is_on(self) -> bool:
        return self._qemu is not None and self._qemu.poll() is None

    # What is done inside

    def run(self, command: str, within_s: float = COMMAND_S) -> str:
        """Run a shell command inside, as root; return its output. It must succeed."""
        done = self.do(command, within_s)
        assert done.code == 0, f"{command}: {done.code}: {done.out}"
        return done.out

    def do(self, command: str, within_s: float = COMMAND_S) -> Done:
        """Run a shell command inside to its end, whatever that is; 124 is too late."""
        return self._ask({"run": command, "within_s": within_s}, within_s)

    def write(self, path: str, text: str) -> Done:
        """Write to a file that is there, such as a switch in /sys; takes no program."""
        done = self._ask({"write": [path, text]}, COMMAND_S)
        assert done.code == 0, f"{path}: {done.out}"
        return done

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.run(f"systemctl show {unit} -p{name} --value").strip()

    # What is plugged

    def qmp(self, command: str, **arguments: Any) -> Any:
        """Ask QEMU for something; return its answer. Raises MachineFailed."""
        with self._connected(self.home / "qmp.sock") as wire:
            lines = wire.makefile()
            wire.sendall(b'{"execute": "qmp_capabilities"}\n')
            asked = {"execute": command, "arguments": arguments, "id": "asked"}
            wire.sendall(f"{json.dumps(asked)}\n".encode())
            for line in lines:
                said = json.loads(line)
                if said.get("id") == "asked":
                    if "error" in said:
                        raise MachineFailed(f"{command}: {said['error']['desc']}")
                    return said["return"]
        raise MachineFailed(f"{command}: QEMU hung up")

    @contextmanager
    def qemu_says(self, event: str, within_s: float) -> Iterator[list[float]]:
        """Return when QEMU has told of an event; the list then holds after how many seconds."""
        told: list[float] = []
        wire = self._connected(self.home / "qmp.sock")
        with wire, wire.makefile() as lines:
            wire.settimeout(within_s)
            wire.sendall(b'{"execute": "qmp_capabilities"}\n')
            assert "return" in (lines.readline(), lines.readline())[1]
            yield told
            began = now_s()
            for line in lines:
                if json.loads(line).get("event") == event:
                    told.append(now_s() - began)
                    return
        raise MachineFailed(f"QEMU hung up without {event}")

    # How it is done

    def _command(self) -> list[str]:
        home, arch = self.home, self._image.arch
        command = ["setpriv", "--pdeathsig", "KILL", "--", *arch.command]
        # Never KVM: where it is offered but cannot do the job, it is not given up either.
        command += ["-accel", "tcg,thread=single,tb-size=512"]
        command += ["-icount", f"shift={_NS_LOG2},sleep=on,align=off"]
        command += ["-display", "none", "-nodefaults", "-rtc", f"base={self.rtc},clock=vm"]
        command += ["-kernel", str(self._image.kernel), "-initrd", str(self._image.initrd)]
        told = f"console={arch.console} {_KERNEL_ARGUMENTS} {arch.kernel_arguments}"
        command += ["-append", told, "-serial", "chardev:tty"]
        command += ["-chardev", f"file,id=tty,path={home / 'console'},append=on"]
        command += ["-drive", f"file={self.disk},if=none,id=card,format=qcow2,cache=writeback"]
        command += ["-device", "virtio-blk-pci,drive=card", "-device", "virtio-rng-pci"]
        command += ["-device", "virtio-serial-pci", "-device", "virtserialport,chardev=a,name=hil"]
        command += ["-chardev", f"socket,id=a,path={home / 'agent.sock'},server=on,wait=off"]
        command += ["-qmp", f"unix:{home / 'qmp.sock'},server=on,wait=off"]
        command += ["-virtfs", f"local,path={self.share},mount_tag=share,security_model=none"]
        network = "user,id=way,net=10.77.0.0/24,host=10.77.0.2,dhcpstart=10.77.0.20,ipv6=off"
        # Not virtio-net: its packets of middle size get lost on the simulated air.
        command += ["-netdev", network, "-device", "rtl8139,netdev=way"]
        command += ["-device", "i6300esb", "-action", "watchdog=reset"]
        command += ["-device", "qemu-xhci,id=usb", "-audiodev", "none,id=nowhere"]
        return [*command, *self._plugs]

    def _connected(self, path: Path) -> socket.socket:
        def connected() -> socket.socket | None:
            if not self.is_on:
                raise MachineFailed(f"QEMU ended; it said:\n{self._last}")
            wire = socket.socket(socket.AF_UNIX)
            with suppress(OSError):
                wire.connect(str(path))
                return wire
            wire.close()
            return None

        wire: socket.socket = holds(connected, f"QEMU opens {path.name}", 30.0, 0.05)
        return wire

    def _ask(self, request: dict[str, Any], within_s: float) -> Done:
        assert self._port is not None, "it is off"
        with self._changed:
            self._asked += 1
            number, boots = self._asked, self.boots
            self._answers[number] = None
            self._port.sendall(f"{json.dumps({'id': number, **request})}\n".encode())
            self._changed.wait_for(
                lambda: self._answers[number] is not None or self.boots > boots or not self.is_on,
                within_s + 30,
            )
            answer = self._answers.pop(number)
        if answer is None:
            if self.is_on and self.boots > boots:
                return Done(125, "the machine started again meanwhile", 0.0, 0.0)
            raise MachineFailed(f"no answer to {request}; its console:\n{self._last}")
        return answer

    def _listen(self, port: socket.socket) -> None:
        held = b""
        while True:
            try:
                read = port.recv(65536)
            except OSError:
                read = b""
            if not read:
                break
            *lines, held = (held + read).split(b"\n")
            with self._changed:
                for line in lines:
                    with suppress(ValueError):
                        self._take(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _take(self, said: dict[str, Any]) -> None:
        if "hello" in said:
            self.boots += 1
        elif said.get("id") in self._answers:
            self._answers[said["id"]] = Done(said["code"], said["out"], said["began"], said["at"])

    @property
    def _last(self) -> str:
        said = ""
        for name in ("qemu.log", "console"):
            with suppress(OSError):
                said += (self.home / name).read_text(errors="replace")[-3000:]
        return said
