"""What the installation chooses and writes, on machines that are only directories."""

import errno
import os
import pwd
import subprocess
from pathlib import Path

import pytest

from scripts.appliance import __main__ as appliance
from scripts.appliance import (
    account,
    board,
    debian,
    gate,
    install,
    removal,
    sound,
    source,
    trial,
    units,
    versions,
)
from scripts.appliance.errors import CONFIG, Refused
from scripts.appliance.sound import Card, Choice
from scripts.appliance.system import System
from tests.appliance.machine import OLD, REPOSITORY, make_key

USB_MICROPHONE = Card("Device", "USB", hears=True, speaks=False)
HDMI = Card("vc4hdmi0", "", hears=False, speaks=True)
HEADPHONES = Card("Headphones", "", hears=False, speaks=True)
AMPLIFIER = Card("MAX98357A", "", hears=False, speaks=True)
HEADSET = Card("Headset", "USB", hears=True, speaks=True)
NOBODY_S = Choice("", "")


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


def put(system: System, place: str, text: str) -> Path:
    path = system.at(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("there", "overlay", "choice"),
    [
        ([], "", Choice("", "")),
        ([HDMI, USB_MICROPHONE, AMPLIFIER], "", Choice("Device", "MAX98357A")),
        ([HDMI, HEADPHONES, USB_MICROPHONE], "MAX98357A", Choice("Device", "MAX98357A")),
        ([HEADPHONES, HEADSET], "", Choice("Headset", "Headset")),
        ([HDMI], "", Choice("", "")),  # a screen is no speaker
    ],
)
def test_microphone_and_amplifier_are_chosen_from_the_cards_there_are(
    there: list[Card], overlay: str, choice: Choice
) -> None:
    assert sound.choose(there, NOBODY_S, NOBODY_S, overlay) == choice


def test_the_technician_s_choice_of_cards_wins() -> None:
    named = Choice("A", "B")

    assert sound.choose([HEADSET], named, NOBODY_S, "MAX98357A") == named


def test_alsa_lists_microphone_and_speaker_by_the_names_in_the_configuration(
    system: System,
) -> None:
    file = put(system, "/alsa.conf", sound.text(Choice("Device", "MAX98357A")))
    listing = """
import ctypes
alsa, hints = ctypes.CDLL("libasound.so.2"), ctypes.POINTER(ctypes.c_void_p)()
assert alsa.snd_device_name_hint(-1, b"pcm", ctypes.byref(hints)) == 0
alsa.snd_device_name_get_hint.restype = ctypes.c_char_p
for hint in hints:
    if not hint:
        break
    print(alsa.snd_device_name_get_hint(ctypes.c_void_p(hint), b"NAME").decode())
"""

    listed = subprocess.run(
        ["python3", "-c", listing], check=True, capture_output=True, text=True,
        env={**os.environ, "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{file}"},
    ).stdout.split()  # fmt: skip

    assert {sound.MICROPHONE, sound.SPEAKER} <= set(listed)


def test_a_sound_configuration_that_is_not_ours_is_left_alone(system: System) -> None:
    theirs = put(system, "/etc/asound.conf", "pcm.!default null\n")

    assert sound.place(system, Choice("Device", "MAX98357A")) == Choice("", "")

    assert theirs.read_text() == "pcm.!default null\n"
    assert system.at(sound.ASIDE).is_file()


def test_a_new_configuration_names_the_devices_and_moves_the_light_for_the_amplifier(
    system: System,
) -> None:
    usable = sound.place(system, Choice("Device", "MAX98357A"))

    account.place_settings(system, REPOSITORY, usable, overlay=True)

    lines = system.at(account.FILE).read_text().splitlines()
    assert {'input = "kiosk_microphone"', 'output = "kiosk_speaker"', "status = 23"} <= set(lines)


def test_the_shop_s_own_configuration_is_kept(system: System) -> None:
    own = put(system, "/etc/kiosk/kiosk.toml", "[audio]\nvolume = 30\n")

    account.place_settings(system, REPOSITORY, Choice("a", "b"), overlay=True)

    assert own.read_text() == "[audio]\nvolume = 30\n"


def test_the_amplifier_is_switched_on_once_and_taken_out_again(system: System) -> None:
    before = "dtparam=audio=on\n[cm4]\notg_mode=1\n"
    config = put(system, "/boot/firmware/config.txt", before)

    assert board.place_amplifier(system, "max98357a", pi=True) == "MAX98357A"
    assert config.read_text().endswith("[all]\ndtoverlay=max98357a\n")
    with_it = config.read_text()
    board.place_amplifier(system, "max98357a", pi=True)
    assert config.read_text() == with_it

    board.remove_amplifier(system)
    assert config.read_text() == before


def test_who_installs_again_without_naming_the_amplifier_keeps_what_there_was(
    system: System,
) -> None:
    put(system, "/boot/firmware/config.txt", "dtparam=audio=on\n")

    assert board.amplifier_of(system, again=False) == "max98357a"
    assert board.amplifier_of(system, again=True) == "none"  # it was said the last time
    for name in board.CARDS:
        board.place_amplifier(system, name, pi=True)
        assert board.amplifier_of(system, again=True) == name


