"""The virtual Pi's disk: Debian 13, a kernel with simulated hardware, the kiosk as installed.

``python -m tests.hil.image ARCH`` builds what is not there yet and prints where it is; with
``--debian`` only Debian's part. This machine's own Python does for that, and for all of it where
nothing is emulated. It is built in systemd-nspawn: natively, where the architecture is this
machine's own, else by an emulated processor, which takes twenty times as long. The kiosk is
installed by its own ``scripts/install``; what a technician sets afterwards is set here, and what
stands for the board (see ``guest/``) is added. Debian's part is kept in the user's cache, by what
goes into it.
"""

import fcntl
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import clock_gettime
from typing import Final

from scripts.appliance import debian, environment, source
from tests.hil.arch import ARCHES, Arch

REPOSITORY: Final = Path(__file__).parents[2]
GUEST: Final = Path(__file__).with_name("guest")
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kiosk-hil"
SUITE: Final = "trixie"
PYTHON: Final = "3.13"
"""What Debian 13 has."""
ENDPOINT: Final = "https://10.78.0.1:18443"
"""The Live service, as the kiosk reaches it through the access point."""
MICROPHONE_CARD: Final = "Microphone"
SPEAKER_CARD: Final = "Speaker"
_DISK: Final = "6G"
_KEPT_IMAGES: Final = 6
_PACKAGES: Final = """
    systemd-sysv systemd-timesyncd udev dbus kmod python3 alsa-utils gpiod busybox-static
    network-manager wpasupplicant hostapd iw rfkill wireless-regdb
    iproute2 iputils-ping usbutils procps psmisc ca-certificates
"""
_CA: Final = "/etc/ssl/certs/ca-certificates.crt"
_KERNEL: Final = r"""
set -eu; cd /root
version=$(apt-cache madison linux-image-ARCH | awk '/backports/ {print $3; exit}')
kernel=$(apt-cache depends "linux-image-ARCH=$version" |
  sed -n 's/.*Depends: linux-image-//p' | head -1)
apt-get -qq download "linux-binary-$kernel" "linux-modules-$kernel"
for deb in linux-*.deb; do dpkg-deb -x "$deb" kernel; done
(cd "kernel/usr/lib/modules/$kernel/kernel"; rm -rf UNWANTED)
cp -a kernel/usr/lib/modules /usr/lib/
depmod "$kernel"
cp "/usr/lib/modules/$kernel/vmlinuz" /boot/vmlinuz
echo "$kernel" >/etc/hil-kernel
rm -rf linux-*.deb kernel /var/lib/apt/lists/* /var/cache/apt/*.bin
"""
_UNWANTED: Final = """
    sound/soc sound/pci sound/firewire drivers/media/[!m]* drivers/iio drivers/comedi drivers/hwmon
    drivers/infiniband drivers/scsi drivers/ata drivers/mtd drivers/gpu drivers/staging
    drivers/net/can drivers/net/dsa drivers/net/usb drivers/platform/x86 drivers/accel
    drivers/net/ethernet/[!r]* drivers/net/wireless/[!v]*
"""
"""Modules for what no virtual Pi has; depmod reads each that is there. Of ``media``, ``mc`` stays:
USB sound needs it."""
_MASKED: Final = """
    ldconfig.service modprobe@drm.service modprobe@efi_pstore.service hostapd.service
    systemd-hwdb-update.service dev-hugepages.mount sys-kernel-tracing.mount
    systemd-binfmt.service NetworkManager-wait-online.service apt-daily.timer
    apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer
    getty@tty1.service
"""
_BEFORE_THE_DISK: Final = ("virtio_blk", "ext4", "i6300esb")
_OF_EVERY_START: Final = (
    *_BEFORE_THE_DISK, "autofs4", "configfs", "evdev", "virtio_rng", "snd_aloop", "gpio_sim",
    "9p", "9pnet_virtio", "mac80211_hwsim", "ccm", "bridge", "8139cp", "xhci_pci", "snd_usb_audio",
)  # fmt: skip
"""Modules that take the emulated processor long to unpack, and each a tenth of a second to have
its signature looked at."""
_SIGNED: Final = b"~Module signature appended~\n"
_SIGNATURE: Final = struct.Struct(">8xI")
"""What ends a module, and the length of what stands before it (``linux/module_signature.h``)."""
_ENABLED: Final = {"multi-user.target": ("hil-agent.service", "hil-board.service",
                   "hil-air.service", "hil-watch.service", "hil-ear.service")}  # fmt: skip


