"""A kiosk that is killed while it writes: nothing that was acknowledged is lost, no lock is undone.

That the disk was asked to keep it, too, is what ``test_power_cut`` looks at.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.adapters.sqlite_store import open_store
from tests.crash.requests import now, rows_in, rows_on

ROOT = Path(__file__).parent.parent.parent
WRITER = """
import asyncio, json, sys
from pathlib import Path
from kiosk.adapters.sqlite_store import open_store
from tests.crash.requests import fill, now, requests

async def main():
    async with open_store(Path(sys.argv[1]), now) as store:
        await fill(store)
        async for rows in requests(store):
            print(json.dumps(sorted(rows.facts)), flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 40, 97, 160, 251])
def test_a_killed_kiosk_has_kept_all_that_it_acknowledged(tmp_path: Path, after: int) -> None:
    file = tmp_path / "shopmax.db"
    command = [sys.executable, "-c", WRITER, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    whole = [line for line in lines if line.endswith("\n")]
    acknowledged = {tuple(fact) for fact in json.loads(whole[-1])}

    async def restarted() -> int:
        async with open_store(file, now) as store:
            return (await rows_in(store)).wrong_tries

    tries = asyncio.run(restarted())
    kept = rows_on(file)

    assert len(acknowledged ^ kept.facts) <= 1  # one may have been on its way
    assert tries == kept.wrong_tries
    assert [path.name for path in tmp_path.iterdir()] == ["shopmax.db"]
