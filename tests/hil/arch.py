"""The two architectures that a virtual Pi can have, and all in which they differ."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SIZE: Final = ("-smp", "1", "-m", "2048")


@dataclass(frozen=True)
class Arch:
    """One of them."""

    debian: str
    """What Debian calls it, and ``scripts/hil --arch``."""
    qemu: str
    machine: tuple[str, ...]
    """The board and its processor, as QEMU is told of them."""
    console: str
    kernel_arguments: str
    plugs: tuple[str, ...]
    """What is plugged in besides, because the other board has it by itself."""
    device_tree: Callable[["Arch", Path], tuple[str, ...]]
    """Makes one in a directory, if there are such things; returns what QEMU is told of it."""

    @property
    def command(self) -> tuple[str, ...]:
        """What starts QEMU, without anything that is plugged in."""
        return (self.qemu, *self.machine, *_SIZE)


def _no_device_tree(_arch: Arch, _home: Path) -> tuple[str, ...]:
    return ()


def _of_a_pi(arch: Arch, home: Path) -> tuple[str, ...]:
    """Take the one of QEMU's board, and have it say that this is a Raspberry Pi 4.

    Its own pins go: on a Pi the chip of the header's pins is the first one.
    """
    path = home / "board.dtb"
    qemu, kind, board, *more = arch.command
    dump = (qemu, kind, f"{board},dumpdtb={path}", *more, "-nodefaults", "-display", "none")
    _run(*dump)
    _run("fdtput", "-p", "-c", path, "/system")
    _run("fdtput", "-t", "x", path, "/system", "linux,revision", "c03115")
    _run("fdtput", "-t", "s", path, "/", "model", "Raspberry Pi 4 Model B Rev 1.5")
    for node in _run("fdtget", "-l", path, "/").split():
        if node.startswith(("pl061", "gpio-")):
            _run("fdtput", "-r", path, f"/{node}")
    return ("-dtb", str(path))


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout


_AMD64: Final = Arch(
    debian="amd64",
    qemu="qemu-system-x86_64",
    # Not "max": what it can do more, such as AVX, is emulated three times as slowly.
    machine=("-M", "q35", "-cpu", "Nehalem"),
    console="ttyS0",
    kernel_arguments="tsc=reliable no_timer_check",
    plugs=(),
    device_tree=_no_device_tree,
)
_ARM64: Final = Arch(
    debian="arm64",
    qemu="qemu-system-aarch64",
    machine=("-M", "virt", "-cpu", "cortex-a72"),
    console="ttyAMA0",
    kernel_arguments="",
    plugs=("-device", "virtio-keyboard-pci"),
    device_tree=_of_a_pi,
)
ARCHES: Final = {arch.debian: arch for arch in (_AMD64, _ARM64)}
