"""Which shop the kiosk asks: the configuration decides, the kiosk's own books stay its own."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.assembly import open_toolbox
from kiosk.core.live import ToolCall
from kiosk.errors import ConfigError
from kiosk.resources import packaged
from kiosk.settings import Settings, Shop
from kiosk.shop.seed_file import load_seed
from tests.adapters.tls_peer import Authority, run
from tests.shopmax.books import Books
from tests.shopmax.server import MAY_READ, ShopMax, shopmax

TODAY = datetime.now().astimezone().date()  # noqa: TID251 - what is asked has the real one


def settings_for(service: ShopMax, authority: Authority, tmp_path: Path) -> Settings:
    token = tmp_path / "token"
    token.write_text(f"{MAY_READ}\n")
    token.chmod(0o600)
    return Settings(
        shop=Shop(
            backend="http",
            url=service.url,
            ca_file=str(authority.ca_file),
            token_file=str(token),
            database=str(tmp_path / "books.db"),
            deadline_s=10.0,
        )
    )


def test_orders_come_from_the_service_and_messages_stay_in_the_house(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    (order, *_) = load_seed(packaged("orders_seed.toml"), TODAY)

    async def a_visit(settings: Settings) -> list[Any]:
        async with open_toolbox(settings, {}) as toolbox:
            toolbox.begin_visit()
            calls = (
                ToolCall("1", "get_order_status", {"order_id": order.order_id}),
                ToolCall("2", "take_message", {"message": "Please call me back"}),
            )
            return [(await toolbox.answer(call, 1)).response for call in calls]

    with (
        closing(Books(tmp_path / "shopmax.db", lambda: TODAY)) as books,
        shopmax(books, authority.server_context()) as service,
    ):
        books.stock([order])
        status, message = run(a_visit(settings_for(service, authority, tmp_path)))

    assert (status["status"], status["order_status"]) == ("ok", order.status.value)
    assert ("GET", f"/v1/orders/{order.order_id}") in service.seen.requests
    assert message["status"] == "ok"
    assert all(method == "GET" for method, _ in service.seen.requests)
    with closing(sqlite3.connect(tmp_path / "books.db")) as kept:
        assert kept.execute("SELECT text FROM messages").fetchall() == [("Please call me back",)]


def test_a_mistake_in_what_the_service_needs_is_told_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    settings = Settings(
        shop=Shop(backend="http", url="https://shopmax.example", token_file="/nowhere/token")
    )

    async def opened() -> None:
        async with open_toolbox(settings, {"STATE_DIRECTORY": str(tmp_path)}):
            raise AssertionError("it was opened")

    with pytest.raises(ConfigError, match=r"shop\.token_file: /nowhere/token cannot be read"):
        run(opened())
