"""Why something cannot be done: a sentence for the technician, and an exit code of sysexits(3)."""

USAGE = 64
DATA = 65
NO_INPUT = 66
UNAVAILABLE = 69
SOFTWARE = 70
OS = 71
CANNOT_CREATE = 73
TRY_AGAIN = 75
NO_PERMISSION = 77
CONFIG = 78


class Refused(Exception):
    """The message says what is wrong and what to do about it."""

    def __init__(self, message: str, exit_code: int = UNAVAILABLE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
