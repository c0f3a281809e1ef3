"""Has the phrases recorded as the daemon does, and nothing else."""

import asyncio
import os
from pathlib import Path

from kiosk.adapters.phrases import render_phrases

asyncio.run(render_phrases(Path(os.environ["STATE_DIRECTORY"], "phrases"), "en"))
