"""How old a process is, counted from its start and not from its first line of Python."""

import subprocess
import sys
import time

OWN_AGE = "from kiosk.adapters.processes import own_age_s; print(own_age_s())"
TICK_S = 0.01  # of the kernel's, in which starts are counted


def test_a_process_knows_how_long_ago_it_was_started() -> None:
    before = time.perf_counter()
    told = subprocess.run(
        [sys.executable, "-c", OWN_AGE], check=True, capture_output=True, text=True
    ).stdout
    elapsed_s = time.perf_counter() - before

    assert 0 < float(told) <= elapsed_s + TICK_S
