"""An update on a machine that is a directory; its power may go. A process of its own, to be killed.

``python -m tests.appliance.update_that_is_cut ROOT PACKAGE CHANGE well|ill``
"""

import sys
from pathlib import Path

from scripts.appliance import install, trial
from scripts.appliance.errors import SOFTWARE, Refused
from scripts.appliance.system import System
from tests.appliance.machine import CutSystem


def main(root: str, tarball: str, change: str, health: str) -> None:
    """Update, and be killed before the change with this number (0: never)."""

    def watched(_system: System, _version: str, _patience: trial.Patience, _began_s: float) -> None:
        if health == "ill":
            raise Refused("it does not answer", SOFTWARE)

    system = CutSystem(Path(root), int(change))
    name = install.prepare(system, Path(tarball))
    assert name is not None, "it is no dry run"
    trial.switch_and_watch(system, name, trial.Patience(), watched)


if __name__ == "__main__":
    main(*sys.argv[1:])
