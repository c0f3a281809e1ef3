"""The certificates the service makes for itself."""

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kiosk.local_live.errors import CannotServe
from kiosk.local_live.tls import Identity, identity

NOW = datetime.now(UTC)  # noqa: TID251 - a real handshake looks at the real clock


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
    handshake(identity(tmp_path / "deep" / "state", NOW), name)


def test_a_further_host_is_named_and_others_are_not(tmp_path: Path) -> None:
    handshake(identity(tmp_path, NOW, "10.1.2.3"), "10.1.2.3")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(identity(tmp_path, NOW), "kiosk.example")


def test_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    files = identity(tmp_path, NOW)

    for key in (files.key_file, tmp_path / "ca-key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    files.key_file.chmod(0o644)
    identity(tmp_path, NOW)
    assert stat.S_IMODE(files.key_file.stat().st_mode) == 0o600


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    identity(tmp_path, NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")}

    identity(tmp_path, NOW + timedelta(days=30))

    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")} == before
    assert sorted(before) == ["ca-key.pem", "ca.pem", "server-key.pem", "server.pem"]


def test_an_expiring_leaf_is_remade_under_the_same_ca(tmp_path: Path) -> None:
    files = identity(tmp_path, NOW - timedelta(days=390))
    ca, leaf = files.ca_file.read_bytes(), files.chain_file.read_bytes()

    identity(tmp_path, NOW)

    assert files.ca_file.read_bytes() == ca
    assert files.chain_file.read_bytes() != leaf
    handshake(files, "localhost")


def test_an_expired_ca_is_remade_with_its_leaf(tmp_path: Path) -> None:
    files = identity(tmp_path, NOW - timedelta(days=3660))
    ca = files.ca_file.read_bytes()

    identity(tmp_path, NOW)

    assert files.ca_file.read_bytes() != ca
    handshake(files, "localhost")


def test_a_clock_that_was_wrong_does_not_leave_a_certificate_of_the_future(tmp_path: Path) -> None:
    identity(tmp_path, NOW + timedelta(days=300))

    files = identity(tmp_path, NOW)

    leaf = x509.load_pem_x509_certificate(files.chain_file.read_bytes())
    assert leaf.not_valid_before_utc < NOW
    handshake(files, "localhost")


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"])
@pytest.mark.parametrize("damage", ["gone", "empty", "rubbish", "foreign"])
def test_what_is_broken_is_made_anew(tmp_path: Path, name: str, damage: str) -> None:
    identity(tmp_path, NOW)
    foreign = tmp_path / "other"
    identity(foreign, NOW)
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

    handshake(identity(tmp_path, NOW), "localhost")


def test_no_draft_is_left_behind(tmp_path: Path) -> None:
    identity(tmp_path, NOW)

    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_two_first_starts_at_once_agree(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(identity(tmp_path, NOW).ca_file.read_bytes()))
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
        identity(blocked, NOW)

    assert refused.value.exit_code == 73
