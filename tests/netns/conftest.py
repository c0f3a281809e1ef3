"""Customers' tests side by side: each in a shop of its own, as many shops as there is room for.

A test that is a coroutine function takes one ``shop``. All that were selected are started when
the first of them is due; pytest then waits for one after the other, in its own order.
"""

import asyncio
import inspect
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.e2e import voices
from tests.e2e.rig import to_show
from tests.netns.namespaces import available
from tests.netns.shops import Shop, open_shop

SHOPS: Final = 1 + (os.cpu_count() or 1)
"""A kiosk takes a twentieth of a core; the ears and voices of the clouds take the rest."""
_HERE: Final = Path(__file__).parent
_stage = pytest.StashKey["Stage"]()


class Stage:
    """The loop, the shops, and a task for each customer's test."""

    def __init__(self, items: list[pytest.Function]) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._free: asyncio.Queue[Shop] = asyncio.Queue()
        self._told: dict[str, list[str]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        voices.phrases()
        loop = self._runner.get_loop()
        self._openings = [loop.create_task(self._open()) for _ in items[:SHOPS]]
        for item in items:
            self._told[item.nodeid] = []
            self._tasks[item.nodeid] = loop.create_task(self._play(item))

    def result(self, item: pytest.Function) -> None:
        """Wait for the end of a test and let it fail here if it did."""
        try:
            self._runner.run(self._ended(self._tasks[item.nodeid]))
        finally:
            print("".join(self._told[item.nodeid]))  # noqa: T201 - pytest shows it with a failure

    def close(self) -> None:
        """Stop what still runs and close the shops."""
        self._runner.run(self._close())
        self._runner.close()

    async def _open(self) -> None:
        self._free.put_nowait(await self._stack.enter_async_context(open_shop()))

    async def _play(self, item: pytest.Function) -> None:
        to_show.set(self._told[item.nodeid].append)
        shop = await self._free.get()
        try:
            await item.obj(shop=shop, **_parameters(item))
        finally:
            shop.net.heal()
            self._free.put_nowait(shop)

    async def _ended(self, task: asyncio.Task[None]) -> None:
        await asyncio.wait({task, *self._openings}, return_when=asyncio.FIRST_EXCEPTION)
        for opening in self._openings:
            if opening.done():
                opening.result()  # a shop that does not open fails all
        await task

    async def _close(self) -> None:
        tasks = [*self._tasks.values(), *self._openings]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stack.aclose()


def _parameters(item: pytest.Function) -> dict[str, object]:
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def _customers(items: list[pytest.Item]) -> list[pytest.Function]:
    ours = (item for item in items if isinstance(item, pytest.Function))
    return [i for i in ours if _HERE in i.path.parents and inspect.iscoroutinefunction(i.obj)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why = available()
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(300))
            if why:
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture
def shop() -> None:
    """Stand for the shop that the stage gives to a customer's test."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Wait for a customer's test, which the first of them started with all the others."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or _HERE not in pyfuncitem.path.parents:
        return None
    session = pyfuncitem.session
    if _stage not in session.stash:
        session.stash[_stage] = Stage(_customers(session.items))
    session.stash[_stage].result(pyfuncitem)
    return True


@pytest.fixture(scope="session", autouse=True)
def _curtain(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close the stage after the last test."""
    yield
    stage = request.session.stash.get(_stage, None)
    if stage is not None:
        stage.close()
