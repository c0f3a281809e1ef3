"""What every benchmark of the kiosk says of itself: the machine, its load, how many runs."""

import argparse
import os
import platform
from collections.abc import Callable
from pathlib import Path

MOST_RUNS = 1000


def machine() -> Callable[[], str]:
    """Note how busy the machine is; what is returned says it again, with the load since then."""
    before = os.getloadavg()[0]
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.machine()
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"

    def now() -> str:
        load = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
        return f"{name}, {os.cpu_count()} cores, {system}; {load}"

    return now


def count(text: str) -> int:
    """Read how often something is to be done, for argparse."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MOST_RUNS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a count: give 1 to {MOST_RUNS}")
    return int(text)
