"""The certificates the service makes for itself."""

import socket
import ssl
import stat
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.local_live.errors import CannotServe
from kiosk.local_live.tls import Identity, identity

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def handshake(files: Identity, name: str) -> None:
    """Shake hands as a strict client does; raises what the client would see."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files.load_into(server)
    client = ssl.create_default_context(cafile=str(files.ca_file))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    here, there = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(there, server_side=True).close()
        except ssl.SSLError:
            there.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(here, server_hostname=name).close()
    finally:
        here.close()
        thread.join(5)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_strict_client_trusts_the_leaf_for_this_machine(tmp_path: Path, name: str) -> None:
    handshake(identity(tmp_path / "deep" / "state"), name)


def test_a_further_host_is_named_and_others_are_not(tmp_path: Path) -> None:
    handshake(identity(tmp_path, "10.1.2.3"), "10.1.2.3")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(identity(tmp_path), "kiosk.example")


def test_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    files = identity(tmp_path)

    for key in (files.key_file, tmp_path / "ca-key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    files.key_file.chmod(0o644)
    identity(tmp_path)
    assert stat.S_IMODE(files.key_file.stat().st_mode) == 0o600


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    identity(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")}

    identity(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")} == before
    assert sorted(before) == ["ca-key.pem", "ca.pem", "server-key.pem", "server.pem"]


@pytest.mark.parametrize("year", [1970, 2026, 2036, 2099], ids="in {}".format)
def test_it_is_trusted_whatever_the_clock_of_the_board_shows(tmp_path: Path, year: int) -> None:
    files = identity(tmp_path)
    at = str(int(datetime(year, 1, 2, tzinfo=UTC).timestamp()))

    checked = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-attime", at, "-purpose", "sslserver",
         "-verify_hostname", "localhost", "-CAfile", files.ca_file, files.chain_file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stderr


def test_certificates_of_an_older_kiosk_that_end_one_day_are_remade(tmp_path: Path) -> None:
    files = identity(tmp_path)
    ca = x509.load_pem_x509_certificate(files.ca_file.read_bytes())
    key = serialization.load_pem_private_key((tmp_path / "ca-key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(ca.issuer, ca.subject, ca.public_key(), ca.serial_number)
    for extension in ca.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    days = timedelta(days=3650)
    older = builder.not_valid_before(NOW - days).not_valid_after(NOW + days)
    pem = older.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    files.ca_file.write_bytes(pem)

    identity(tmp_path)

    assert files.ca_file.read_bytes() != pem
    handshake(files, "localhost")


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"])
@pytest.mark.parametrize("damage", ["gone", "empty", "rubbish", "foreign"])
def test_what_is_broken_is_made_anew(tmp_path: Path, name: str, damage: str) -> None:
    identity(tmp_path)
    foreign = tmp_path / "other"
    identity(foreign)
    victim = tmp_path / name
    match damage:
        case "gone":
            victim.unlink()
        case "empty":
            victim.write_bytes(b"")
        case "rubbish":
            victim.write_bytes(b"-----BEGIN CERTIFICATE-----\nrubbish\n")
        case _:
            victim.write_bytes((foreign / name).read_bytes())

    handshake(identity(tmp_path), "localhost")


def test_no_draft_is_left_behind(tmp_path: Path) -> None:
    identity(tmp_path)

    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_two_first_starts_at_once_agree(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(identity(tmp_path).ca_file.read_bytes()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")

    with pytest.raises(CannotServe, match=r"file.*--state") as refused:
        identity(blocked)

    assert refused.value.exit_code == 73
