"""What becomes of a ShopMax order service that does not do what it was asked: one ToolError each.

| the service                                  | reason        | asking again |
|----------------------------------------------|---------------|--------------|
| answers too late                             | `too_slow`    | may help     |
| is not there, hangs up, stops halfway, 5xx   | `no_answer`   | may help     |
| has had too many questions (429, `Retry-After`) | `busy`     | later        |
| shows a certificate that does not hold       | `not_trusted` | a person     |
| knows the token not, or not for this (401, 403) | `not_allowed` | a person  |
| answers outside its contract                 | `wrong_shape` | a person     |
| says that it is too late (409)               | `too_late`    | never        |
| says that it has been done (409)             | `already`     | never        |
| has no such order or line (404)              | `not_found`   | never        |

No error holds an address, an order number or what the service wrote.
"""

import ssl
from http import HTTPStatus
from typing import Final

from kiosk.adapters.http_answers import ProblemCode
from kiosk.errors import ToolError
from kiosk.shop.answers import NO_ORDERS

SHORTEST_WAIT_S: Final = 1.0
USUAL_WAIT_S: Final = 30.0
LONGEST_WAIT_S: Final = 600.0
"""A service that names no time, or an absurd one, is asked again after these."""

_SENTENCES: Final = {
    ProblemCode.NOT_FOUND: "I can't find that in our orders. A colleague can help you.",
    ProblemCode.TOO_LATE: "It's too late for me to change that order. A colleague can help you.",
    ProblemCode.ALREADY: "That has been done already.",
}


def unreachable(err: BaseException) -> ToolError:
    """Return what becomes of a connection that failed."""
    if _is_certificate(err):
        return ToolError("not_trusted", NO_ORDERS, retryable=False)
    return ToolError("no_answer", NO_ORDERS, retryable=True)


def too_slow() -> ToolError:
    """Return what becomes of an answer that did not come in time."""
    return ToolError("too_slow", NO_ORDERS, retryable=True)


def busy() -> ToolError:
    """Return what becomes of a question that is not to be asked yet."""
    return ToolError("busy", NO_ORDERS, retryable=True)


def wrong_shape() -> ToolError:
    """Return what becomes of an answer outside the contract."""
    return ToolError("wrong_shape", NO_ORDERS, retryable=False)


def refusal(status: int) -> ToolError | None:
    """Return what becomes of a status that says enough by itself; None for one that does not."""
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return ToolError("not_allowed", NO_ORDERS, retryable=False)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return busy()
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ToolError("no_answer", NO_ORDERS, retryable=True)
        case _:
            return None


def declined(code: ProblemCode) -> ToolError:
    """Return what becomes of a wish the service understood and does not fulfil.

    ``code`` is one of ``not_found``, ``too_late`` and ``already``.
    """
    return ToolError(code.value, _SENTENCES[code], retryable=False)


def pause_s(retry_after: str | None) -> float:
    """Return how long not to ask, by the value of a ``Retry-After`` header."""
    if retry_after is None or not (retry_after.isascii() and retry_after.isdigit()):
        return USUAL_WAIT_S
    return min(max(float(retry_after[:9]), SHORTEST_WAIT_S), LONGEST_WAIT_S)


def _is_certificate(err: BaseException | None) -> bool:
    while err is not None:
        if isinstance(err, ssl.SSLCertVerificationError):
            return True
        err = err.__cause__ or err.__context__
    return False