@dataclass(frozen=True)
class Image:
    """What a machine is booted from; nobody writes to it."""

    home: Path

    @property
    def arch(self) -> Arch:
        return ARCHES[(self.home / "arch").read_text()]

    @property
    def disk(self) -> Path:
        return self.home / "root.ext4"

    @property
    def kernel(self) -> Path:
        return self.home / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.home / "initrd.gz"


def built(arch: Arch) -> Image:
    """Return the image of this checkout, building what is not there yet."""
    CACHE.mkdir(parents=True, exist_ok=True)
    made_of = f"{_base_key(arch)}{source.fingerprint_of(REPOSITORY, PYTHON)}{_ours()}"
    image = Image(CACHE / f"image-{arch.debian}-{_digest(made_of)}")
    with _alone(image.home.name):
        if not image.home.is_dir():
            base = debian_base(arch)
            new = image.home.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            _make_image(arch, base, Image(new))
            new.rename(image.home)
        os.utime(image.home)
    _prune(arch)
    return image


def _base_key(arch: Arch) -> str:
    return _digest(" ".join((SUITE, *_packages(), _kernel(arch))))


def _kernel(arch: Arch) -> str:
    return _KERNEL.replace("ARCH", arch.debian).replace("UNWANTED", " ".join(_UNWANTED.split()))


def _packages() -> list[str]:
    return sorted({*_PACKAGES.split(), *debian.packages(PYTHON)})


def _ours() -> str:
    files = [Path(__file__), *sorted(GUEST.iterdir())]
    return _digest("".join(f"{path.name}\0{path.read_text()}\0" for path in files))


def debian_base(arch: Arch) -> Path:
    """Return the root of a Debian with the kernel, and nothing of ours; build it if need be."""
    CACHE.mkdir(parents=True, exist_ok=True)
    base = CACHE / f"base-{_base_key(arch)}"
    with _alone(f"base-{arch.debian}"):
        if not base.is_dir():
            _make_base(arch, base)
    return base


def _make_base(arch: Arch, base: Path) -> None:
    new = base.with_suffix(".new")
    _run("rm", "-rf", "--one-file-system", new)
    mirror = debian_mirror()
    with _told("Debian"):
        _run(
            "mmdebstrap", "-q", "--variant=minbase", "--mode=root",
            f"--architectures={arch.debian}",
            f"--include={','.join(_packages())}",
            '--aptopt=Apt::Install-Recommends "false"',
            *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "locale")),
            "--skip=cleanup/apt/lists", SUITE, new,
            f"deb {mirror} {SUITE} main", f"deb {mirror} {SUITE}-backports main",
        )  # fmt: skip
    with _told("the kernel"):
        shutil.copy(_CA, new / _CA.lstrip("/"))  # this machine's network may have one more
        _inside(new, "sh", "-c", _kernel(arch))
    new.rename(base)


def _make_image(arch: Arch, base: Path, image: Image) -> None:
    root = image.home / "root"
    (image.home / "arch").write_text(arch.debian)
    with _told("a copy of it"):
        _run("cp", "-a", "--reflink=auto", base, root)
    with _told("scripts/install"):
        _install(arch, root)
    with _told("the disk"):
        _set_up(root)
        shutil.copy(root / "boot/vmlinuz", image.kernel)
        _make_initrd(root, image.initrd)
        _run("truncate", "-s", _DISK, image.disk)
        _run("mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=1", "-d", root, image.disk)
        _run("rm", "-rf", "--one-file-system", root)


