"""What the shop side of a kiosk is asked: its books, ShopMax, the policy, who may change what."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from kiosk.adapters.sqlite_files import damaged_beside
from kiosk.adapters.sqlite_look import StoreLook, look_at_store
from kiosk.assembly import order_service, shop_policy, store_file
from kiosk.doctor.finding import Examined, Finding, State, on_a_thread
from kiosk.errors import ToolError
from kiosk.shop.identity import TRIES_A_DAY, Tries

SOON_DAYS: Final = 14


async def check_store(kiosk: Examined) -> Finding:
    """Look whether the kiosk's own books are there, whole and writable, and read."""
    file = store_file(kiosk.settings, kiosk.environ)
    look = await asyncio.to_thread(look_at_store, file)
    if look is None:
        return Finding(State.OPEN, f"{file} is not there yet: the kiosk makes it when it starts")
    if not look.whole:
        return Finding(
            State.OPEN, f"{file} is an older kiosk's: the next start brings it up to date"
        )
    damaged = await asyncio.to_thread(damaged_beside, file)
    if damaged:
        says = f"{file} is whole; a damaged one was moved aside, with what was in it"
        to_do = f"save or delete {damaged[-1]}* and its like: until then the light says so (A)"
        return Finding(State.ILL, says, to_do)
    waiting = f"{look.messages} messages wait" if look.messages != 1 else "1 message waits"
    if look.messages:
        return Finding(State.WELL, f"{file} is whole; {waiting}", "read them: kiosk messages")
    return Finding(State.WELL, f"{file} is whole; no messages wait")


async def check_shopmax(kiosk: Examined) -> Finding:
    """Look whether ShopMax answers, which one it is, and how long that takes."""
    now = asyncio.get_running_loop().time
    if kiosk.settings.shop.backend == "http":
        where = urlsplit(kiosk.settings.shop.url).netloc
        try:
            async with order_service(kiosk.settings, kiosk.environ) as shop:
                began = now()
                says = await shop.check()
                took = _ms(now() - began)
        except ToolError as err:
            return Finding(State.ILL, f"{where}: {err.reason}", _SHOPMAX_TO_DO.get(err.reason, ""))
        return Finding(State.WELL, f"{where}: {says}; {took}")
    began = now()
    look = await asyncio.to_thread(look_at_store, store_file(kiosk.settings, kiosk.environ))
    return _own_orders(look, _ms(now() - began))


_SHOPMAX_TO_DO: Final = {
    "too_slow": "look at the network, and how busy ShopMax is; shop.deadline_s is how long we wait",
    "no_answer": "look at the network, at shop.url, and whether ShopMax runs",
    "busy": "wait; if it stays like this, ask ShopMax for a higher limit",
    "not_trusted": "look at this machine's clock, at shop.url, and at shop.ca_file",
    "not_allowed": 'ask ShopMax for a token; it goes into shop.token_file or "shopmax-token"',
    "wrong_shape": "it breaks config/shopmax-openapi.yaml: look at shop.url, and tell ShopMax",
}


def _own_orders(look: StoreLook | None, took: str) -> Finding:
    if look is None or not look.whole:
        return Finding(State.OPEN, "this kiosk's own orders, which its next start puts in order")
    if look.orders == look.demo:
        says = f"this kiosk's own {look.orders} orders, all to try it on; {took}"
        return Finding(State.WELL, says, 'for real ones: shop.backend = "http"')
    return Finding(State.WELL, f"this kiosk's own {look.orders} orders; {took}")


@on_a_thread
def check_policy(kiosk: Examined) -> Finding:
    """Look whether the policy is there, for this store, and in date."""
    policy = shop_policy(kiosk.settings)
    store = policy.store(kiosk.settings.shop.store)
    store_id = store.store_id if store else ""
    valid = sum(clause.valid(kiosk.today, store_id) for clause in policy.clauses)
    says = f"version {policy.version}, {valid} clauses in force"
    says += f" for store {store_id}" if store else ", no store in it"
    if policy.expires is None:
        return Finding(State.WELL, f"{says}, no end")
    says += f", until {policy.expires}"
    if policy.expired(kiosk.today):
        return Finding(State.ILL, f"{says}: expired", "put the new one into shop.policy")
    if (policy.expires - kiosk.today).days <= SOON_DAYS:
        return Finding(State.WELL, says, "get the next one soon")
    return Finding(State.WELL, says)


async def check_changes(kiosk: Examined) -> Finding:
    """Look what the kiosk may change, and whether its token fits."""
    shop = kiosk.settings.shop
    allowed = shop.allow_changes
    says = "the kiosk may start returns and cancel orders" if allowed else "the kiosk only reads"
    if shop.backend != "http":
        return Finding(State.WELL, says)
    try:
        async with order_service(kiosk.settings, kiosk.environ) as service:
            token_allows = (await service.health()).may_change
    except ToolError:
        return Finding(State.OPEN, f"{says}; what the token may do, ShopMax did not say")
    if allowed and not token_allows:
        to_do = "ask ShopMax for another token, or set shop.allow_changes = false"
        return Finding(State.ILL, f"{says}, but the token may only read", to_do)
    if token_allows and not allowed:
        to_do = "safer: ask ShopMax for a token that may only read"
        return Finding(State.WELL, f"{says}, although the token may change orders", to_do)
    return Finding(State.WELL, f"{says}, and so does the token")


async def check_proof(kiosk: Examined) -> Finding:
    """Look whether customers can show that an order is theirs, or somebody has been guessing."""
    look = await asyncio.to_thread(look_at_store, store_file(kiosk.settings, kiosk.environ))
    tries = look.tries if look else Tries()
    wrong = tries.today if tries.last_at and tries.last_at.date() >= kiosk.today else 0
    says = f"{wrong} of {TRIES_A_DAY} wrong tries today"
    if wrong < TRIES_A_DAY:
        return Finding(State.WELL, says)
    says += ": nobody can prove an order before tomorrow"
    return Finding(State.ILL, says, "see who stands at the kiosk: somebody may be guessing")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
