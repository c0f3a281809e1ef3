"""The service's own certificate authority and its certificate for this machine.

Clients of the Live API speak TLS only, so the service makes a CA at its first start and a
leaf for ``localhost``, ``127.0.0.1`` and ``::1``; a client trusts it by the CA file. The CA
stays, so that a leaf can be remade without telling any client. Both hold at any time: a board
without a battery wakes up in 1970, and this service is what answers until its clock is set.
Keys are readable by the owner alone; every file is written whole or not at all, under a lock,
because two services may start on one directory.
"""

import contextlib
import fcntl
import ipaddress
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.local_live.errors import EX_CANTCREAT, CannotServe

OWN_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNTIL: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # no end (RFC 5280, 4.1.2.5)


@dataclass(frozen=True, slots=True)
class Identity:
    """Files of the service: the CA for clients, chain and key for the server."""

    ca_file: Path
    chain_file: Path
    key_file: Path

    def load_into(self, context: ssl.SSLContext) -> None:
        """Serve with this certificate from the next connection on."""
        context.load_cert_chain(self.chain_file, self.key_file)


def identity(directory: Path, host: str = "localhost") -> Identity:
    """Find or make the identity in ``directory``; ``host`` is a further name for the leaf.

    Whatever is missing, broken, for other names or does not hold at any time is made anew.
    Raises ``CannotServe`` (73) when the directory cannot be written.
    """
    files = Identity(directory / "ca.pem", directory / "server.pem", directory / "server-key.pem")
    ca_key_file = directory / "ca-key.pem"
    names = _names(host)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(directory / "tls.lock"):
            ca = _usable(files.ca_file, ca_key_file)
            if ca is None:
                ca = _make_ca()
                _write(ca_key_file, _key_pem(ca[1]), 0o600)
                _write(files.ca_file, _pem(ca[0]), 0o644)
            leaf = _usable(files.chain_file, files.key_file)
            if leaf is None or not _is_ours(leaf[0], ca[0], names):
                leaf = _make_leaf(ca, names)
                _write(files.key_file, _key_pem(leaf[1]), 0o600)
                _write(files.chain_file, _pem(leaf[0]) + _pem(ca[0]), 0o644)
    except OSError as err:
        raise CannotServe(
            f"The state directory {directory} cannot be used ({err.strerror or err}): "
            "make it writable or name another one with --state.",
            EX_CANTCREAT,
        ) from err
    return files


_Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _usable(certificate_file: Path, key_file: Path) -> _Pair | None:
    """Load a pair; ``None`` when it is missing, broken, not a pair or not for ever."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    if certificate.public_key() != key.public_key():
        return None
    always = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    if key_file.stat().st_mode & 0o077:
        key_file.chmod(0o600)
    return (certificate, key) if always == (_FROM, _UNTIL) else None


def _is_ours(leaf: x509.Certificate, ca: x509.Certificate, names: list[x509.GeneralName]) -> bool:
    try:
        leaf.verify_directly_issued_by(ca)
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return all(name in list(extension.value) for name in names)


def _make_ca() -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("Kiosk local Live service CA")
    usage = _key_usage(signs_certificates=True)
    certificate = (
        _builder(name, key)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _make_leaf(ca: _Pair, names: list[x509.GeneralName]) -> _Pair:
    ca_certificate, ca_key = ca
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_subject("localhost"), key)
        .issuer_name(ca_certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    return certificate, key


def _builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _names(host: str) -> list[x509.GeneralName]:
    return [_general_name(name) for name in dict.fromkeys((*OWN_NAMES, host)) if name]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii"))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a whole file in place; readers see the old one or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
