"""Puts adapters together for the daemon and the commands: which service, which shop."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kiosk.adapters.genai_live import GenaiLive
from kiosk.adapters.http_shop import HttpShop, open_http_shop
from kiosk.adapters.local_service import LocalEndpoint, local_service
from kiosk.adapters.sqlite_store import open_store
from kiosk.config_file import api_key, runtime_directory, shop_token, state_directory
from kiosk.core.live import SessionSetup
from kiosk.core.persona import instruction
from kiosk.errors import LinkError, LinkRefused
from kiosk.ports import Books
from kiosk.resources import packaged
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Settings
from kiosk.shop.policy import Policy
from kiosk.shop.policy_file import load_policy
from kiosk.shop.ports import ShopBackend

LOOK_S = 20.0
ANSWERS_WITHIN_S = 3.0
LOOKS = 3
"""A service of our own that did not answer so often in a row hangs."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A Live service, and in words for people which one it is."""

    live: GenaiLive
    which: str
    local: LocalEndpoint | None = None

    async def ended(self, *, standing_too: bool = False) -> str:
        """Wait until a service of our own ends, and return how; others never do.

        One that runs and answers nobody any more is as good as ended. ``standing_too``: one
        with a unit of its own counts as well, because what is gone cannot stand in; where it
        is the only service, its unit brings it back to the same place.
        """
        if self.local is not None and self.local.process is not None:
            return await self._ended(self.local.process)
        if self.local is not None and standing_too:
            return await self.local.taken_down()
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never

    async def _ended(self, process: asyncio.subprocess.Process) -> str:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    return f"exit code {await process.wait()}"
            if not await self._answers():
                return "it answers nobody any more"

    async def _answers(self) -> bool:
        for _ in range(LOOKS):
            try:
                await self.live.probe(ANSWERS_WITHIN_S)
            except LinkRefused:  # an answer, too
                return True
            except LinkError:
                continue
            return True
        return False


def _now() -> datetime:
    return datetime.now().astimezone()  # noqa: TID251 - the one wall clock: the shop's local time


@asynccontextmanager
async def open_endpoint(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Endpoint]:
    """Open the configured endpoint, else Google's when there is a key, else a local service.

    A local service that does not stand by itself is started for the length of the context.
    Raises StartError or ConfigError.
    """
    key = api_key(settings, environ) or ""
    if settings.live.endpoint:
        book = _address_file(environ)
        live = _live(settings, settings.live.endpoint, key, settings.live.ca_file, book)
        yield Endpoint(live, f"the Live service at {live.endpoint} (live.endpoint)")
    elif key:
        live = _live(settings, "", key, settings.live.ca_file, _address_file(environ))
        yield Endpoint(live, f"Google's Live API at {live.endpoint}")
    else:
        async with local_service(state_directory(environ) / "live", environ) as local:
            live = _live(settings, local.url, "", local.ca_file)
            which = f"the local Live service at {live.endpoint} (no API key is set)"
            yield Endpoint(live, which, local)


@asynccontextmanager
async def open_standby(
    settings: Settings, environ: Mapping[str, str]
) -> AsyncIterator[Endpoint | None]:
    """Open the local service that stands in when the other cannot be reached.

    None when it is not wanted, or is the one that answers anyway. Raises StartError.
    """
    remote = settings.live.endpoint or api_key(settings, environ)
    if settings.live.fallback == "none" or not remote:
        yield None
        return
    async with local_service(state_directory(environ) / "live", environ) as local:
        live = _live(settings, local.url, "", local.ca_file)
        yield Endpoint(live, f"the local Live service at {live.endpoint}", local)


def _address_file(environ: Mapping[str, str]) -> Path:
    return state_directory(environ) / "addresses.json"


def _live(
    settings: Settings, endpoint: str, key: str, ca_file: str, addresses_file: Path | None = None
) -> GenaiLive:
    return GenaiLive(
        endpoint=endpoint,
        api_key=key,
        ca_file=ca_file,
        api_version=settings.live.api_version,
        connect_s=settings.live.connect_s,
        addresses_file=addresses_file,
    )


@dataclass(frozen=True, slots=True)
class OpenShop:
    """ShopMax, its policy and the kiosk's own books behind the one gateway."""

    toolbox: Toolbox
    books: Books


@asynccontextmanager
async def open_shop(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[OpenShop]:
    """Open the shop; where the disk fails, for reading. Raises ConfigError or StartError."""
    policy = shop_policy(settings)
    scratch = runtime_directory(environ)
    async with AsyncExitStack() as stack:
        opening = open_store(store_file(settings, environ), _now, scratch=scratch)
        store = await stack.enter_async_context(opening)
        backend: ShopBackend = store.shop
        if settings.shop.backend == "http":
            backend = await stack.enter_async_context(order_service(settings, environ))
        toolbox = Toolbox(
            settings.shop,
            backend,
            policy,
            store.messages,
            tries=store.tries,
            ledger=store.ledger,
            wall_clock=_now,
        )
        yield OpenShop(toolbox, store.books)


@asynccontextmanager
async def open_toolbox(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Toolbox]:
    """Open the shop, for who does not look after it. Raises ConfigError or StartError."""
    async with open_shop(settings, environ) as shop:
        yield shop.toolbox


def order_service(
    settings: Settings, environ: Mapping[str, str]
) -> AbstractAsyncContextManager[HttpShop]:
    """Return the ShopMax order service, to be entered. Raises ConfigError."""
    return open_http_shop(
        settings.shop.url,
        token=shop_token(settings, environ),
        ca_file=settings.shop.ca_file,
        deadline_s=settings.shop.deadline_s,
    )


def shop_policy(settings: Settings) -> Policy:
    """Read what the shop promises. Raises ConfigError."""
    path = settings.shop.policy
    return load_policy(Path(path) if path else packaged("policy.toml"), settings.shop.store)


def store_file(settings: Settings, environ: Mapping[str, str]) -> Path:
    """Return the file of the kiosk's own books, and of its orders when it keeps them itself."""
    database = settings.shop.database
    return Path(database) if database else state_directory(environ) / "shopmax.db"


def session_setup(settings: Settings, toolbox: Toolbox) -> SessionSetup:
    """Return what every session of this kiosk is opened with."""
    return SessionSetup(
        model=settings.live.model,
        voice=settings.live.voice,
        instruction=instruction(packaged("persona.md").read_text(), settings.talk.languages),
        tools=toolbox.declarations,
    )
