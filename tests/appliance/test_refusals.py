"""What cannot be done is refused in a sentence, before anything is changed."""

import gzip
import io
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from scripts.appliance import __main__ as appliance
from scripts.appliance import account, debian, install, package, versions
from scripts.appliance.errors import TRY_AGAIN, Refused
from scripts.appliance.system import System
from tests.appliance.machine import REPOSITORY

WISHES = install.Wishes("", "", "none", None, pi=False)


@pytest.fixture
def system(tmp_path: Path) -> System:
    machine = System(tmp_path)
    machine.write("/etc/os-release", "ID=debian\nVERSION_ID=13\n")
    return machine


def test_a_32_bit_system_on_a_64_bit_board_is_told_from_a_64_bit_one(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    debian.check_machine(system)
    monkeypatch.setattr(debian, "LARGEST", 2**31 - 1)

    with pytest.raises(Refused, match="64-bit"):
        debian.check_machine(system)


def test_versions_behind_a_link_are_refused_because_removal_would_leave_them(
    system: System, tmp_path: Path
) -> None:
    system.directory("/opt")
    system.link(versions.HOME, tmp_path / "elsewhere")

    with pytest.raises(Refused, match="mount"):
        install.install(system, WISHES)


def test_a_checkout_where_the_versions_go_is_refused_because_removal_would_take_it(
    system: System,
) -> None:
    with pytest.raises(Refused, match="move it"):
        versions.check_home(system, system.at(versions.HOME))


@pytest.mark.parametrize("said", ["nan", "inf", "-1", "0", "soon", "1e9"])
def test_a_patience_that_makes_no_sense_is_refused(
    said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        appliance.main(["update", "kiosk-1.2.3.tar.gz", "--steady", said])

    assert left.value.code == 64
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_who_reads_only_the_first_lines_of_a_dry_run_is_told_of_no_mistake() -> None:
    reads, writes = os.pipe()
    os.close(reads)

    done = subprocess.run(
        [REPOSITORY / "scripts/uninstall", "--dry-run"],
        check=False, stdout=writes, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    os.close(writes)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["install", "update", "uninstall", "package"])
def test_a_python_that_is_too_old_is_told_in_a_line(command: str, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    done = subprocess.run(
        [REPOSITORY / "scripts" / command],
        check=False, capture_output=True, text=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )  # fmt: skip

    assert done.returncode == 69
    assert "too old" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_interrupt_while_python_wakes_up_is_no_traceback(tmp_path: Path) -> None:
    interrupting = tmp_path / "python3"
    interrupting.write_text(
        f"#!/bin/sh\nkill -INT $$\nexec {sys.executable} -c 'import os, signal\n"
        "os.kill(os.getpid(), signal.SIGINT)'\n"
    )
    interrupting.chmod(0o755)

    done = subprocess.run(
        [REPOSITORY / "scripts/install", "--help"],
        check=False, capture_output=True, text=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")


def test_what_an_installer_that_was_killed_left_running_keeps_the_next_one_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock"
    installing = f"""
from pathlib import Path
from scripts.appliance import __main__ as appliance
from scripts.appliance.system import System
appliance._LOCK = Path({str(lock)!r})
with appliance._alone(System()):
    System().run("sh", "-c", "echo $$ >{tmp_path}/new && mv {tmp_path}/new {tmp_path}/pid; read -r _ <{tmp_path}/end")
"""  # noqa: E501
    os.mkfifo(tmp_path / "end")
    # What waits for our word writes to no pipe: a pipe would be held open by it.
    with subprocess.Popen([sys.executable, "-c", installing], cwd=REPOSITORY) as installer:
        while not (tmp_path / "pid").exists():
            assert installer.poll() is None
        installer.send_signal(signal.SIGKILL)
    monkeypatch.setattr(appliance, "_LOCK", lock)

    with pytest.raises(Refused) as refused, appliance._alone(System()):
        pass

    assert refused.value.exit_code == TRY_AGAIN
    (tmp_path / "end").write_text("\n")


def test_phrases_are_recorded_in_english_where_the_configuration_makes_no_sense(
    system: System,
) -> None:
    for text, language in {
        "phrases = 3": "en",
        "[phrases]\nlanguage = 3": "en",
        '[phrases]\nlanguage = "../../root"': "en",
        "[phrases": "en",
        '[phrases]\nlanguage = "de"': "de",
    }.items():
        system.write("/etc/kiosk/kiosk.toml", text)

        assert account.language(system) == language


def tarball(file: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made


@pytest.mark.parametrize(
    "wrong",
    [
        member("kiosk-9.0.0/../../etc/passwd"),
        member("/etc/passwd"),
        member("etc/passwd"),
        member("kiosk-9.0.0x/pyproject.toml"),
        member("kiosk-9.0.0/kiosk", tarfile.SYMTYPE, "/etc"),
        member("kiosk-9.0.0/kiosk", tarfile.LNKTYPE, "/etc/passwd"),
        member("kiosk-9.0.0/kiosk", tarfile.CHRTYPE),
        member("kiosk-9.0.0/kiosk", tarfile.FIFOTYPE),
    ],
)
def test_a_package_holds_nothing_but_files_of_its_own(
    wrong: tarfile.TarInfo, tmp_path: Path
) -> None:
    made, to = tarball(tmp_path / "made.tar.gz", wrong), tmp_path / "a/b/c"

    with pytest.raises(Refused, match="no place"):
        package.unpack(made, "9.0.0", to)

    assert [path for path in tmp_path.rglob("*") if path != made] == []


def test_a_package_that_swells_is_left_before_it_fills_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "LARGEST_MB", 1)
    swelling = member("kiosk-9.0.0/pyproject.toml")
    swelling.size = 2**20 + 1

    with pytest.raises(Refused, match="more than"):
        package.unpack(tarball(tmp_path / "made.tar.gz", swelling), "9.0.0", tmp_path / "to")

    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("content", [b"", b"no tarball", gzip.compress(b"no tarball" * 99)[:-9]])
def test_a_package_that_is_none_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    made = tmp_path / "made.tar.gz"
    made.write_bytes(content)

    with pytest.raises(Refused):
        package.unpack(made, "9.0.0", tmp_path / "to")