def _install(arch: Arch, root: Path) -> None:
    """Install the kiosk as the README says, from a directory of a technician's home."""
    kept = CACHE / f"uv-{arch.debian}"
    kept.mkdir(exist_ok=True)
    said = _inside(
        root, "/home/pi/kiosk/scripts/install", "--as-pi", "--amplifier", "none",
        "--microphone", MICROPHONE_CARD, "--speaker", SPEAKER_CARD,
        binds=(f"--bind-ro={REPOSITORY}:/home/pi/kiosk", f"--bind={kept}:/mnt"),
    )  # fmt: skip
    (root / "var/log/kiosk-install.log").write_text(said)
    _record_phrases(root / "var/lib/kiosk/phrases/en")
    settings = root / "etc/kiosk/kiosk.toml"
    text = settings.read_text()
    for key, was, is_now in (
        ("endpoint", '""', f'"{ENDPOINT}"'),
        ("ca_file", '""', '"/etc/kiosk/live-ca.pem"'),
        ("fallback", '"local"', '"none"'),
        ("follow_up_s", "8.0", "3.0"),  # a dozen visits end in silence
    ):
        assert f"\n{key} = {was}\n" in text, key
        text = text.replace(f"\n{key} = {was}\n", f"\n{key} = {is_now}\n", 1)
    settings.write_text(text)


def _record_phrases(place: Path) -> None:
    """Do what the installation could not: onnxruntime falls when a process is emulated by itself.

    On an emulated machine it does not.
    """
    if not any(place.glob("P*.wav")):
        _run(sys.executable, "-m", "kiosk.local_live.voice", "--phrases", place)
        _run("chown", "-R", f"--reference={place}", place)


def _set_up(root: Path) -> None:
    """Add what a Raspberry Pi OS has, what stands for the board, and what speeds up the start."""
    etc, system = root / "etc", root / "etc/systemd/system"
    (etc / "hostname").write_text("kiosk\n")
    (etc / "fstab").write_text("/dev/vda / ext4 rw,noatime 0 0\n")
    (etc / "udev/rules.d/60-gpio.rules").write_text(
        'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"\n'
    )
    wifi = etc / "NetworkManager/system-connections/shop.nmconnection"
    shutil.copy(GUEST / "shop.nmconnection", wifi)
    wifi.chmod(0o600)
    shutil.copy(GUEST / "modprobe.conf", etc / "modprobe.d/hil.conf")
    (etc / "modules-load.d/hil.conf").write_text("snd-aloop\ngpio-sim\n9pnet_virtio\n9p\n")
    ours = root / "usr/local/lib/hil"
    ours.mkdir(parents=True)
    for path in GUEST.iterdir():
        if path.suffix == ".service":
            shutil.copy(path, system / path.name)
        elif path.suffix in (".py", ".sh"):
            shutil.copy(path, ours / path.name)
            (ours / path.name).chmod(0o755)
    # /proc of the unit is its own: a board's revision that stands in there has to be seen.
    drop_in = system / "kiosk.service.d/hil.conf"
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text("[Service]\nBindReadOnlyPaths=-/run/hil-cpuinfo:/proc/cpuinfo\n")
    (etc / "kiosk/no-local-live").touch()  # too slow under emulation
    for target, units in _ENABLED.items():
        (system / f"{target}.wants").mkdir(exist_ok=True)
        for unit in units:
            (system / f"{target}.wants" / unit).symlink_to(f"/etc/systemd/system/{unit}")
    for unit in _MASKED.split():
        (system / unit).unlink(missing_ok=True)
        (system / unit).symlink_to("/dev/null")
    _unpack_modules(root)
    _inside(root, "sh", "-c", "passwd -q -d root; systemd-machine-id-setup")
    (etc / ".updated").touch()
    (root / "var/.updated").touch()


def _unpack_modules(root: Path) -> None:
    for path in _modules(root, *_OF_EVERY_START):  # their names stay: the kernel's lists hold
        packed = path.read_bytes()
        path.write_bytes(_unsigned(_unxz(packed) if path.suffix == ".xz" else packed))


def _unsigned(module: bytes) -> bytes:
    if not module.endswith(_SIGNED):
        return module
    end = len(module) - len(_SIGNED) - _SIGNATURE.size
    (length,) = _SIGNATURE.unpack_from(module, end)
    return module[: end - length]


def _kernel_of(root: Path) -> str:
    return (root / "etc/hil-kernel").read_text().strip()


