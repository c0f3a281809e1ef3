"""``kiosk live-server``: the local Live service alone."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from kiosk.config_file import state_directory
from kiosk.errors import StartError


def run(options: argparse.Namespace, environ: Mapping[str, str]) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises StartError when the extra is not installed."""
    try:
        from kiosk.local_live.__main__ import main
    except ModuleNotFoundError as err:
        raise StartError(
            f"The local Live service needs the extra 'local' ({err.name} is missing):"
            " run scripts/setup, or install kiosk[local].",
            69,
        ) from err
    state: Path = options.state or state_directory(environ) / "live"
    arguments = ["--host", options.host, "--port", str(options.port), "--state", str(state)]
    if options.go_away_after is not None:
        arguments += ["--go-away-after", str(options.go_away_after)]
    if options.close_after is not None:
        arguments += ["--close-after", str(options.close_after)]
    if options.announce is not None:
        arguments += ["--announce", str(options.announce)]
    sys.exit(main(arguments))
