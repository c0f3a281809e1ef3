"""An order number out of whatever words the model passes on: O R D and five digits."""

from typing import Final

from kiosk.core.spoken.one_number import LONGEST, Doubt, Form, Heard, hear_number

__all__ = ["DIGITS", "LONGEST", "PREFIX", "Doubt", "Heard", "hear_order_number", "written"]

PREFIX: Final = "ORD"
DIGITS: Final = 5
_ORDER: Final = Form(PREFIX, "-", DIGITS)


def hear_order_number(text: str) -> Heard:
    """Read the one order number in a text."""
    return hear_number(text, _ORDER)


def written(digits: str) -> str:
    """Return the digits as the number is written."""
    return _ORDER.written(digits)
