"""What a fresh session is told of the one that was lost: kinds of things, no personal data.

It is added to the instruction, so that it cannot be taken for something the customer said.
"""

from collections.abc import Sequence

_LONGEST = 12


def recap(turns: int, done: Sequence[tuple[str, str]]) -> str:
    """Return a paragraph; ``done`` holds the name and the status of every tool call so far."""
    asked = "one question" if turns == 1 else f"{turns} questions"
    calls = ", ".join(f"{name} ({status})" for name, status in done[-_LONGEST:])
    used = f" Tools used so far: {calls}." if calls else ""
    return (
        "\n\nThe connection to this customer was lost for a moment, and what was said before is"
        f" gone. They had asked {asked}.{used} Do not greet them and do not mention this. If their"
        " question needs an order number, ask for it again."
    )
