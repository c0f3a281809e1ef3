"""A customer at the tools: what the model calls for them, turn by turn, on virtual time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kiosk.core.events import Event
from kiosk.core.live import ToolCall
from kiosk.resources import packaged
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Shop
from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import Order, OrderStatus, ProofFacts
from kiosk.shop.policy_file import load_policy
from tests.fakes.shop import NOW, Notebook, PaperLedger, PaperShop, PaperTries

POLICY = load_policy(packaged("policy.toml"))
KETTLE = Order(
    order_id="ORD-18342",
    status=OrderStatus.DELIVERED,
    placed_on=date(2026, 11, 18),
    done_on=date(2026, 11, 20),
    items=(Item(line=1, category=Category.KETTLE),),
    proof=ProofFacts(postcode="26122", phone_end="5836"),
)
PLACED = Order(
    order_id="ORD-19728",
    status=OrderStatus.PLACED,
    placed_on=date(2026, 11, 22),
    due_on=date(2026, 11, 26),
    items=(Item(line=1, category=Category.LAMP, quantity=2),),
    proof=ProofFacts(postcode="SW1A 1AA", phone_end="7350"),
)
PRODUCTS = (Product(category=Category.KETTLE, aisle="12", stock=4),)


def paper_shop(**trouble: Any) -> PaperShop:
    return PaperShop([KETTLE, PLACED], PRODUCTS, **trouble)


@dataclass
class Customer:
    """Somebody who talks, with a model that calls what the test says."""

    shop: PaperShop = field(default_factory=paper_shop)
    tries: PaperTries = field(default_factory=PaperTries)
    ledger: PaperLedger = field(default_factory=PaperLedger)
    limits: Shop = field(default_factory=lambda: Shop(allow_changes=True, calls_per_visit=100))
    facts: list[Event] = field(default_factory=list)
    turn: int = 0

    def __post_init__(self) -> None:
        self.tools = Toolbox(
            self.limits,
            self.shop,
            POLICY,
            Notebook(),
            tries=self.tries,
            ledger=self.ledger,
            wall_clock=lambda: NOW,
            on_fact=self.facts.append,
        )

    def says(self, words: str) -> None:
        """Begin a turn; the transcript is there at once, and whole."""
        self.turn += 1
        self.tools.begin_turn(self.turn)
        if words:
            self.tools.heard(words, final=True)

    def next_visit(self) -> None:
        """Make way for somebody else."""
        self.tools.begin_visit()
        self.turn = 0

    async def call(self, name: str, /, **arguments: Any) -> Mapping[str, Any]:
        """Let the model call a tool; the kiosk says the sentence that it answers."""
        result = await self.tools.answer(ToolCall("1", name, arguments), self.turn)
        self.tools.said(result.response["say"])
        return result.response

    async def proves(self, order_id: str, proof: str) -> str:
        """Say a proof in a turn of its own; return what came of it."""
        self.says(proof)
        return str((await self.call("verify_customer", order_id=order_id, proof=proof))["status"])
