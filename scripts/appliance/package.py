"""A version to send to kiosks: the source, its hash, and a signature over the hash.

``kiosk-1.2.3.tar.gz`` stands beside ``kiosk-1.2.3.SHA256SUMS`` and ``….SHA256SUMS.sig``, which
ssh-keygen makes with a key that never comes near a kiosk. Nothing of a package is unpacked,
let alone run, before both are right. It may carry the locked Python packages, for a shop that
has no way to them; those are held to the hashes of the lock all the same.
"""

import gzip
import hashlib
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.appliance import source, wheels
from scripts.appliance.account import UPDATE_KEY
from scripts.appliance.errors import DATA, NO_INPUT, Refused
from scripts.appliance.system import System

_PURPOSE: Final = "kiosk-update"
_NAME: Final = re.compile(r"kiosk-(\d+\.\d+\.\d+)\.tar\.gz")
_KEY: Final = re.compile(r"(ssh|ecdsa|sk)-[\w.@-]+ [A-Za-z0-9+/=]+( .*)?")
LARGEST_MB: Final = 2000
_PIECE: Final = 2**20


def make(system: System, tree: Path, key: Path, to: Path, machines: Sequence[str] = ()) -> Path:
    """Package a source into a directory, signed by a private key; return the tarball.

    It carries the wheels for each of these machines (``aarch64-3.13``). Raises Refused.
    """
    _check_private(system, key)
    name = f"kiosk-{source.version_of(tree)}"
    to.mkdir(parents=True, exist_ok=True)
    tarball, sums = to / f"{name}.tar.gz", to / f"{name}.SHA256SUMS"
    with tempfile.TemporaryDirectory(dir=to, prefix=".wheels-") as scratch:
        for machine in machines:
            system.note(f"Fetching the wheels for {machine}.")
            wheels.gather(system, tree, machine, Path(scratch))
        _pack(tree, name, Path(scratch), tarball)
    sums.write_text(f"{_hash_of(tarball)}  {tarball.name}\n")
    Path(f"{sums}.sig").unlink(missing_ok=True)
    system.run("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", _PURPOSE, sums)
    return tarball


