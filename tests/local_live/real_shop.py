"""The brain as a customer meets it in a shop: behind the kiosk's own tools, on virtual time."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from kiosk.core.events import Event
from kiosk.core.live import ToolCall
from kiosk.local_live.brain import ShopBrain
from kiosk.local_live.parts import Call, Say
from kiosk.resources import packaged
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Shop
from kiosk.shop.policy_file import load_policy
from kiosk.shop.seed_file import load_products, load_seed
from tests.fakes.shop import TODAY, PaperShop, paper_toolbox
from tests.virtualtime import run_virtual

POLICY = load_policy(packaged("policy.toml"))
SEED = packaged("orders_seed.toml")


@dataclass
class RealVisit:
    """One visit: what was said goes to the tools as well, as the kiosk does it."""

    toolbox: Toolbox
    shop: PaperShop
    brain: ShopBrain
    facts: list[Event] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Names and statuses."""
    turn: int = 0

    async def ask(self, text: str) -> str:
        """Say something; returns all that was replied."""
        self.turn += 1
        self.toolbox.begin_turn(self.turn)
        self.toolbox.heard(text, final=True)
        said: list[str] = []
        todo = list(self.brain.hear(text))
        while todo:
            match todo.pop(0):
                case Say(words):
                    said.append(words)
                    self.toolbox.said(words)
                case Call(name, arguments):
                    call = ToolCall(f"call-{len(self.calls)}", name, arguments)
                    answer = (await self.toolbox.answer(call, self.turn)).response
                    self.calls.append((name, str(answer["status"])))
                    todo = [*self.brain.result(name, arguments, answer), *todo]
        return " ".join(said)


def talk(*lines: str, down_from: int | None = None, **limits: Any) -> tuple[list[str], RealVisit]:
    """Hold a whole conversation; ``down_from`` is the line from which ShopMax does not answer."""
    shop = PaperShop(load_seed(SEED, TODAY), load_products(SEED), today=TODAY)
    toolbox = paper_toolbox(POLICY, Shop(**{"allow_changes": True, **limits}), shop)
    declared = [
        {"name": each.name, "description": each.description, "parameters": dict(each.parameters)}
        for each in toolbox.declarations
    ]
    visit = RealVisit(toolbox, shop, ShopBrain(declared, ""))
    toolbox.on_fact = visit.facts.append
    toolbox.begin_visit()

    async def scenario() -> list[str]:
        replies = []
        for at, line in enumerate(lines):
            if at == down_from:
                shop.error = OSError("no way to the shop")
            replies.append(await visit.ask(line))
            await asyncio.sleep(1.0)
        return replies

    return run_virtual(scenario()), visit
