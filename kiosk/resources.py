"""Files that come with the kiosk: installed beside the code, or in a checkout's ``config``."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def packaged(name: str) -> Path:
    """Return the path of a packaged file, for example ``policy.toml``.

    Whoever opens the file finds out when an installation lacks it.
    """
    installed = _PACKAGE / "_config" / name
    return installed if installed.is_file() else _PACKAGE.parent / "config" / name