def test_a_light_on_the_amplifier_s_pin_is_told_where_the_configuration_is_kept(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    put(system, "/etc/kiosk/kiosk.toml", "[lamp]\nstatus = 18\n")

    account.place_settings(system, REPOSITORY, Choice("", ""), overlay=True)

    assert "lamp.status is on GPIO 18" in capsys.readouterr().out


def test_an_amplifier_that_somebody_chose_is_left_alone(system: System) -> None:
    config = put(system, "/boot/firmware/config.txt", "dtoverlay=hifiberry-dac\n")

    assert board.place_amplifier(system, "max98357a", pi=True) == ""

    assert config.read_text() == "dtoverlay=hifiberry-dac\n"


def test_wi_fi_never_sleeps_and_never_gives_up_on_a_pi(system: System) -> None:
    system.at(board.WIFI.parent).mkdir(parents=True)

    board.place_wifi(system, pi=True)

    said = system.at(board.WIFI).read_text()
    for line in ("wifi.powersave=2", "autoconnect-retries-default=0", "connection.auth-retries=0"):
        assert line in said
    board.remove_wifi(system)
    assert not system.at(board.WIFI).exists()


@pytest.mark.parametrize(
    ("told", "warned"),
    [
        ("default\n-1\n-1", False),
        ("disable\n0\n0", False),
        ("0 (default)\n-1 (default)\n0 (forever)", False),
        ("enable\n-1\n-1", True),
        ("ignore\n-1\n-1", True),
        ("default\n4\n-1", True),
        ("default\n-1\n3", True),
    ],
)
def test_a_wi_fi_profile_is_told_of_only_when_it_would_sleep_or_give_up(
    told: str, warned: bool, system: System, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    nmcli = put(system, "/bin/nmcli", f"""#!/bin/sh
case "$*" in
  *UUID,TYPE,NAME*) echo 5d2f0b0e:802-11-wireless:shop; echo e840c2e1:loopback:lo ;;
  *) echo '{told}' ;;
esac
""")  # fmt: skip
    nmcli.chmod(0o755)
    monkeypatch.setenv("PATH", str(nmcli.parent), prepend=os.pathsep)
    system.at(board.WIFI.parent).mkdir(parents=True)

    board.place_wifi(system, pi=True)

    assert ("nmcli connection modify 5d2f0b0e" in capsys.readouterr().out) == warned


def test_the_network_of_another_machine_is_only_explained(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    system.at(board.WIFI.parent).mkdir(parents=True)

    board.place_wifi(system, pi=False)

    assert not system.at(board.WIFI).exists()
    assert "autoconnect-retries 0" in capsys.readouterr().out


def test_a_pi_is_known_by_its_device_tree_or_its_revision(system: System) -> None:
    assert not board.is_pi(system)
    put(system, "/proc/cpuinfo", "processor\t: 0\nRevision\t: c03115\n")
    assert board.is_pi(system)
    put(system, "/proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    assert board.is_pi(system)


def test_what_runs_is_locked_and_what_tests_stays_away() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text()

    runs = source.runtime_lock(lock)
    names = {line.split("==")[0] for line in runs.splitlines() if line[:1].isalnum()}

    assert {"google-genai", "pyaudio", "faster-whisper", "pydantic-core", "certifi"} <= names
    assert not {"pytest", "ruff", "mypy", "hypothesis", "schemathesis", "hatchling"} & names
    assert runs.count("--hash=sha256:") >= len(names)
    builders = source.builders_lock(lock)
    assert {"hatchling", "setuptools", "pluggy"} <= {
        line.split("==")[0] for line in builders.splitlines() if line[:1].isalnum()
    }


def test_another_system_is_refused_in_a_sentence(system: System) -> None:
    put(system, "/etc/os-release", 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04"\n')

    with pytest.raises(Refused, match="Debian 12"):
        debian.check_machine(system)


def test_a_person_called_kiosk_is_not_taken_for_the_service(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = pwd.struct_passwd(("kiosk", "x", 1000, 1000, "", "/home/kiosk", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwnam", lambda _name: person)
    dry = System(system.root, dry=True)

    with pytest.raises(Refused) as refused:
        account.place_user(dry)

    assert refused.value.exit_code == CONFIG


def test_a_dry_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    system = System(tmp_path, dry=True)
    put(system, "/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    before = sorted(tmp_path.rglob("*"))

    install.install(system, install.Wishes("", "", "max98357a", None, pi=True))
    removal.uninstall(system, keep_data=False)

    assert sorted(tmp_path.rglob("*")) == before
    said = capsys.readouterr().out
    assert f"would: link {versions.CURRENT}" in said
    assert "would: link /etc/systemd/system/kiosk.service to /opt/kiosk/current" in said


def test_removal_keeps_what_is_the_shop_s_when_that_is_wished(system: System) -> None:
    kept = ("/etc/kiosk/kiosk.toml", "/etc/kiosk/credentials/gemini-api-key",
            "/etc/kiosk/update-key", "/var/lib/kiosk/shopmax.db")  # fmt: skip
    gone = ("/opt/kiosk/0.1.0/complete", "/opt/kiosk/settle", "/etc/sysctl.d/90-kiosk.conf")
    for place in (*kept, *gone):
        put(system, place, "x\n")
    sound.place(system, Choice("Device", "MAX98357A"))
    units.place(system, REPOSITORY)
    trial.place_settle(system)

    removal.uninstall(system, keep_data=True)

    left = {f"/{path.relative_to(system.root)}" for path in system.root.rglob("*")}
    assert {place for place in left if not system.at(place).is_dir()} == set(kept)
    removal.uninstall(system, keep_data=False)
    assert [path for path in system.root.rglob("*") if not path.is_dir()] == []


def test_a_configuration_that_nobody_changed_takes_up_a_microphone_plugged_in_later(
    system: System,
) -> None:
    account.place_settings(system, REPOSITORY, Choice("", ""), overlay=False)
    account.place_settings(system, REPOSITORY, Choice(sound.MICROPHONE, ""), overlay=False)
    assert 'input = "kiosk_microphone"' in system.read(account.FILE).splitlines()

    own = system.read(account.FILE) + "# ours\n"
    put(system, str(account.FILE), own)
    account.place_settings(system, REPOSITORY, Choice("", sound.SPEAKER), overlay=False)
    assert system.read(account.FILE) == own


def test_the_amplifier_may_be_chosen_anew_and_its_card_is_known_before_the_restart(
    system: System,
) -> None:
    config = put(system, "/boot/firmware/config.txt", "dtparam=audio=on\n")

    assert board.place_amplifier(system, "max98357a", pi=True) == "MAX98357A"
    assert board.place_amplifier(system, "max98357a", pi=True) == "MAX98357A"
    assert board.place_amplifier(system, "hifiberry-dac", pi=True) == "sndrpihifiberry"
    assert "max98357a" not in config.read_text()
    assert board.place_amplifier(system, "none", pi=True) == ""
    assert config.read_text() == "dtparam=audio=on\n"


def test_a_private_key_is_never_taken_for_the_public_one(system: System, tmp_path: Path) -> None:
    key = tmp_path / "key"
    make_key(key)
    wishes = install.Wishes("", "", "none", key, pi=False)
    put(system, "/etc/os-release", "ID=debian\nVERSION_ID=13\n")

    with pytest.raises(Refused, match=r"\.pub"):
        install.install(system, wishes)

    assert not system.at(account.UPDATE_KEY).exists()


@pytest.mark.parametrize(
    ("number", "way_out"), [(errno.ENOSPC, "make room"), (errno.EROFS, "mount -o remount,rw")]
)
def test_a_full_or_read_only_disk_is_said_with_the_way_out(
    number: int, way_out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> int:
        raise OSError(number, os.strerror(number), "/etc/kiosk/kiosk.toml")

    monkeypatch.setattr(appliance, "_carry_out", fails)

    assert appliance.main(["uninstall"]) == 71
    assert way_out in capsys.readouterr().err


@pytest.mark.parametrize("command", ["install", "update", "uninstall", "package"])
def test_a_wrong_argument_is_answered_in_a_line(command: str) -> None:
    done = subprocess.run(
        [REPOSITORY / "scripts" / command, "--nonsense"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 64
    assert len(done.stderr.splitlines()) == 1


def test_what_is_put_in_place_can_be_read_by_all_whatever_root_is_used_to(system: System) -> None:
    before = os.umask(0o077)
    try:
        system.write("/etc/one/file", "")
        system.link("/etc/two/link", "/etc/one/file")
    finally:
        os.umask(before)

    modes = {place: system.at(place).stat().st_mode & 0o777 for place in ("/etc/one", "/etc/two")}
    assert modes == {"/etc/one": 0o755, "/etc/two": 0o755}
    assert system.at("/etc/one/file").stat().st_mode & 0o777 == 0o644


def test_a_board_without_room_for_a_local_service_is_not_asked_a_question_and_says_so(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    put(system, "/proc/meminfo", "MemTotal:         437000 kB\nMemFree: 1 kB\n")

    assert gate.answers(system, OLD) == ""

    assert "No question was asked" in capsys.readouterr().out


def test_the_way_back_is_a_sound_unit_and_confined(tmp_path: Path) -> None:
    placed = System(tmp_path)
    trial.place_settle(placed)
    unit = placed.at(trial.SETTLE_UNIT)
    unit.write_text(unit.read_text().replace(f"={trial.SETTLE}", f"={placed.at(trial.SETTLE)}"))

    verified = analysed("verify", str(unit))
    exposed = analysed("security", "--offline=yes", "--threshold=15", str(unit))

    assert [line for line in verified.stderr.splitlines() if unit.name in line] == []
    assert exposed.returncode == 0, exposed.stdout


def analysed(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *words], check=False, capture_output=True, text=True)
