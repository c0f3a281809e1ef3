"""httpx is loaded without its command line, and is otherwise the whole of it."""

import subprocess
import sys

LOAD = """
import sys
from kiosk.adapters.httpx_alone import leave_out_its_command
leave_out_its_command()
import httpx
assert issubclass(httpx.AsyncClient, object)
print({"click", "rich", "pygments"} & {*sys.modules})
httpx.main()
"""


def test_httpx_comes_without_what_only_its_command_needs() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD], check=False, capture_output=True, text=True
    )

    assert loaded.stdout.startswith("set()\n")
    assert "command line client could not run" in loaded.stdout + loaded.stderr
    assert loaded.returncode == 1
