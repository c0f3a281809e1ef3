"""What went wrong with a Live connection, said so that a technician can act.

Codes and texts are those that clients of the Live API report; a close reason is cut to 123
bytes by the WebSocket protocol, so texts are matched by their beginnings. Google may name
the key in a reason: it is blanked before anybody sees the sentence.
"""

import re
import socket
import ssl
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from google.genai.errors import APIError
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from kiosk.errors import LinkError, LinkRefused, Refusal

LIVE_TROUBLE: Final = (APIError, ConnectionClosed, OSError)
"""What receiving and sending raise when the peer or the path fails."""
OPEN_TROUBLE: Final = (*LIVE_TROUBLE, InvalidHandshake, InvalidURI, ValueError)
"""What connecting raises besides; a ValueError is a first answer that is not JSON."""


class Stage(Enum):
    """How far an attempt came."""

    CALLING = auto()
    SECURED = auto()  # TCP and TLS stand
    UPGRADED = auto()  # it is a WebSocket
    SET_UP = auto()  # setupComplete came


@dataclass(slots=True, kw_only=True)
class Attempt:
    """What was tried with whom, for the sentences."""

    peer: str
    key: str
    model: str
    api_version: str
    deadline_s: float
    handle_used: bool
    stage: Stage = Stage.CALLING

    def clean(self, text: object) -> str:
        """Return a peer's text on one line, not too long, and without the key."""
        one_line = " ".join(str(text).split()).replace(self.key, "[key]")
        return _GOOGLE_KEY.sub("[key]", one_line)[:200]

    def cause(self, err: BaseException) -> BaseException | None:
        """Return the error to chain; None when its text would show the key."""
        shown = f"{err!s}{err!r}"
        return None if self.key in shown or _GOOGLE_KEY.search(shown) else err


_GOOGLE_KEY: Final = re.compile(r"AIza[0-9A-Za-z_-]{8,}")

_QUOTA: Final = re.compile(r"quota|resource.?exhausted|rate limit", re.IGNORECASE)
_ACCOUNT: Final = re.compile(
    r"api[ _-]?key|permission|unauthenticated|unauthori[sz]ed|denied access|suspended|billing"
    r"|has not been used in project|is disabled",
    re.IGNORECASE,
)
_CONTRACT: Final = re.compile(
    r"model|not supported|not found for|unknown name|thinking|scheduling|modalit", re.IGNORECASE
)
_NO_SESSION: Final = re.compile(r"session (was )?not found", re.IGNORECASE)
_OUTLIVED: Final = re.compile(
    r"goaway|deadline expired|operation was cancelled|operation is not implemented", re.IGNORECASE
)
"""Ends that resuming heals: the connection's time is over, or (the last one) a known fault
of the service around tool calls."""

_CONTRACT_CODES: Final = frozenset({1003, 1007, 1008, 1009, 1010})
_BUSY_CODES: Final = frozenset({408, 429, 1011, 1012, 1013, 1014})
_NOT_YET_VALID: Final = 9
_CLOCK_ERRORS: Final = frozenset({_NOT_YET_VALID, 10})
_UNKNOWN_CA: Final = frozenset({2, 7, 18, 19, 20, 21})
_WRONG_NAME: Final = frozenset({62, 64})


def link_error(err: BaseException, attempt: Attempt) -> LinkError:
    """Translate one of ``OPEN_TROUBLE``; a LinkRefused when a server that answers said no."""
    match err:
        case InvalidStatus():
            body = err.response.body or b""
            said = body.decode(errors="replace") or err.response.reason_phrase
            return _refused(err.response.status_code, said, attempt)
        case APIError():
            return _refused(err.code or 0, err.message or err.details or "", attempt)
        case ConnectionClosed():
            close = err.rcvd
            return _refused(close.code if close else 1006, close.reason if close else "", attempt)
        case InvalidURI() | UnicodeError():
            return LinkRefused(
                Refusal.CONTRACT,
                0,
                f"{attempt.peer} cannot be called: its address is malformed; check live.endpoint.",
            )
        case ssl.SSLCertVerificationError():  # it is a ValueError too
            early = err.verify_code == _NOT_YET_VALID
            refusal = Refusal.CLOCK if early else Refusal.TRUST
            return LinkRefused(refusal, 0, _certificate(err, attempt))
        case ssl.SSLError():
            return LinkError(
                f"{attempt.peer} does not speak TLS there ({err.reason or err.strerror}):"
                " check host and port in live.endpoint."
            )
        case InvalidHandshake() | ValueError():
            return LinkError(
                f"{attempt.peer} answered, but not as a Live service"
                f" ({attempt.clean(_first_line(err))}): check live.endpoint."
            )
        case _:
            return LinkError(_path(err, attempt))


