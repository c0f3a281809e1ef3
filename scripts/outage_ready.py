"""What the process that all cells are copied from loads before: each has it for nothing then."""

import outage_cells  # noqa: F401 - for the copies

from kiosk.adapters.genai_session import rehearse

rehearse()
