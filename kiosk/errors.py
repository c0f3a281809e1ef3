"""Errors, named by what the one who catches them does.

KioskError
├── ConfigError      the command line catches it, prints every mistake, exits 78
├── StartError       the command line catches it, prints one sentence, exits with its code
├── DeviceLost       runtime.devices catches it: close, light, look up by name, reopen
├── DeviceError      nobody: the daemon falls and systemd restarts it
├── LinkError        runtime.link catches it: back off and resume
├── LinkRefused      runtime.link catches it: back off slowly, or say who must act
├── StartAnew        the command line catches it: exits 0, and systemd starts the kiosk anew
└── ToolError        runtime.counter catches it: the reason goes to the model as the answer
"""

from enum import StrEnum


class KioskError(Exception):
    """Base of all errors of the kiosk; its text is a sentence for a person."""


class ConfigError(KioskError):
    """The configuration is wrong. ``mistakes`` holds one sentence for each mistake."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class StartError(KioskError):
    """A command cannot do its work; the text says what is wrong and the way out."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class DeviceLost(KioskError):
    """An audio device went away or froze. ``part`` is ``microphone`` or ``speaker``.

    A ``frozen`` device must not be closed, which would hang: the process has to end.
    """

    def __init__(self, part: str, cause: str, *, frozen: bool = False) -> None:
        super().__init__(f"{part}: {cause}")
        self.part = part
        self.cause = cause
        self.frozen = frozen


class DeviceError(KioskError):
    """A pin or a file the kiosk cannot work without failed."""


class LinkError(KioskError):
    """The connection failed or ended; trying again may help."""


class Refusal(StrEnum):
    """Why a live server said no."""

    ACCOUNT = "account"  # key, permission, project
    QUOTA = "quota"
    CONTRACT = "contract"  # model name, version, a field it does not take
    HANDLE = "handle"  # the resumption handle is stale or poisoned
    BUSY = "busy"  # 429, 503, 1011, 1013
    TRUST = "trust"  # the certificate does not hold: interception, a sign-in page
    CLOCK = "clock"  # the certificate is not valid yet: this machine lives in the past


class LinkRefused(LinkError):
    """A server that answers refused us. ``code`` is an HTTP status or a close code."""

    def __init__(self, refusal: Refusal, code: int, reason: str) -> None:
        super().__init__(reason)
        self.refusal = refusal
        self.code = code


class StartAnew(KioskError):
    """The kiosk ends on purpose while nobody is there, to be started anew: no fault."""


class ToolError(KioskError):
    """A tool could not answer. ``reason`` is a short stable word the model may see."""

    def __init__(self, reason: str, say: str, *, retryable: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.say = say
        self.retryable = retryable