def _modules(root: Path, *names: str) -> list[Path]:
    """Return the files of these modules and of all they need, each after what it needs."""
    how = ("modprobe", "-d", root, "-S", _kernel_of(root), "--show-depends")
    said = "".join(_run(*how, name) for name in names)
    return [*map(Path, dict.fromkeys(re.findall(r"(?m)^insmod (\S+)", said)))]


def _make_initrd(root: Path, to: Path) -> None:
    """Pack a busybox and what it takes to mount the disk."""
    work = to.with_name("initrd")
    for name in ("bin", "dev", "proc", "sys", "root", "m"):
        (work / name).mkdir(parents=True)
    shutil.copy(root / "usr/bin/busybox", work / "bin/busybox")
    (work / "bin/sh").symlink_to("busybox")
    order = []
    for path in _modules(root, *_BEFORE_THE_DISK):
        name = path.name.removesuffix(".xz")
        shutil.copy(path, work / "m" / name)
        order.append(name)
    (work / "m/.list").write_text("".join(f"{name}\n" for name in order))
    shutil.copy(GUEST / "init", work / "init")
    (work / "init").chmod(0o755)
    _run("sh", "-c", f"cd '{work}' && find . | cpio -o -H newc --quiet | gzip -1 >'{to}'")
    shutil.rmtree(work)


def _unxz(packed: bytes) -> bytes:
    return subprocess.run(["xz", "-dc"], input=packed, check=True, capture_output=True).stdout


def debian_mirror() -> str:
    """Return the mirror that this machine itself uses."""
    places = [*sorted(Path("/etc/apt/sources.list.d").glob("*")), Path("/etc/apt/sources.list")]
    for place in (path for path in places if path.is_file()):
        for line in place.read_text().splitlines():
            if re.match(r"(URIs:|deb )", line):
                for word in line.split():
                    if re.fullmatch(r"\w+://\S*/debian/?", word):
                        return word
    raise SystemExit("hil: no Debian mirror is named in /etc/apt; add one to the sources there")


def _inside(root: Path, *command: str, binds: tuple[str, ...] = ()) -> str:
    """Run a command in a root as if it had booted it, with this machine's network."""
    environ = {"SSL_CERT_FILE": _CA, "PIP_CERT": _CA, "LANG": "C.UTF-8", "UV_CACHE_DIR": "/mnt"}
    for name in ("http_proxy", "https_proxy", "no_proxy", "UV_DEFAULT_INDEX", "PIP_INDEX_URL"):
        if name in os.environ:
            environ[name] = os.environ[name]
    if index := environment.configured_index():
        environ.setdefault("UV_DEFAULT_INDEX", index)
    return _run(
        "systemd-nspawn", "-q", "-D", root, "--register=no", "--keep-unit", "--pipe",
        "--link-journal=no", "--timezone=off", "--resolv-conf=copy-host", *binds,
        *(f"--setenv={name}={value}" for name, value in environ.items()), "--", *command,
    )  # fmt: skip


def _run(*command: str | Path) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "SYSTEMD_NSPAWN_LOCK": "0"},
    )
    if done.returncode:
        raise SystemExit(f"hil: this failed: {' '.join(words)[:300]}\n{done.stdout[-4000:]}")
    return done.stdout


@contextmanager
def _told(what: str) -> Iterator[None]:
    began = clock_gettime(1)
    yield
    print(f"hil: {what}: {clock_gettime(1) - began:.0f} s", file=sys.stderr, flush=True)  # noqa: T201 - progress


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """Let nobody else build the same at the same time."""
    with (CACHE / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune(arch: Arch) -> None:
    whole = [
        path
        for path in CACHE.glob(f"image-{arch.debian}-*")
        if path.is_dir() and path.suffix != ".new"
    ]
    images = sorted(whole, key=lambda path: path.stat().st_mtime, reverse=True)
    for old in images[_KEPT_IMAGES:]:
        _run("rm", "-rf", "--one-file-system", old)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


if __name__ == "__main__":
    *only_debian, wanted = sys.argv[1:]
    found = debian_base(ARCHES[wanted]) if only_debian else built(ARCHES[wanted]).home
    print(found)  # noqa: T201 - what it is asked for
