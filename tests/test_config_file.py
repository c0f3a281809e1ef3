"""The configuration file: right as a whole, or every mistake at once."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from kiosk import config_file
from kiosk.cli import main
from kiosk.config_file import api_key, configured_socket, shop_token
from kiosk.errors import ConfigError
from kiosk.settings import Gate, Live, Settings, Shop
from kiosk.settings_file import bounds, load_settings

MANUAL = Path(__file__).parent.parent / "config" / "kiosk.toml"


@pytest.fixture(autouse=True)
def _no_system_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_file, "SYSTEM_FILE", tmp_path / "etc" / "kiosk.toml")


def mistakes_in(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "kiosk.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    return [mistake.removeprefix(f"{file}: ") for mistake in caught.value.mistakes]


def knobs() -> Iterator[tuple[str, type[BaseModel], str]]:
    for table, field in Settings.model_fields.items():
        model = field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        for name in model.model_fields:
            yield table, model, name


def test_the_manual_says_exactly_the_defaults() -> None:
    assert load_settings(MANUAL, {}) == Settings()


def manual_comments() -> dict[str, str]:
    comments: dict[str, str] = {}
    table, above = "", ""
    for line in MANUAL.read_text().splitlines():
        if heading := re.match(r"\[(\w+)\]", line):
            table = heading[1]
        elif line.startswith("#"):
            above += line
        elif key := re.match(r"(\w+) = ", line):
            comments[f"{table}.{key[1]}"] = above
        if not line.startswith("#"):
            above = ""
    return comments


def test_the_manual_has_every_key_with_a_comment() -> None:
    comments = manual_comments()

    assert list(comments) == [f"{table}.{name}" for table, _, name in knobs()]
    assert [key for key, comment in comments.items() if not comment] == []


def test_the_manual_says_every_range_as_it_is_checked() -> None:
    comments = manual_comments()
    ranged = 0
    for table, model, name in knobs():
        if any(hasattr(mark, "ge") for mark in model.model_fields[name].metadata):
            low, high = bounds(model, name)
            assert re.search(rf"\b{low:g} to {high:g}\b", comments[f"{table}.{name}"]), name
            ranged += 1
    assert ranged > 20


def test_the_manual_sends_nobody_to_a_command_that_is_not_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = set(re.findall(r"`kiosk ([a-z-]+)", MANUAL.read_text()))
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = set(re.findall(r"^    ([a-z-]+)\b", capsys.readouterr().out, re.MULTILINE))

    assert named <= commands
    assert "press" in named


def test_a_wrong_number_is_answered_with_those_that_are_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments, right in (
        (["volume", "40.5"], "a whole number from 0 to 100"),
        (["messages", "--done", "x"], "a whole number from 1 to 9007199254740992"),
        (["press", "--for", "61"], "a number from 0 to 60"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        assert f"is not {right};" in capsys.readouterr().err


def test_every_mistake_is_told_at_once_with_the_nearest_name(tmp_path: Path) -> None:
    found = mistakes_in(
        tmp_path,
        """
        [live]
        endpont = ""
        endpoint = "http://shop.example"
        [talk]
        hold_s = true
        follow_up_s = nan
        visit_s = 2
        tick_s = 5.0
        languages = ["en", "xx"]
        [audio]
        hold_s = 0.4
        volume = 7.5
        input = ""
        [lamp]
        status = [1, 2]
        microphone = 17
        [shop]
        backend = "htp"
        [phrases]
        language = "english"
        [taks]
        x = 1
        """,
    )

    assert set(found) == {
        "live.endpont is unknown; did you mean live.endpoint?",
        'live.endpoint must be "" or an address like https://host:port',
        "talk.hold_s must be a number",
        "talk.follow_up_s must be a finite number",
        "talk.languages must be a list of different languages out of de, en, es, fr, it, nl",
        "talk.visit_s is out of range: it may be 30 to 900",
        "[talk] tick_s, moment_s and sorry_s must grow in this order",
        "audio.hold_s is unknown; did you mean talk.hold_s?",
        "audio.volume must be a whole number",
        "audio.input must not be empty",
        "lamp.status must be a pin number 0 to 53, or three: [red, green, blue]",
        "GPIO 17 is given to two things in [button] and [lamp]",
        'shop.backend must be one of "sqlite" or "http"',
        'phrases.language must be two small letters, like "en"',
        "taks is unknown; did you mean talk?",
    }


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "AIza-very-secret"',
        'api_key_file = "AIza-very-secret"',
        'endpoint = "https://user:AIza-very-secret@shop.example"',
        'model = ["AIza-very-secret"]',
        'api_version = "AIza-very-secret"',
        'connect_s = "AIza-very-secret"',
    ],
)
def test_a_secret_in_the_wrong_place_is_never_repeated(tmp_path: Path, line: str) -> None:
    (mistake,) = mistakes_in(tmp_path, f"[live]\n{line}\n")

    assert "very-secret" not in mistake
    assert line.partition(" ")[0] in mistake


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("live = 3\n", "live must be a table, written [live]"),
        ("[gate]\nopen_votes = 11\n", "[gate] open_votes must not be more than open_window"),
        (
            "[gate]\nstay_probability = 0.9\n",
            "[gate] stay_probability must not be more than open_probability",
        ),
        ('[shop]\nbackend = "http"\n', '[shop] backend "http" needs url'),
        ("[button]\nmute_hold_s = 1\n", "button.mute_hold_s must be 0 (off), or 3 to 10"),
        (
            "[button]\nmute_hold_s = 8\n",
            "[button] stuck_s must be at least twice mute_hold_s",
        ),
        ("[button]\npin = 54\n", "button.pin is out of range: it may be 0 to 53"),
        (
            "[button]\nzzzz = 1\n",
            "button.zzzz is unknown; there are kind, pin, chip, bounce_s, mute_hold_s, stuck_s",
        ),
        (
            '[live]\nendpoint = "https://host:port"\n',
            'live.endpoint must be "" or an address like https://host:port',
        ),
        (
            '[shop]\npolicy = "policy.toml"\n',
            "shop.policy must be the absolute path of a file, starting with /",
        ),
    ],
)
def test_each_kind_of_mistake_has_its_sentence(tmp_path: Path, text: str, mistake: str) -> None:
    assert mistakes_in(tmp_path, text) == [mistake]


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (mistake,) = mistakes_in(tmp_path, '[live]\nmodel = "x"\nvoice = \n')

    assert "is not valid TOML" in mistake
    assert "line 3" in mistake


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read: No such file"):
        load_settings(tmp_path / "missing.toml", {})
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_settings(None, {"KIOSK_CONFIG": str(tmp_path)})
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not a text file in UTF-8"):
        load_settings(binary, {})


def test_the_file_is_looked_for_in_the_promised_order(tmp_path: Path) -> None:
    assert load_settings(None, {}) == Settings()

    config_file.SYSTEM_FILE.parent.mkdir()
    config_file.SYSTEM_FILE.write_text("[audio]\nvolume = 1\n")
    assert load_settings(None, {}).audio.volume == 1

    named = tmp_path / "named.toml"
    named.write_text("[audio]\nvolume = 2\n")
    assert load_settings(None, {"KIOSK_CONFIG": str(named)}).audio.volume == 2

    chosen = tmp_path / "chosen.toml"
    chosen.write_text("[audio]\nvolume = 3\n")
    assert load_settings(chosen, {"KIOSK_CONFIG": str(named)}).audio.volume == 3


def test_whole_numbers_are_fine_where_fractions_are(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text("[talk]\nfollow_up_s = 5\n[lamp]\nstatus = [5, 6, 13]\n")

    settings = load_settings(file, {})

    assert settings.talk.follow_up_s == 5.0
    assert settings.lamp.pins == (5, 6, 13, 27)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Gate().open_votes = 3


def test_the_key_comes_from_its_file_then_the_credential_then_the_environment(
    tmp_path: Path,
) -> None:
    environ = {"GEMINI_API_KEY": "from-environment\n"}
    assert api_key(Settings(), {}) is None
    assert api_key(Settings(), {"GEMINI_API_KEY": " "}) is None
    assert api_key(Settings(), environ) == "from-environment"

    environ["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    assert api_key(Settings(), environ) == "from-environment"
    (tmp_path / "gemini-api-key").write_text("from-credential\n")
    assert api_key(Settings(), environ) == "from-credential"

    (tmp_path / "key").write_text("from-file\n")
    (tmp_path / "key").chmod(0o640)
    named = Settings(live=Live(api_key_file=str(tmp_path / "key")))
    assert api_key(named, environ) == "from-file"


def test_a_key_file_that_holds_no_key_is_told_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "key"
    named = Settings(live=Live(api_key_file=str(file)))

    with pytest.raises(ConfigError, match=r"live\.api_key_file: .* cannot be read: No such file"):
        api_key(named, {})
    file.write_text("two words")
    with pytest.raises(ConfigError, match="does not hold one API key") as caught:
        api_key(named, {})
    assert "two words" not in str(caught.value)


def test_the_blank_line_of_a_unit_without_a_key_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "gemini-api-key").write_text("\n")
    (tmp_path / "shopmax-token").write_text("\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    assert api_key(Settings(), environ) is None
    assert shop_token(Settings(), environ) is None


def test_the_token_for_shopmax_comes_from_its_file_then_the_credential_and_from_nowhere_else(
    tmp_path: Path,
) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert shop_token(Settings(), {}) is None
    assert shop_token(Settings(), environ) is None
    (tmp_path / "shopmax-token").write_text("from-credential\n")
    assert shop_token(Settings(), environ) == "from-credential"

    file = tmp_path / "token"
    file.write_text("from-file\n")
    file.chmod(0o640)
    named = Settings(shop=Shop(token_file=str(file)))
    assert shop_token(named, environ) == "from-file"


@pytest.mark.parametrize("mode", [0o644, 0o642, 0o641])
@pytest.mark.parametrize("which", ["live.api_key_file", "shop.token_file"])
def test_a_secret_that_everybody_on_the_machine_could_read_is_refused_with_the_way_out(
    tmp_path: Path, mode: int, which: str
) -> None:
    file = tmp_path / "secret"
    file.write_text("tok-5ecret\n")
    file.chmod(mode)
    table, _, key = which.partition(".")
    settings = Settings.model_validate({table: {key: str(file)}})

    with pytest.raises(ConfigError, match="is open to everybody") as caught:
        api_key(settings, {}) if table == "live" else shop_token(settings, {})

    assert str(caught.value) == f"{which}: {file} is open to everybody; chmod o= {file}"


def test_state_and_socket_stand_where_systemd_or_the_desktop_says() -> None:
    home = {"HOME": "/home/ada"}
    state, run = config_file.state_directory, config_file.control_socket_path

    assert state(home) == Path("/home/ada/.local/state/kiosk")
    assert state({**home, "XDG_STATE_HOME": "/x"}) == Path("/x/kiosk")
    assert state({**home, "STATE_DIRECTORY": "/var/lib/kiosk:/var/lib/b"}) == Path("/var/lib/kiosk")
    assert run("", {"XDG_RUNTIME_DIR": "/run/user/7"}) == Path("/run/user/7/kiosk/control.sock")
    assert run("", {"RUNTIME_DIRECTORY": "/run/kiosk"}) == Path("/run/kiosk/control.sock")
    assert run("", {}).parent.name.startswith("kiosk-")
    assert run("/s", {}) == Path("/s")


def test_commands_find_our_own_daemon_first_and_else_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, environ = tmp_path / "service.sock", {"RUNTIME_DIRECTORY": str(tmp_path)}
    monkeypatch.setattr(config_file, "SERVICE_SOCKET", service)
    find = config_file.find_control_socket

    assert find("", environ) == tmp_path / "control.sock"
    service.touch()
    assert find("", environ) == service
    assert find("/s", environ) == Path("/s")
    (tmp_path / "control.sock").touch()
    assert find("", environ) == tmp_path / "control.sock"


def test_who_asks_a_running_kiosk_need_not_mend_the_rest_of_its_file_first(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text('[control]\nsocket = "/s"\n[audio]\nvolume = 900\n')
    assert configured_socket(file, {}) == "/s"
    assert configured_socket(None, {"KIOSK_CONFIG": str(file)}) == "/s"

    file.write_text("[audio]\nvolume = 900\n")
    assert configured_socket(file, {}) == configured_socket(None, {}) == ""

    for wrong in ('[control]\nsocket = "s"', "[control]\nsocket = 5", 'control = "/s"', "["):
        file.write_text(wrong)
        with pytest.raises(ConfigError):
            configured_socket(file, {})
