"""The one error a person sees when the local Live service cannot start."""

EX_UNAVAILABLE = 69
EX_CANTCREAT = 73


class CannotServe(Exception):
    """One sentence that names what is wrong and the way out, and the exit code (sysexits)."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def not_installed(error: ImportError) -> CannotServe:
    """Say which package is missing and how it comes."""
    return CannotServe(
        f"The local Live service needs {error.name}, which is not installed: "
        "install the kiosk with its extra 'local'.",
        EX_UNAVAILABLE,
    )