def _refused(code: int, said: object, attempt: Attempt) -> LinkError:
    peer, text = attempt.peer, attempt.clean(said)
    why = f"{code}: {text}" if text else f"{code}"
    in_handshake = 400 <= code < 600
    if _QUOTA.search(text) or code == 429:
        sentence = (
            f"{peer} says that the quota of the API key is used up ({why}):"
            " wait, or raise the quota or the plan of the key's project."
        )
        return LinkRefused(Refusal.QUOTA, code, sentence)
    if code in (401, 403) or _ACCOUNT.search(text):
        sentence = (
            f"{peer} does not accept the API key ({why}): put a valid key with access to the"
            " Gemini API into the file named by live.api_key_file or into GEMINI_API_KEY."
        )
        return LinkRefused(Refusal.ACCOUNT, code, sentence)
    if _OUTLIVED.search(text) and (code != 1008 or attempt.stage is Stage.SET_UP):
        return LinkError(f"{peer} ended the connection in good order ({why}): connect again.")
    if attempt.handle_used and (
        _NO_SESSION.search(text) or (code in (1007, 1008) and not _CONTRACT.search(text))
    ):
        sentence = f"{peer} does not take the session handle ({why}): start a fresh session."
        return LinkRefused(Refusal.HANDLE, code, sentence)
    if code in _BUSY_CODES or 500 <= code < 600:
        sentence = f"{peer} cannot serve just now ({why}): try again later."
        return LinkRefused(Refusal.BUSY, code, sentence)
    if code in _CONTRACT_CODES or in_handshake:
        sentence = (
            f"{peer} does not take what the kiosk asked for ({why}):"
            f" check live.model ({attempt.model}) and live.api_version ({attempt.api_version})."
        )
        return LinkRefused(Refusal.CONTRACT, code, sentence)
    if code == 1006:
        return LinkError(f"The connection to {peer} was lost: check the network.")
    return LinkError(f"{peer} ended the connection ({why}).")


def _certificate(err: ssl.SSLCertVerificationError, attempt: Attempt) -> str:
    peer, code = attempt.peer, err.verify_code
    if code in _CLOCK_ERRORS:
        state = "has expired" if code == 10 else "is not valid yet"
        return (
            f"The certificate of {peer} {state}, or this machine's clock is wrong:"
            " check the date with timedatectl, then renew the certificate."
        )
    if code in _UNKNOWN_CA:
        return (
            f"The certificate of {peer} comes from an authority this machine does not know"
            f" ({err.verify_message}): name the authority's file in live.ca_file, or look for a"
            " network that intercepts TLS (a sign-in page, a filter)."
        )
    if code in _WRONG_NAME:
        return (
            f"The certificate of {peer} is for another name ({err.verify_message}):"
            " write the name it was made for into live.endpoint."
        )
    return f"The certificate of {peer} does not hold ({err.verify_message})."


def _path(err: BaseException, attempt: Attempt) -> str:
    peer = attempt.peer
    match err:
        case socket.gaierror():
            return (
                f"The name of {peer} cannot be looked up ({err.strerror}):"
                " check the network, its DNS, and the spelling in live.endpoint."
            )
        case TimeoutError() if err.errno is None:  # a deadline of ours
            return _late(attempt)
        case ConnectionRefusedError():
            return _nobody(peer)
        case OSError() if "[Errno 111]" in str(err):  # asyncio folded several addresses into one
            return _nobody(peer)
        case ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError():
            return f"{peer} broke the connection off: check the network, and host and port."
        case _:
            return f"There is no way to {peer} ({attempt.clean(err)}): check the network."


def _nobody(peer: str) -> str:
    return (
        f"{peer} refuses connections: nothing listens there;"
        " start the service, or check host and port in live.endpoint."
    )


def _late(attempt: Attempt) -> str:
    peer, within = attempt.peer, f"within {attempt.deadline_s:g} s"
    match attempt.stage:
        case Stage.CALLING:
            return f"{peer} cannot be reached {within}: check the network and any firewall."
        case Stage.SECURED:
            return f"{peer} took the connection and did not answer {within}: check live.endpoint."
        case Stage.UPGRADED | Stage.SET_UP:
            return f"{peer} did not confirm the session {within}: it may be overloaded; try again."


def _first_line(err: BaseException) -> str:
    return next(iter(str(err).splitlines()), type(err).__name__)
