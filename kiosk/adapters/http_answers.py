"""What the ShopMax order service answers, read strictly: right as a whole, or ``WrongShape``.

The shapes are those of ``config/shopmax-openapi.yaml``. What is not listed there is dropped
unread, so that no free text of a store gets any further.
"""

import re
from collections.abc import Sequence
from datetime import date, time
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from kiosk.shop.goods import AISLE, Category, Item, Product
from kiosk.shop.orders import (
    REFERENCE,
    Fulfilment,
    Order,
    OrderStatus,
    ProofFacts,
    ReturnStarted,
)
from kiosk.shop.shapes import MOST_ENTRIES, MOST_IN_STOCK, MOST_OF_A_LINE


class WrongShape(Exception):
    """An answer is not what the contract says. Its text names the place, never the content."""


class ProblemCode(StrEnum):
    """Why the service did not do it."""

    INVALID = "invalid"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    TOO_LATE = "too_late"
    ALREADY = "already"
    KEY_REUSED = "key_reused"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


_STATUS_OF: Final = {
    ProblemCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ProblemCode.TOO_LATE: HTTPStatus.CONFLICT,
    ProblemCode.ALREADY: HTTPStatus.CONFLICT,
}


_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _time(value: object) -> time:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError("not hours and minutes")
    return time.fromisoformat(value)


Time = Annotated[time, PlainValidator(_time)]
OrderId = Annotated[str, Field(pattern=r"^ORD-[0-9]{5}$")]
Reference = Annotated[str, Field(pattern=rf"^{REFERENCE.pattern}$")]
Line = Annotated[int, Field(ge=1, le=MOST_OF_A_LINE)]


class _Answer(BaseModel):
    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False
    )


class _Item(_Answer):
    line: Line
    category: Category
    quantity: Annotated[int, Field(ge=1, le=MOST_OF_A_LINE)]


class _Return(_Answer):
    reference: Reference
    line: Line
    started_on: date

    def read(self) -> ReturnStarted:
        return ReturnStarted(reference=self.reference, line=self.line, started_on=self.started_on)


class _Proof(_Answer):
    postcode: Annotated[str, Field(pattern=r"^[A-Z0-9]([A-Z0-9 -]{0,8}[A-Z0-9])?$")] | None
    phone_end: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None


class _Order(_Answer):
    order_id: OrderId
    status: OrderStatus
    placed_on: date
    due_on: date | None
    due_from: Time | None
    due_by: Time | None
    done_on: date | None
    fulfilment: Fulfilment
    items: Annotated[tuple[_Item, ...], Field(max_length=MOST_ENTRIES)]
    returns: Annotated[tuple[_Return, ...], Field(max_length=MOST_ENTRIES)]
    proof: _Proof


class _StartedReturn(_Return):
    order_id: OrderId


class _Cancellation(_Answer):
    order_id: OrderId
    status: Literal["cancelled"]
    done_on: date


class _Product(_Answer):
    category: Category
    aisle: Annotated[str, Field(pattern=rf"^{AISLE.pattern}$")]
    stock: Annotated[int, Field(ge=0, le=MOST_IN_STOCK)]


class _Products(_Answer):
    products: Annotated[tuple[_Product, ...], Field(max_length=MOST_ENTRIES)]


class Health(_Answer):
    """What the service says of itself and of the token it was asked with."""

    status: Literal["ok"]
    version: Annotated[str, Field(pattern=r"^[0-9]{1,4}([.][0-9]{1,4}){0,3}$")]
    may_change: bool


class _Problem(_Answer):
    status: int
    code: ProblemCode


A = TypeVar("A", bound=_Answer)


def _read(model: type[A], body: bytes) -> A:
    try:
        return model.model_validate_json(body)
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False, include_context=False)[0]
        # Names from our own models and list positions; what the service wrote stays out.
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise WrongShape(f"{place}: {first['type']}") from None


def read_order(body: bytes, asked: str) -> Order:
    """Read the order that was asked for. Raises WrongShape, also for somebody else's."""
    read = _read(_Order, body)
    _same("order_id", read.order_id, asked)
    _once("items", [item.line for item in read.items])
    _once("returns", [started.line for started in read.returns])
    return Order(
        order_id=read.order_id,
        status=read.status,
        placed_on=read.placed_on,
        due_on=read.due_on,
        due_from=read.due_from,
        due_by=read.due_by,
        done_on=read.done_on,
        fulfilment=read.fulfilment,
        items=tuple(
            Item(line=item.line, category=item.category, quantity=item.quantity)
            for item in read.items
        ),
        returns=tuple(started.read() for started in read.returns),
        proof=ProofFacts(postcode=read.proof.postcode or "", phone_end=read.proof.phone_end or ""),
    )


def read_return(body: bytes, asked: str, line: int) -> ReturnStarted:
    """Read the return of that line of that order. Raises WrongShape."""
    read = _read(_StartedReturn, body)
    _same("order_id", read.order_id, asked)
    _same("line", read.line, line)
    return read.read()


def check_cancellation(body: bytes, asked: str) -> None:
    """Return when that order was cancelled. Raises WrongShape."""
    _same("order_id", _read(_Cancellation, body).order_id, asked)


def read_products(body: bytes, asked: Category) -> tuple[Product, ...]:
    """Read where goods of that kind stand. Raises WrongShape."""
    read = _read(_Products, body)
    for product in read.products:
        _same("category", product.category, asked)
    return tuple(
        Product(category=product.category, aisle=product.aisle, stock=product.stock)
        for product in read.products
    )


def read_health(body: bytes) -> Health:
    """Read what the service says of itself. Raises WrongShape."""
    return _read(Health, body)


def read_problem(body: bytes, status: int) -> ProblemCode:
    """Read why the service did not do it. Raises WrongShape."""
    read = _read(_Problem, body)
    _same("status", read.status, status)
    _same("code", _STATUS_OF.get(read.code, status), status)
    return read.code


def _same(name: str, answered: object, asked: object) -> None:
    if answered != asked:
        raise WrongShape(f"{name}: not the one that was asked for")


def _once(name: str, lines: Sequence[int]) -> None:
    if len(set(lines)) < len(lines):
        raise WrongShape(f"{name}: a line is there twice")