def public_keys(text: str) -> list[str]:
    """Return the lines of a file of public keys that are keys; empty when another is in it."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
    return lines if all(_KEY.fullmatch(line) for line in lines) else []


def verified(system: System, tarball: Path, copy: Path | None) -> str:
    """Return the version of a package that is right. Raises Refused.

    ``copy`` becomes what was verified: the package itself may change while we look.
    """
    match = _NAME.fullmatch(tarball.name)
    if match is None:
        raise Refused(f"{tarball.name} is not called kiosk-VERSION.tar.gz.", DATA)
    sums = tarball.with_name(f"kiosk-{match[1]}.SHA256SUMS")
    signature = tarball.with_name(f"{sums.name}.sig")
    for file in (tarball, sums, signature):
        if not file.is_file():
            raise Refused(
                f"{file} is not there: a package is three files, copy all of them.", NO_INPUT
            )
    if tarball.stat().st_size > LARGEST_MB * 2**20:
        raise Refused(f"{tarball.name} is larger than {LARGEST_MB} MB.", DATA)
    said = sums.read_bytes()  # once: what is verified is what is compared
    _check_signature(system, said, signature)
    if f"{_hash_of(tarball, copy)}  {tarball.name}\n".encode() not in said:
        raise Refused(
            f"The hash of {tarball.name} is not the one that was signed: copy it again.", DATA
        )
    return match[1]


def unpack(tarball: Path, version: str, to: Path) -> Path:
    """Unpack a verified package; return its source. Raises Refused for what has no place in one."""
    try:
        tree = _unpacked(tarball, Path(f"kiosk-{version}"), to)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as err:
        raise Refused("The package cannot be unpacked: have it made anew.", DATA) from err
    if (found := source.version_of(tree)) != version:
        raise Refused(f"The package calls itself {version} and holds {found}.", DATA)
    return tree


def _unpacked(tarball: Path, top: Path, to: Path) -> Path:
    left = LARGEST_MB * 2**20
    with tarfile.open(tarball, mode="r:gz") as tar:
        for member in tar:
            path = Path(member.name)
            inside = path.parts[:1] == top.parts and ".." not in path.parts
            if not (member.isreg() and inside):
                raise Refused(f"The package holds {member.name!r}, which has no place there.", DATA)
            left -= member.size
            if left < 0:
                raise Refused(f"The package holds more than {LARGEST_MB} MB.", DATA)
            file = to / path
            file.parent.mkdir(parents=True, exist_ok=True)
            data = tar.extractfile(member)
            assert data is not None, "a regular file has content"
            with data, file.open("wb") as out:
                shutil.copyfileobj(data, out, _PIECE)
            file.chmod(0o755 if member.mode & 0o100 else 0o644)
    return to / top


def _check_signature(system: System, said: bytes, signature: Path) -> None:
    key = system.at(UPDATE_KEY)
    if not key.is_file():
        raise Refused(
            f"No update is taken yet: put the public key of who signs them into {UPDATE_KEY}"
            " (one line, as in an id_ed25519.pub), or name it: scripts/install --update-key FILE.",
            NO_INPUT,
        )
    lines = public_keys(system.read(UPDATE_KEY))
    if not lines:
        raise Refused(f"{UPDATE_KEY} holds no public key as ssh-keygen writes them.", DATA)
    with tempfile.TemporaryDirectory(prefix="kiosk-verify-") as scratch:
        signers, sums = Path(scratch, "signers"), Path(scratch, "sums")
        signers.write_text("".join(f"{_PURPOSE} {line}\n" for line in lines))
        sums.write_bytes(said)
        verify = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", _PURPOSE]
        verify += ["-n", _PURPOSE, "-s", str(signature)]
        code, _ = system.ask("sh", "-c", 'sums=$1; shift; exec "$@" <"$sums"', "sh", sums, *verify)
    if code == 127:
        raise Refused("ssh-keygen is not installed: apt-get install openssh-client.")
    if code:
        raise Refused("The signature is not by the key in /etc/kiosk/update-key.", DATA)


def _pack(tree: Path, name: str, carried: Path, tarball: Path) -> None:
    """Write the same tarball wherever and whenever it is made of the same."""
    wheels_there = [path for path in sorted(carried.rglob("*")) if path.is_file()]
    files = [(tree / path, f"{name}/{path}") for path in source.files(tree)]
    files += [
        (path, f"{name}/{source.WHEELS}/{path.relative_to(carried)}") for path in wheels_there
    ]
    with (
        tarball.open("wb") as whole,
        # Not smaller, but in a tenth of the time: wheels are compressed already.
        gzip.GzipFile(
            fileobj=whole, mode="wb", mtime=0, filename="", compresslevel=1 if wheels_there else 9
        ) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path, member_name in files:
            member = tarfile.TarInfo(member_name)
            member.size = path.stat().st_size
            member.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            with path.open("rb") as content:
                tar.addfile(member, content)


def _hash_of(file: Path, copy: Path | None = None) -> str:
    hashed = hashlib.sha256()
    with file.open("rb") as whole, (copy or Path("/dev/null")).open("wb") as out:
        while piece := whole.read(_PIECE):
            hashed.update(piece)
            out.write(piece)
    return hashed.hexdigest()


def _check_private(system: System, key: Path) -> None:
    if not key.is_file():
        raise Refused(
            f"{key} is not there: ssh-keygen -t ed25519 -f {key} makes such a key.", NO_INPUT
        )
    code, said = system.ask("ssh-keygen", "-y", "-P", "", "-f", key)
    if code == 127:
        raise Refused("ssh-keygen is not installed: apt-get install openssh-client.")
    if "bad permissions" in said or "too open" in said:
        raise Refused(f"{key} can be read by others: chmod 600 {key}", DATA)
    if code and "passphrase" not in said:
        raise Refused(f"{key} is not a private key of ssh-keygen's that can be read here.", DATA)
