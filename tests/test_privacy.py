"""The kiosk's libraries report to nobody."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from kiosk.adapters.vad import SileroDetector
from kiosk.core.audio import MIC_SILENCE
SileroDetector().probability(MIC_SILENCE)
"""


def test_the_voice_gate_leaves_no_device_id_and_no_store_of_events(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    subprocess.run([sys.executable, "-c", PROGRAM], env={**environ, **home}, check=True)

    assert list(tmp_path.rglob("*")) == []
