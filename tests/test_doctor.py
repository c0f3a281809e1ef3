"""What a technician is told by ``kiosk doctor``: of a kiosk that runs, and of one that does not."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kiosk import config_file
from kiosk.adapters.sqlite_store import open_store
from kiosk.cli import main
from kiosk.doctor import examining, finding, live
from kiosk.doctor.echo import check_sound
from kiosk.doctor.examining import MACHINE_CHECKS, SHOP_CHECKS, examine
from kiosk.doctor.finding import Check, Examined, Finding, State
from kiosk.doctor.unit import check_unit
from kiosk.errors import StartError
from kiosk.shop.identity import TRIES_A_DAY, Tries
from tests.adapters.disks import Disk, run_with_disk
from tests.adapters.tls_peer import Authority
from tests.shopmax.books import Books
from tests.shopmax.server import MAY_CHANGE, MAY_READ, ShopMax, shopmax
from tests.virtualtime import run_virtual

TODAY = date(2026, 11, 23)
NOBODY = 65534
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_kiosk_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SYSTEM_FILE", "SERVICE_STATE", "SERVICE_CREDENTIALS", "SERVICE_SECRETS"):
        monkeypatch.setattr(config_file, name, Path("/nowhere/kiosk"))
    monkeypatch.setattr(examining, "WAVES", (SHOP_CHECKS,))  # tests/doctor has the others


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"STATE_DIRECTORY": str(tmp_path / "state")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "shopmax.db"


def findings(
    environ: Mapping[str, str],
    path: Path | None = None,
    checks: Mapping[str, Check] | None = None,
) -> dict[str, Finding]:
    async def all_of_them() -> dict[str, Finding]:
        found = examine(path, environ, TODAY, checks)
        return {name: finding async for name, finding in found}

    return asyncio.run(all_of_them())


def use_store(file: Path, work: Callable[[Any], Awaitable[object]] | None = None) -> None:
    async def scenario() -> None:
        async with open_store(file, lambda: NOW) as store:
            if work:
                await work(store)

    asyncio.run(scenario())


def configured(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(text)
    return path


def test_a_fresh_kiosk_has_nothing_wrong_with_it(environ: dict[str, str], file: Path) -> None:
    found = findings(environ)

    assert list(found) == ["configuration", *SHOP_CHECKS]
    assert not [name for name, finding in found.items() if finding.state is State.ILL]
    assert found["store"].state is State.OPEN
    assert not file.exists()


def test_every_mistake_in_the_configuration_is_a_finding_and_the_rest_waits(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    path = configured(tmp_path, '[shop]\nallow_changes = "yes"\nbackend = "http"\nurl = ""\n')

    async def listed() -> list[tuple[str, Finding]]:
        return [found async for found in examine(path, environ, TODAY)]

    found = asyncio.run(listed())

    mistakes = [finding for name, finding in found if name == "configuration"]
    assert [mistake.state for mistake in mistakes] == [State.ILL] * 2
    assert "shop.allow_changes must be true or false" in mistakes[0].says
    assert [finding.state for _, finding in found[2:]] == [State.OPEN] * len(SHOP_CHECKS)


def test_how_the_machine_is_can_be_told_although_the_configuration_is_wrong(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    path = configured(tmp_path, "[shop\n")

    found = findings(environ, path, MACHINE_CHECKS)

    assert found["board"].state is not State.OPEN or "made for" in found["board"].to_do
    assert found["versions"].state is State.WELL
    assert found["disk"].says == found["button"].says
    assert found["disk"].says == "not looked at before the configuration is right"


def test_a_store_that_the_kiosk_is_using_is_looked_through_without_a_trace(
    environ: dict[str, str], file: Path
) -> None:
    async def while_it_runs() -> tuple[dict[str, Finding], int]:
        async with open_store(file, lambda: NOW) as store:
            await store.messages.take("Please call me back, Ada", "a visit")
            found = await asyncio.to_thread(findings, environ)
            return found, await store.messages.take("And soon", "a visit")

    found, reference = asyncio.run(while_it_runs())

    assert found["store"].state is State.WELL
    assert found["store"].says.endswith("shopmax.db is whole; 1 message waits")
    assert found["store"].to_do == "read them: kiosk messages"
    assert "Ada" not in repr(found)
    assert found["ShopMax"].state is State.WELL
    assert "all to try it on" in found["ShopMax"].says
    assert reference == 2


def test_a_damaged_store_that_was_moved_aside_is_told_until_somebody_has_looked(
    environ: dict[str, str], file: Path
) -> None:
    async def started() -> str:
        async with open_store(file, lambda: NOW) as store:
            await store.books.look()
            return store.books.trouble

    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"no database at all, and not for a long time")
    assert asyncio.run(started()) == "damaged"

    found = findings(environ)["store"]

    assert found.state is State.ILL
    assert "a damaged one was moved aside" in found.says
    assert ".damaged-" in found.to_do
    for part in file.parent.glob("*.damaged-*"):
        part.unlink()
    assert findings(environ)["store"].state is State.WELL
    assert asyncio.run(started()) == ""


def test_a_store_in_the_middle_of_a_change_is_looked_through_as_well(
    environ: dict[str, str], file: Path
) -> None:
    use_store(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as busy:
        busy.execute("BEGIN IMMEDIATE")

        assert findings(environ)["store"].state is State.WELL


def test_a_store_after_a_kill_is_looked_through_and_left_as_it_is(
    tmp_path: Path, environ: dict[str, str], file: Path
) -> None:
    use_store(file)
    with closing(sqlite3.connect(file)) as running, running:
        running.execute("UPDATE orders SET demo = 0")
        running.commit()
        state = tmp_path / "killed"
        state.mkdir()
        for part in file.parent.iterdir():  # as it lies on the disk with its write-ahead log
            (state / part.name).write_bytes(part.read_bytes())
    log = state / "shopmax.db-wal"
    logged = log.read_bytes()

    found = findings(environ | {"STATE_DIRECTORY": str(state)})

    assert found["store"].state is State.WELL
    assert "all to try it on" not in found["ShopMax"].says
    assert log.read_bytes() == logged


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            lambda file: file.write_bytes(b"nothing of ours" * 100),
            "is damaged: start the kiosk anew",
        ),
        (lambda file: _tear(file), "is damaged: start the kiosk anew"),
        (lambda file: _of_another(file), "is the database of another program"),
        (lambda file: _newer(file), "was made by a newer kiosk"),
    ],
    ids=["no database", "torn", "another program's", "newer"],
)
def test_a_store_that_the_kiosk_cannot_use_is_told_with_the_way_out(
    environ: dict[str, str], file: Path, spoil: Callable[[Path], object], says: str
) -> None:
    use_store(file)
    spoil(file)
    before = file.read_bytes()

    found = findings(environ)

    assert found["store"].state is State.ILL
    assert says in found["store"].says
    assert file.read_bytes() == before


def test_a_store_on_a_card_that_may_only_be_read_is_no_matter_of_who_looks(
    tmp_path: Path,
) -> None:
    async def scenario(disk: Disk) -> Finding:
        async with open_store(disk.place / "shopmax.db", lambda: NOW):
            pass
        disk.lock()
        found = examine(None, {"STATE_DIRECTORY": str(disk.place)}, TODAY)
        return {name: finding async for name, finding in found}["store"]

    found = run_with_disk(tmp_path / "card", scenario)

    assert found.state is State.ILL
    assert found.says.endswith("is on a disk that may only be read: look at the disk.")


def _tear(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for page in range(4096, len(content), 8192):
        content[page : page + 4096] = b"\xff" * 4096
    file.write_bytes(content)


def _of_another(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA application_id = 1")


def _newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 104")


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Be a user who may do little: root may write everywhere."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("directory", "mode", "says"),
    [
        (0o755, 0o644, "cannot be written by this user"),
        (0o755, 0o600, "cannot be read by this user"),
        (0o700, 0o600, "cannot be looked at by this user"),
    ],
)
def test_a_store_that_this_user_may_not_touch_is_told(directory: int, mode: int, says: str) -> None:
    with TemporaryDirectory() as root:  # not under the one of the tests, which is shut to others
        file = Path(root) / "state" / "shopmax.db"
        use_store(file)
        Path(root).chmod(0o755)
        file.chmod(mode if os.geteuid() == 0 else mode & 0o466)
        file.parent.chmod(directory if os.geteuid() == 0 else directory & 0o566)
        with as_somebody_else():
            found = findings({"STATE_DIRECTORY": str(file.parent)})
        file.parent.chmod(0o700)

    assert found["store"].state is State.ILL
    assert says in found["store"].says
    assert "root" in found["store"].says


def test_an_older_kiosks_store_waits_for_the_next_start(
    environ: dict[str, str], file: Path
) -> None:
    use_store(file)
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 1")

    found = findings(environ)

    assert found["store"].state is State.OPEN
    assert found["store"].says.endswith("the next start brings it up to date")


# The policy


def policy(tmp_path: Path, expires: str) -> Path:
    text = (Path(__file__).parent.parent / "config" / "policy.toml").read_text()
    line = next(line for line in text.splitlines() if line.startswith("expires"))
    (tmp_path / "policy.toml").write_text(text.replace(line, f"expires = {expires}"))
    return configured(tmp_path, f'[shop]\npolicy = "{tmp_path / "policy.toml"}"\n')


@pytest.mark.parametrize(
    ("expires", "state", "to_do"),
    [
        ("2027-12-31", State.WELL, ""),
        ("2026-11-30", State.WELL, "get the next one soon"),
        ("2026-11-23", State.WELL, "get the next one soon"),
        ("2026-11-22", State.ILL, "put the new one into shop.policy"),
    ],
)
def test_a_policy_is_told_before_it_expires_and_after(
    tmp_path: Path, environ: dict[str, str], expires: str, state: State, to_do: str
) -> None:
    found = findings(environ, policy(tmp_path, expires))["policy"]

    assert (found.state, found.to_do) == (state, to_do)
    assert expires in found.says


def test_mistakes_in_a_policy_are_told(tmp_path: Path, environ: dict[str, str]) -> None:
    path = configured(tmp_path, '[shop]\nstore = "atlantis"\n')

    found = findings(environ, path)["policy"]

    assert found.state is State.ILL
    assert "atlantis" in found.says


# The order service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ShopMax]:
    tls = Authority(tmp_path).server_context()
    with closing(Books(tmp_path / "service.db", lambda: TODAY)) as books, shopmax(books, tls) as it:
        yield it


def http(tmp_path: Path, service: ShopMax, token: str, more: str = "") -> Path:
    token_file = tmp_path / "token"
    token_file.write_text(token)
    token_file.chmod(0o600)
    return configured(
        tmp_path,
        f'[shop]\nbackend = "http"\nurl = "{service.url}"\nca_file = "{tmp_path / "ca.pem"}"\n'
        f'token_file = "{token_file}"\ndeadline_s = 10.0\n{more}',
    )


def test_the_order_service_is_named_with_what_its_token_may_do(
    tmp_path: Path, environ: dict[str, str], service: ShopMax
) -> None:
    found = findings(environ, http(tmp_path, service, MAY_READ))

    assert found["ShopMax"].state is State.WELL
    where = service.url.removeprefix("https://")
    assert found["ShopMax"].says.startswith(f"{where}: ShopMax 1.0.0, this token may only read; ")
    assert found["ShopMax"].says.endswith(" ms")
    assert found["changes"] == Finding(State.WELL, "the kiosk only reads, and so does the token")


@pytest.mark.parametrize(
    ("token", "more", "state", "says"),
    [
        (MAY_READ, "allow_changes = true", State.ILL, "but the token may only read"),
        (MAY_CHANGE, "", State.WELL, "although the token may change orders"),
        (MAY_CHANGE, "allow_changes = true", State.WELL, "and so does the token"),
        ("unknown", "allow_changes = true", State.OPEN, "ShopMax did not say"),
    ],
)
def test_a_token_that_does_not_fit_the_configuration_is_told(
    tmp_path: Path,
    environ: dict[str, str],
    service: ShopMax,
    token: str,
    more: str,
    state: State,
    says: str,
) -> None:
    found = findings(environ, http(tmp_path, service, token, more))["changes"]

    assert found.state is state
    assert says in found.says


def test_a_token_that_is_not_taken_is_told_and_not_shown(
    tmp_path: Path, environ: dict[str, str], service: ShopMax
) -> None:
    found = findings(environ, http(tmp_path, service, "tok-5ecret"))

    assert found["ShopMax"].state is State.ILL
    assert "not_allowed" in found["ShopMax"].says
    assert "ask ShopMax for a token" in found["ShopMax"].to_do
    assert "tok-5ecret" not in repr(found)


def test_a_service_that_is_not_there_is_told(tmp_path: Path, environ: dict[str, str]) -> None:
    path = configured(tmp_path, '[shop]\nbackend = "http"\nurl = "https://127.0.0.1:9"\n')

    found = findings(environ, path)["ShopMax"]

    assert (found.state, found.says) == (State.ILL, "127.0.0.1:9: no_answer")
    assert "look at the network" in found.to_do


def test_a_token_that_everybody_could_read_is_told(
    tmp_path: Path, environ: dict[str, str], service: ShopMax
) -> None:
    path = http(tmp_path, service, "tok-5ecret")
    (tmp_path / "token").chmod(0o644)

    found = findings(environ, path)

    assert found["ShopMax"].state is State.ILL
    assert "is open to everybody" in found["ShopMax"].says


# Whose kiosk it is


def test_the_service_s_own_store_and_token_are_looked_at_from_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, credentials = tmp_path / "var-lib-kiosk", tmp_path / "credentials"
    state.mkdir()
    credentials.mkdir()
    monkeypatch.setattr(config_file, "SERVICE_STATE", state)
    monkeypatch.setattr(config_file, "SERVICE_CREDENTIALS", credentials)
    use_store(state / "shopmax.db")

    shell = {"HOME": str(tmp_path / "home")}
    found = findings(shell)
    mine = findings({**shell, "STATE_DIRECTORY": str(tmp_path / "mine")})

    assert str(state) in found["store"].says
    assert str(tmp_path / "mine") in mine["store"].says
    assert config_file.as_the_service(shell)["CREDENTIALS_DIRECTORY"] == str(credentials)

    monkeypatch.setattr(config_file, "SERVICE_CREDENTIALS", tmp_path / "gone")  # it is stopped
    monkeypatch.setattr(config_file, "SERVICE_SECRETS", credentials)
    assert config_file.as_the_service(shell)["CREDENTIALS_DIRECTORY"] == str(credentials)


def test_the_service_s_own_store_is_looked_at_by_root_who_once_tried_a_kiosk_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, file = tmp_path / "var-lib-kiosk", tmp_path / "etc-kiosk.toml"
    use_store(state / "shopmax.db")
    shell = {"HOME": str(tmp_path / "home")}
    use_store(config_file.state_directory(shell) / "shopmax.db")
    monkeypatch.setattr(config_file, "SERVICE_STATE", state)
    monkeypatch.setattr(config_file, "SYSTEM_FILE", file)

    mine = findings(shell)
    file.touch()
    the_service_s = findings(shell)

    assert str(tmp_path / "home") in mine["store"].says
    assert str(state) in the_service_s["store"].says


def test_who_may_not_ask_the_running_kiosk_is_told_to_look_with_sudo(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> dict[str, Any]:
        raise StartError("it belongs to another user", 77)

    monkeypatch.setattr(finding, "ask", refused)
    found = findings(environ, checks={"sound test": check_sound, "unit": check_unit})

    assert found["sound test"].state is found["unit"].state is State.OPEN
    assert found["sound test"].to_do == "run this with sudo"
    assert "does not talk to this user" in found["unit"].says


# The checks themselves


def test_who_spends_all_tries_of_a_day_is_told_of(environ: dict[str, str], file: Path) -> None:
    spent = Tries(today=TRIES_A_DAY, last_at=NOW)
    use_store(file, lambda store: store.tries.keep(spent))
    today = findings(environ)["proof"]
    use_store(file, lambda store: store.tries.keep(replace(spent, last_at=NOW - timedelta(days=1))))
    tomorrow = findings(environ)["proof"]

    assert today.state is State.ILL
    assert "30 of 30" in today.says
    assert "guessing" in today.to_do
    assert (tomorrow.state, tomorrow.says) == (State.WELL, "0 of 30 wrong tries today")


def test_a_check_that_breaks_or_hangs_takes_no_other_along(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "CHECK_S", 0.05)

    async def breaks(_: Examined) -> Finding:
        raise ValueError("with a customer's name in it")

    async def hangs(_: Examined) -> Finding:
        await asyncio.Event().wait()
        raise AssertionError("nobody set it")

    async def works(_: Examined) -> Finding:
        return Finding(State.WELL, "fine")

    found = findings(environ, None, {"one": breaks, "two": hangs, "three": works})

    assert found["one"] == Finding(State.OPEN, "the check itself failed (ValueError)")
    assert found["two"].state is State.ILL
    assert found["three"] == Finding(State.WELL, "fine")


def test_a_program_that_is_too_slow_is_not_taken_for_one_that_is_not_there(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "systemctl"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(finding, "_PROGRAM_S", 0.05)

    found = findings(environ, None, {"unit": check_unit})["unit"]

    assert found.state is State.OPEN
    assert "systemctl did not answer" in found.says


def test_all_checks_that_hang_together_take_no_longer_than_all_may(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_: Examined) -> Finding:
        await asyncio.Event().wait()
        raise AssertionError("nobody set it")

    monkeypatch.setattr(examining, "WAVES", [{f"{at}": hangs, f"{at}b": hangs} for at in range(4)])

    async def timed() -> tuple[float, int]:
        now = asyncio.get_running_loop().time
        began = now()
        ill = [found async for found in examine(None, environ, TODAY)]
        return now() - began, sum(finding.state is State.ILL for _, finding in ill)

    took_s, ill = run_virtual(timed())

    assert ill == 8
    assert took_s < 15


def test_a_small_board_may_take_its_time_to_load_what_the_checks_need(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = False

    async def slowly(_: Examined) -> None:
        nonlocal loaded
        await asyncio.sleep(20.0)
        loaded = True

    async def answers(_: Examined) -> Finding:
        await asyncio.sleep(3.0 if loaded else 60.0)
        return Finding(State.WELL, "fine")

    heavy = {"TLS": answers}
    monkeypatch.setattr(live, "load", slowly)
    monkeypatch.setattr(examining, "HEAVY_CHECKS", heavy)
    monkeypatch.setattr(examining, "WAVES", [heavy])

    async def all_of_them() -> dict[str, Finding]:
        return {name: found async for name, found in examine(None, environ, TODAY)}

    assert run_virtual(all_of_them())["TLS"].state is State.WELL


# The command


def test_the_command_prints_a_line_a_check_and_says_by_its_code_whether_all_is_well(
    tmp_path: Path,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    code = main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    bad = main(["doctor", "--config", str(configured(tmp_path, "[shop]\nbackend = 1\n"))])
    told = capsys.readouterr()

    assert code == 0
    assert lines[0] == "✔ configuration  the built-in defaults"
    assert [line[0] for line in lines] == ["✔", "–", "–", "✔", "✔", "✔"]  # noqa: RUF001 - meant so
    assert bad == 1
    assert told.out.startswith("✘ configuration  ")
    assert " → correct it" in told.out
    assert told.err == "kiosk: There is something to do about 1 thing.\n"


def test_a_terminal_that_has_no_ticks_gets_plain_letters(tmp_path: Path) -> None:
    config = configured(tmp_path, "[shop]\nbackend = 1\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "kiosk", "doctor", "--config", str(config)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout.startswith("x configuration  ")
    assert " -> correct it" in done.stdout


def test_a_report_that_finds_no_room_says_so_in_a_sentence(tmp_path: Path) -> None:
    config = configured(tmp_path, "[shop]\nbackend = 1\n")
    command = [sys.executable, "-m", "kiosk", "doctor", "--config", str(config)]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, env=env, check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )

    assert done.returncode == 73
    assert done.stderr == "kiosk: there is no room left where this was to be written\n"


def test_a_disk_that_never_answers_keeps_nobody_waiting(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    os.mkfifo(policy)  # which nobody ever writes to
    config = configured(tmp_path, f'[shop]\npolicy = "{policy}"\n')
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": sys.path[0]}
    done = subprocess.run(
        [sys.executable, "-c", ONLY_SHOP, "doctor", "--config", str(config)],
        env=env, capture_output=True, text=True, check=False, timeout=40,
    )  # fmt: skip

    assert done.returncode == 1
    assert "✘ policy         no answer within 7 s" in done.stdout
    assert "✔ changes" in done.stdout


ONLY_SHOP = """
import sys
from kiosk.cli import main
from kiosk.doctor import examining
examining.WAVES = (examining.SHOP_CHECKS,)
sys.exit(main(sys.argv[1:]))
"""


def test_the_command_speaks_to_programs(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    code = main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)

    assert code == 0
    assert told["well"] is True
    assert [check["check"] for check in told["checks"]] == ["configuration", *SHOP_CHECKS]
    assert all(check.keys() == {"check", "state", "says", "to_do"} for check in told["checks"])
