"""ShopMax goes away in the middle of a visit, and comes back: the real kiosk, over real HTTPS."""

from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

from kiosk.resources import packaged
from kiosk.shop.seed_file import load_products, load_seed
from tests.adapters.tls_peer import Authority
from tests.e2e import voices
from tests.e2e.conftest import RunKiosk
from tests.e2e.rig import Kiosk
from tests.e2e.test_asking import answer_in, tells_where_the_order_is
from tests.e2e.voices import said
from tests.shopmax.books import Books
from tests.shopmax.server import MAY_READ, shopmax

CONFIG = "kiosk.toml"
BACK_WITHIN_S = 60.0  # it is looked for every 30 s while it is down


async def asks_on(kiosk: Kiosk, question: str) -> str:
    """Ask on without a press as soon as the kiosk listens; return what it answers aloud."""
    await kiosk.until("mic_open")
    await kiosk.hear(said(0.3, question))
    return await answer_in(kiosk, await kiosk.until("turn_ended"))


async def test_a_customer_is_told_that_orders_cannot_be_looked_up_and_is_served_all_the_same(
    run_kiosk: RunKiosk, tmp_path: Path
) -> None:
    today = datetime.now().astimezone().date()  # noqa: TID251 - the kiosk has the real one
    seed = packaged("orders_seed.toml")
    authority = Authority(tmp_path)
    tls = authority.server_context()
    with closing(Books(tmp_path / "shopmax.db", lambda: today)) as books, ExitStack() as up:
        books.stock(load_seed(seed, today), load_products(seed))
        service = up.enter_context(shopmax(books, tls))
        shop = {
            "backend": "http",
            "url": service.url,
            "ca_file": str(authority.ca_file),
            "token_file": str(_token(tmp_path)),
        }
        async with run_kiosk(talk={"follow_up_s": 10.0}, shop=shop) as kiosk:
            first = await answer_in(kiosk, await kiosk.asked(said(voices.QUESTION)))
            up.close()
            sorry = await asks_on(kiosk, "Where is my order, ORD-19728?")
            refund = await asks_on(kiosk, "How long does a refund take?")
            await kiosk.until("visit_ended")
            degraded = await kiosk.until("light")
            doctor = await kiosk.site.command("doctor", "--config", str(kiosk.site.home / CONFIG))
            with shopmax(books, tls, port=int(service.url.rpartition(":")[2])):
                healed = await kiosk.until("light", within_s=BACK_WITHIN_S)
                again = await answer_in(kiosk, await kiosk.asked(said(voices.QUESTION)))

    assert tells_where_the_order_is(first), first
    assert "look up orders just now" in sorry, sorry
    assert "questions about the shop" in sorry, sorry
    assert "business days" in refund, refund
    assert (degraded["code"], healed["code"]) == ("A", "G")
    assert tells_where_the_order_is(again), again
    assert doctor.code == 1
    assert "no_answer → look at the network" in doctor.out
    assert MAY_READ not in doctor.out + kiosk.stderr


def _token(directory: Path) -> Path:
    file = directory / "token"
    file.write_text(MAY_READ)
    file.chmod(0o600)
    return file
