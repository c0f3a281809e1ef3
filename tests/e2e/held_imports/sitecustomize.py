"""Holds one import of the daemon until the test lets it go, as a slow card would.

Python loads this by itself from $PYTHONPATH. Whoever imports $HELD_IMPORT waits until somebody
opens the FIFO $HELD_BY for writing; what was loaded by then is listed in the file beside it.
"""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType


class _Held(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Wait here, where a module's own code runs: only its own lock is held, as in earnest."""
        fifo = Path(os.environ["HELD_BY"])
        draft = fifo.with_suffix(".draft")
        draft.write_text("\n".join(sys.modules))
        draft.rename(fifo.with_suffix(".loaded"))
        fifo.open("rb").close()
        super().exec_module(module)


class _Holding(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, *_: object) -> ModuleSpec | None:
        if fullname != os.environ["HELD_IMPORT"]:
            return None
        found = PathFinder.find_spec(fullname, path)
        assert found is not None, fullname
        assert found.origin is not None, fullname
        where = found.submodule_search_locations
        held = _Held(fullname, found.origin)
        return spec_from_file_location(fullname, loader=held, submodule_search_locations=where)


if "HELD_IMPORT" in os.environ:
    sys.meta_path.insert(0, _Holding())
