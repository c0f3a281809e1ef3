"""Where the configuration, the state and the key of a kiosk are.

Light, so that a command for a running kiosk is: the models of the settings are not loaded here.
"""

import errno
import os
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.errors import ConfigError, StartError

if TYPE_CHECKING:
    from kiosk.settings import Settings

SYSTEM_FILE = Path("/etc/kiosk/kiosk.toml")
SERVICE_SOCKET = Path("/run/kiosk/control.sock")  # RuntimeDirectory= of the unit
SERVICE_STATE = Path("/var/lib/kiosk")  # StateDirectory=
SERVICE_CREDENTIALS = Path("/run/credentials/kiosk.service")  # LoadCredential=, while it runs
SERVICE_SECRETS = Path("/etc/kiosk/credentials")  # where the unit takes them from
CREDENTIAL = "gemini-api-key"  # its name in the unit's LoadCredential=
SHOP_CREDENTIAL = "shopmax-token"


_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
_PROBE_BYTES = 4096


def settings_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the file that is read: ``path``, $KIOSK_CONFIG or the system's; None for none."""
    if chosen := path or environ.get("KIOSK_CONFIG"):
        return Path(chosen)
    return SYSTEM_FILE if SYSTEM_FILE.exists() else None


def api_key(settings: "Settings", environ: Mapping[str, str]) -> str | None:
    """Return the key of the Live API, or None when nobody gave one.

    From ``live.api_key_file``, else systemd's credential, else $GEMINI_API_KEY. Raises
    ConfigError when the file that was named cannot be read, holds no key, or can be read by
    everybody.
    """
    if settings.live.api_key_file:
        return _private_secret(Path(settings.live.api_key_file), "live.api_key_file", "API key")
    given = _credential(environ, CREDENTIAL, "API key")
    return given or environ.get("GEMINI_API_KEY", "").strip() or None


def shop_token(settings: "Settings", environ: Mapping[str, str]) -> str | None:
    """Return the token for the ShopMax order service, or None when nobody gave one.

    From ``shop.token_file``, else systemd's credential. Raises ConfigError when the file that was
    named cannot be read, holds no token, or can be read by everybody.
    """
    if not settings.shop.token_file:
        return _credential(environ, SHOP_CREDENTIAL, "token")
    return _private_secret(Path(settings.shop.token_file), "shop.token_file", "token")


def state_directory(environ: Mapping[str, str]) -> Path:
    """Return where the kiosk keeps what must survive a restart. It may not exist yet."""
    if given := environ.get("STATE_DIRECTORY"):
        return Path(given.partition(":")[0])  # systemd lists several with colons
    if given := environ.get("XDG_STATE_HOME"):
        return Path(given) / "kiosk"
    return _home(environ) / ".local" / "state" / "kiosk"


def is_of_the_disk(err: BaseException | None) -> bool:
    """Tell whether a disk is full, broken or may not be written: nobody set that up like that."""
    return isinstance(err, OSError) and err.errno in _DISK_ERRORS


def writable(state: Path) -> Path:
    """Make the state directory, try that it can be written, and return it.

    Raises StartError (73) that names it and the way out.
    """
    probe = state / ".writable"
    try:
        state.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(bytes(_PROBE_BYTES))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as err:
        raise StartError(
            f"The state directory {state} cannot be written ({err.strerror}):"
            " make it writable, or name another in $STATE_DIRECTORY.",
            73,  # EX_CANTCREAT of sysexits(3)
        ) from err
    return state


def runtime_directory(environ: Mapping[str, str]) -> Path:
    """Return the directory of the control socket. It may not exist yet; make it 0700."""
    if given := environ.get("RUNTIME_DIRECTORY"):
        return Path(given.partition(":")[0])
    if given := environ.get("XDG_RUNTIME_DIR"):
        return Path(given) / "kiosk"
    return Path(tempfile.gettempdir()) / f"kiosk-{os.getuid()}"


def configured_socket(path: Path | None, environ: Mapping[str, str]) -> str:
    """Return what the configuration says of the control socket, and check nothing else.

    Whoever asks a running kiosk need not wait for that, nor mend the file first. Raises
    ConfigError.
    """
    file = settings_file(path, environ)
    control = read_toml(file).get("control", {}) if file else {}
    socket = control.get("socket", "") if isinstance(control, dict) else None
    if not isinstance(socket, str) or (socket and not socket.startswith("/")):
        raise ConfigError([f"{file}: control.socket must be the absolute path of a file"])
    return socket


