"""The service manager: systemd's notification protocol, or nobody.

Source: sd_notify(3) and sd_watchdog_enabled(3).
"""

import os
from collections.abc import Mapping

from systemd.daemon import notify

from kiosk.ports import ServiceManager


class _Systemd:
    def ready(self) -> None:
        notify("READY=1")

    def more_time(self, seconds: float) -> None:
        notify(f"EXTEND_TIMEOUT_USEC={seconds * 1e6:.0f}")

    def alive(self) -> None:
        notify("WATCHDOG=1")

    def status(self, text: str) -> None:
        notify(f"STATUS={' '.join(text.splitlines())}")

    def stopping(self) -> None:
        notify("STOPPING=1")


class _Nobody:
    def ready(self) -> None:
        pass

    def more_time(self, seconds: float) -> None:
        pass

    def alive(self) -> None:
        pass

    def status(self, text: str) -> None:
        pass

    def stopping(self) -> None:
        pass


def service_manager(environ: Mapping[str, str]) -> ServiceManager:
    """Return systemd when it started us and wants to be told, else an object that tells nobody."""
    return _Systemd() if environ.get("NOTIFY_SOCKET") else _Nobody()


def watchdog_period_s(environ: Mapping[str, str]) -> float | None:
    """Return how often systemd wants a sign of life, in seconds; None when it does not.

    Half the unit's ``WatchdogSec``, as sd_watchdog_enabled(3) advises.
    """
    given = environ.get("WATCHDOG_USEC", "")
    if not given.isdecimal() or int(given) == 0:
        return None
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None  # meant for our parent
    return int(given) / 2_000_000
