"""httpx without the command line that it brings.

It loads click, pygments and rich for that when they are there, and they are: 5 MB and a tenth of
the time that the second half of the kiosk takes to load (measured), for a command nobody has.
"""

import sys
from types import ModuleType


def leave_out_its_command() -> None:
    """Let httpx find no command line of its own, and do as it does without. Before it is loaded."""
    sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
