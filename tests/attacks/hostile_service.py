"""An order service that lies in one field, or in all of an answer: real sockets, real TLS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from kiosk.adapters.http_shop import HttpShop, open_http_shop
from tests.adapters.shop_peer import Peer, peer, problem, response
from tests.adapters.tls_peer import Authority
from tests.attacks.corpus import HostileAnswer, HostileField
from tests.attacks.floor import OWN, OWN_PROOF, TODAY

TOKEN: Final = "tok-only-the-order-service-may-see"
Lie = HostileField | HostileAnswer | None
DEADLINE_S: Final = 10.0
"""Long: the clock of these tests is a fast one."""


def _facts() -> dict[str, Any]:
    return {
        "order": {
            "order_id": OWN,
            "status": "delivered",
            "placed_on": "2026-11-19",
            "due_on": None,
            "due_from": None,
            "due_by": None,
            "done_on": "2026-11-22",
            "fulfilment": "delivery",
            "items": [
                {"line": 1, "category": "kettle", "quantity": 1},
                {"line": 2, "category": "washing machine", "quantity": 1},
            ],
            "returns": [],
            "proof": {"postcode": "SW1A 2AB", "phone_end": OWN_PROOF},
        },
        "product": {"category": "kettle", "aisle": "B4", "stock": 7},
        "return": {
            "order_id": OWN,
            "reference": "R-100008",
            "line": 1,
            "started_on": str(TODAY),
        },
    }


def lying(hostile: HostileField | None) -> dict[str, Any]:
    """Return what the service holds, with the value in its place."""
    facts = _facts()
    if hostile is None:
        return facts
    *way, name = hostile.field.split(".")
    match way:
        case ["item"]:
            thing = facts["order"]["items"][0]
        case ["return"]:
            # The same value in a return that is under way, and in the one that is started.
            under_way = {"reference": "R-100007", "line": 2, "started_on": str(TODAY)}
            facts["order"]["returns"] = [{**under_way, name: hostile.value}]
            thing = facts["return"]
        case _:
            thing = facts
            for step in way:
                thing = thing[step]
    thing[name] = hostile.value
    return facts


@dataclass(slots=True)
class Service:
    """A service, a client of it, and the lie that it tells now."""

    shop: HttpShop
    peer: Peer
    lie: list[Lie]

    def tell(self, lie: Lie) -> None:
        """Tell another lie from now on."""
        self.lie[0] = lie
        self.peer.requests.clear()


@asynccontextmanager
async def service(authority: Authority, lie: Lie) -> AsyncIterator[Service]:
    """Run a service that lies, and a client of it."""
    lies = [lie]

    def answer(request: str) -> bytes:
        lie = lies[0]
        if isinstance(lie, HostileAnswer):
            return response(lie.status, None, lie.body.encode(), **lie.headers)
        facts = lying(lie)
        match request.split(" ")[:2]:
            case ["GET", path] if path.startswith("/v1/products"):
                return response(200, {"products": [facts["product"]]})
            case ["POST", path] if path.endswith("/returns"):
                return response(201, facts["return"])
            case ["GET", path] if path.endswith(OWN):
                return response(200, facts["order"])
            case _:
                return problem(404, "not_found")

    async def turn(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer(seen.requests[-1].decode()))
        await writer.drain()
        return True

    async with (
        peer(turn, authority.server_context()) as seen,
        open_http_shop(
            seen.url, token=TOKEN, ca_file=str(authority.ca_file), deadline_s=DEADLINE_S
        ) as shop,
    ):
        yield Service(shop, seen, lies)
