"""``kiosk doctor``: a line for each check, with what to do about it."""

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from kiosk.doctor.examining import examine
from kiosk.doctor.finding import Finding, State
from kiosk.errors import StartError

_PLAIN: Final = str.maketrans({"✔": "+", "✘": "x", "–": "-", "→": "->", "°": ""})  # noqa: RUF001
"""For a terminal that cannot show them."""
_SIGNS: Final = {State.WELL: "✔", State.ILL: "✘", State.OPEN: "–"}  # noqa: RUF001 - meant so
_WIDTH: Final = 13  # of "configuration"


async def show_findings(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    as_json: bool,
    sound_test: bool = False,
    try_key: bool = False,
) -> None:
    """Print each finding as it comes, or all of them as one JSON object.

    Who reads them at a terminal is asked for a press of the button as well. Raises
    StartError (1) when there is something to do.
    """
    logging.getLogger("kiosk").addHandler(logging.NullHandler())  # the findings say it all
    today = datetime.now().astimezone().date()  # noqa: TID251 - the shop's local day
    findings: list[tuple[str, Finding]] = []
    say = _say if sys.stdin.isatty() and not as_json else None
    found = examine(path, environ, today, sound_test=sound_test, try_key=try_key, say=say)
    async for check, finding in found:
        findings.append((check, finding))
        if not as_json:
            print(_showable(_line(check, finding)), flush=True)
    ill = sum(finding.state is State.ILL for _, finding in findings)
    if as_json:
        checks = [{"check": check, **asdict(finding)} for check, finding in findings]
        print(json.dumps({"well": not ill, "checks": checks}))
    if ill:
        what = "1 thing" if ill == 1 else f"{ill} things"
        raise StartError(f"There is something to do about {what}.", 1)


def _say(sentence: str) -> None:
    print(f"kiosk: {sentence}", file=sys.stderr, flush=True)


def _showable(line: str) -> str:
    encoding = getattr(sys.stdout, "encoding", "utf-8")  # nobody may be there to print to
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        return line.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    return line


def _line(check: str, finding: Finding) -> str:
    line = f"{_SIGNS[finding.state]} {check:<{_WIDTH}}  {finding.says}"
    return f"{line} → {finding.to_do}" if finding.to_do else line
