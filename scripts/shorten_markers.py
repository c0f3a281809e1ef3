"""Shorten the markers of a lock to what they mean on the machines we ship to.

uv repeats the whole list of ``environments`` behind every package. On our machines a marker
is true everywhere, or it tells Python versions or architectures apart: that is all it should
say. Fails when a marker says something else.
"""

import sys
from itertools import product
from pathlib import Path

from packaging.markers import Marker

MINORS = (11, 12, 13)
ARCHITECTURES = ("aarch64", "x86_64")
MACHINES = tuple(product(MINORS, ARCHITECTURES))


def holds(marker: Marker, minor: int, architecture: str) -> bool:
    """Return whether the marker is true on CPython 3.``minor`` on Linux."""
    return marker.evaluate(
        {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": architecture,
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"3.{minor}.0",
            "python_version": f"3.{minor}",
            "sys_platform": "linux",
        }
    )


def candidates() -> list[str]:
    """Return every marker we are ready to write, short ones first."""
    versions = [
        *(f"python_full_version < '3.{minor}'" for minor in MINORS[1:]),
        *(f"python_full_version >= '3.{minor}'" for minor in MINORS[1:]),
    ]
    machines = [f"platform_machine == '{name}'" for name in ARCHITECTURES]
    return ["", *versions, *machines, *(f"{v} and {m}" for v, m in product(versions, machines))]


def shortened(marker: str) -> str:
    """Return the shortest marker that is true on the same of our machines."""
    wanted = [holds(Marker(marker), *machine) for machine in MACHINES]
    for candidate in candidates():
        found = [not candidate or holds(Marker(candidate), *machine) for machine in MACHINES]
        if found == wanted:
            return candidate
    raise SystemExit(f"this marker cannot be shortened: {marker}")


def main() -> None:
    """Rewrite the lock named on the command line."""
    path = Path(sys.argv[1])
    lines = []
    for line in path.read_text().splitlines():
        requirement, semicolon, marker = line.partition(" ; ")
        if semicolon and not line.startswith((" ", "#")):
            short = shortened(marker.removesuffix(" \\"))
            line = f"{requirement} ; {short} \\" if short else f"{requirement} \\"
        lines.append(line)
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
