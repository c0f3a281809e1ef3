"""The service as a command: what it prints, how it ends, what it says when it cannot start."""

import json
import os
import selectors
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEADLINE_S = 60


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command; it is gone afterwards whatever happened."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk.local_live", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(*arguments: str) -> tuple[int, str]:
    """Run a command that cannot start; return its exit code and what it said."""
    with command(*arguments) as process:
        told, said = process.communicate(timeout=DEADLINE_S)
        assert told == ""
        assert "Traceback" not in said
        return process.returncode, said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_announces_itself_serves_and_goes_when_asked(
    tmp_path: Path, number: signal.Signals
) -> None:
    with command("--state", str(tmp_path)) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert sorted(ready) == ["ca_file", "url"]
        port = int(ready["url"].rsplit(":", 1)[1])
        context = ssl.create_default_context(cafile=ready["ca_file"])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 404 " in secure.recv(200) or b" 426 " in secure.recv(200)

        process.send_signal(number)
        told, said = process.communicate(timeout=5)

        assert (process.returncode, told, said) == (0, "", "")


def test_it_goes_at_once_while_it_is_loading_its_models(tmp_path: Path) -> None:
    with command("--state", str(tmp_path)) as process, selectors.DefaultSelector() as ready:
        assert process.stdout is not None
        ready.register(process.stdout, selectors.EVENT_READ)
        while not (tmp_path / "ca.pem").exists():  # the models come after the certificates
            assert not ready.select(0.02)
            assert process.poll() is None

        process.terminate()
        told, said = process.communicate(timeout=2)

        assert (process.returncode, told, said) == (0, "", "")


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = ended("--port", str(port), "--state", str(tmp_path))

    assert code == 69
    assert said.count("\n") == 1
    assert f"port {port} (address already in use)" in said
    assert "--port" in said


@pytest.mark.parametrize("place", ["file/state", "/proc/kiosk-state", "/dev/null"])
def test_a_state_directory_that_cannot_be_used_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    directory = os.path.join(tmp_path, place)  # noqa: PTH118 - an absolute place stays absolute

    code, said = ended("--state", directory)

    assert code == 73
    assert said.count("\n") == 1
    assert directory in said
    assert "--state" in said


@pytest.mark.parametrize(
    "arguments",
    [("--port", "http"), ("--port", "65536"), ("--port", "-1"), ("--go-away-after", "soon"),
     ("--close-after", "-3"), ("--close-after", "inf"), ("--nonsense",)],
)  # fmt: skip
def test_wrong_options_are_explained(arguments: tuple[str, ...]) -> None:
    code, said = ended(*arguments)

    assert code == 64
    assert said.count("\n") == 1
    assert arguments[-1] in said
