"""A version to send to kiosks: the source, its hash, and a signature over the hash.

``kiosk-1.2.3.tar.gz`` stands beside ``kiosk-1.2.3.SHA256SUMS`` and ``….SHA256SUMS.sig``, which
ssh-keygen makes with a key that never comes near a kiosk. Nothing of a package is unpacked,
let alone run, before both are right.
"""

import gzip
import hashlib
import io
import re
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from scripts.appliance import source
from scripts.appliance.account import UPDATE_KEY
from scripts.appliance.errors import DATA, NO_INPUT, Refused
from scripts.appliance.system import System

_PURPOSE: Final = "kiosk-update"
_NAME: Final = re.compile(r"kiosk-(\d+\.\d+\.\d+)\.tar\.gz")
_KEY: Final = re.compile(r"(ssh|ecdsa|sk)-[\w.@-]+ [A-Za-z0-9+/=]+( .*)?")
_LARGEST_MB: Final = 64


def make(system: System, tree: Path, key: Path, to: Path) -> Path:
    """Package a source into a directory, signed by a private key; return the tarball."""
    name = f"kiosk-{source.version_of(tree)}"
    to.mkdir(parents=True, exist_ok=True)
    tarball, sums = to / f"{name}.tar.gz", to / f"{name}.SHA256SUMS"
    tarball.write_bytes(_packed(tree, name))
    sums.write_text(f"{hashlib.sha256(tarball.read_bytes()).hexdigest()}  {tarball.name}\n")
    Path(f"{sums}.sig").unlink(missing_ok=True)
    system.run("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", _PURPOSE, sums)
    return tarball


def verified(system: System, tarball: Path) -> tuple[str, bytes]:
    """Return the version and the content of a package that is right. Raises Refused."""
    match = _NAME.fullmatch(tarball.name)
    if match is None:
        raise Refused(f"{tarball.name} is not called kiosk-VERSION.tar.gz.", DATA)
    sums = tarball.with_name(f"kiosk-{match[1]}.SHA256SUMS")
    signature = tarball.with_name(f"{sums.name}.sig")
    for file in (tarball, sums, signature):
        if not file.is_file():
            raise Refused(f"{file} is not there; a package is three files.", NO_INPUT)
    if tarball.stat().st_size > _LARGEST_MB * 2**20:
        raise Refused(f"{tarball.name} is larger than {_LARGEST_MB} MB.", DATA)
    # Read once: what is verified is what is unpacked, whatever becomes of the files.
    said, content = sums.read_bytes(), tarball.read_bytes()
    _check_signature(system, said, signature)
    if f"{hashlib.sha256(content).hexdigest()}  {tarball.name}\n".encode() not in said:
        raise Refused(f"The hash of {tarball.name} is not the one that was signed.", DATA)
    return match[1], content


def unpack(content: bytes, version: str, to: Path) -> Path:
    """Unpack a verified package; return its source. Raises Refused for what has no place in one."""
    top = Path(f"kiosk-{version}")
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        for member in tar:
            path = Path(member.name)
            inside = path.parts[:1] == top.parts and ".." not in path.parts
            if not (member.isreg() and inside):
                raise Refused(f"The package holds {member.name!r}, which has no place there.", DATA)
            file = to / path
            file.parent.mkdir(parents=True, exist_ok=True)
            data = tar.extractfile(member)
            assert data is not None, "a regular file has content"
            file.write_bytes(data.read())
            file.chmod(0o755 if member.mode & 0o100 else 0o644)
    if (found := source.version_of(to / top)) != version:
        raise Refused(f"The package calls itself {version} and holds {found}.", DATA)
    return to / top


def _check_signature(system: System, said: bytes, signature: Path) -> None:
    key = system.at(UPDATE_KEY)
    if not key.is_file():
        raise Refused(
            f"No update is taken yet: put the public key of who signs them into {UPDATE_KEY}"
            " (one line, as in an id_ed25519.pub), or name it: scripts/install --update-key FILE.",
            NO_INPUT,
        )
    lines = [line for line in key.read_text().splitlines() if _KEY.fullmatch(line.strip())]
    if not lines:
        raise Refused(f"{UPDATE_KEY} holds no public key as ssh-keygen writes them.", DATA)
    with tempfile.TemporaryDirectory(prefix="kiosk-verify-") as scratch:
        signers, sums = Path(scratch, "signers"), Path(scratch, "sums")
        signers.write_text("".join(f"{_PURPOSE} {line.strip()}\n" for line in lines))
        sums.write_bytes(said)
        verify = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", _PURPOSE]
        verify += ["-n", _PURPOSE, "-s", str(signature)]
        code, _ = system.ask("sh", "-c", 'sums=$1; shift; exec "$@" <"$sums"', "sh", sums, *verify)
    if code == 127:
        raise Refused("ssh-keygen is not installed: apt-get install openssh-client.")
    if code:
        raise Refused("The signature is not by the key in /etc/kiosk/update-key.", DATA)


def _packed(tree: Path, name: str) -> bytes:
    """Return the source as a tarball that is the same wherever and whenever it is made."""
    whole = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=whole, mode="wb", mtime=0, filename="") as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in source.files(tree):
            content = (tree / path).read_bytes()
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(content)
            member.mode = 0o755 if (tree / path).stat().st_mode & 0o100 else 0o644
            tar.addfile(member, io.BytesIO(content))
    return whole.getvalue()