def control_socket_path(configured: str, environ: Mapping[str, str]) -> Path:
    """Return where a daemon that runs as we do has its control socket."""
    return Path(configured) if configured else runtime_directory(environ) / "control.sock"


def find_control_socket(configured: str, environ: Mapping[str, str]) -> Path:
    """Return the control socket to ask: our own daemon's, else the system service's."""
    ours = control_socket_path(configured, environ)
    if configured or ours.exists() or not SERVICE_SOCKET.exists():
        return ours
    return SERVICE_SOCKET


def as_the_service(environ: Mapping[str, str], file: Path | None = None) -> Mapping[str, str]:
    """Return the environment with the system service's state and credentials.

    For who looks at a kiosk and is none: their own state stays when a kiosk of theirs has any,
    unless the configuration in ``file`` is the service's.
    """
    theirs = dict(environ)
    # What a link leads to is not for everybody to see; the link is.
    serves = SERVICE_STATE.is_symlink() or SERVICE_STATE.is_dir()
    mine_stays = file != SYSTEM_FILE and state_directory(environ).is_dir()
    if serves and not environ.get("STATE_DIRECTORY") and not mine_stays:
        theirs["STATE_DIRECTORY"] = str(SERVICE_STATE)
    if not environ.get("CREDENTIALS_DIRECTORY"):
        # Not the service's copies first: of one that falls they may be gone while somebody looks.
        for place in (SERVICE_SECRETS, SERVICE_CREDENTIALS):
            if os.access(place, os.X_OK):
                theirs["CREDENTIALS_DIRECTORY"] = str(place)
                break
    return theirs


def secrets_hidden(environ: Mapping[str, str]) -> bool:
    """Tell whether the system service may have secrets that who looks may not see."""
    return not environ.get("CREDENTIALS_DIRECTORY") and SERVICE_SECRETS.is_dir()


def open_secret() -> Path | None:
    """Return a secret of the system service that everybody on the machine can read.

    The service cannot see that: systemd hands it a copy.
    """
    files = (SERVICE_SECRETS / name for name in (CREDENTIAL, SHOP_CREDENTIAL))
    try:
        closed = not SERVICE_SECRETS.stat().st_mode & stat.S_IXOTH
        return next((file for file in files if not closed and _is_everybodys(file)), None)
    except OSError:
        return None


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def read_toml(path: Path) -> dict[str, Any]:
    """Read a configuration file, unchecked. Raises ConfigError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ConfigError([f"{path}: cannot be read: {err.strerror}"]) from err
    except UnicodeDecodeError as err:
        raise ConfigError([f"{path}: is not a text file in UTF-8"]) from err
    except tomllib.TOMLDecodeError as err:
        raise ConfigError([f"{path}: is not valid TOML: {err}"]) from err


def _credential(environ: Mapping[str, str], name: str, what: str) -> str | None:
    directory = environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        return None
    file = Path(directory, name)
    try:
        if not file.exists() or file.read_bytes().isspace():
            return None  # a blank line is the unit's own, where nobody gave one
    except OSError as err:
        raise ConfigError([f"credential {name}: {file} cannot be read: {err.strerror}"]) from err
    return _secret_in(file, f"credential {name}", what)


def _private_secret(path: Path, named: str, what: str) -> str:
    """Return the secret in a file that is not everybody's. What systemd hands over never is."""
    secret = _secret_in(path, named, what)
    if _is_everybodys(path):
        raise ConfigError([f"{named}: {path} is open to everybody; chmod o= {path}"])
    return secret


def _is_everybodys(file: Path) -> bool:
    return file.exists() and bool(file.stat().st_mode & stat.S_IRWXO)


def _secret_in(path: Path, named: str, what: str) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as err:
        raise ConfigError([f"{named}: {path} cannot be read: {err.strerror}"]) from err
    except UnicodeDecodeError as err:
        raise ConfigError([f"{named}: {path} is not a text file"]) from err
    if not secret or not secret.isprintable() or not secret.isascii() or " " in secret:
        raise ConfigError([f"{named}: {path} does not hold one {what} and nothing else"])
    return secret
