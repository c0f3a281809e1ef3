"""One event loop, sound card and Live service for all end-to-end tests; a kiosk for each."""

import asyncio
import inspect
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters.event_loop import KioskLoop
from kiosk.adapters.virtual_sound import VirtualSound, virtual_sound
from tests.e2e.rig import Kiosk, LiveServer, Site, live_server, running, site

RunKiosk = Callable[..., AbstractAsyncContextManager[Kiosk]]


@pytest.fixture(scope="session", autouse=True)
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=KioskLoop) as runner:
        yield runner


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine function on the session's loop."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}

    async def checked() -> None:
        await pyfuncitem.obj(**arguments)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left behind: {left}"

    loop = pyfuncitem.funcargs["runner"]
    assert isinstance(loop, asyncio.Runner)
    loop.run(checked())
    return True


@pytest.fixture(scope="session")
def _stack(runner: asyncio.Runner) -> Iterator[AsyncExitStack]:
    stack = AsyncExitStack()
    yield stack
    runner.run(stack.aclose())


@pytest.fixture(scope="session")
def sound(runner: asyncio.Runner, _stack: AsyncExitStack) -> VirtualSound:
    return runner.run(_stack.enter_async_context(virtual_sound()))


@pytest.fixture(scope="session")
def service(
    runner: asyncio.Runner, _stack: AsyncExitStack, tmp_path_factory: pytest.TempPathFactory
) -> LiveServer:
    """The local Live service that all kiosks share."""
    opening = live_server(tmp_path_factory.mktemp("live"))
    return runner.run(_stack.enter_async_context(opening))


@pytest.fixture
def place(sound: VirtualSound) -> Iterator[Site]:
    """A place for one kiosk; its path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="kiosk-e2e-") as home:
        yield site(Path(home), sound)


@pytest.fixture
def run_kiosk(place: Site, service: LiveServer) -> RunKiosk:
    """Run a kiosk at the shared Live service; tables of the configuration by keyword."""

    def run(**tables: Any) -> AbstractAsyncContextManager[Kiosk]:
        return running(place, **{"live": service.settings, **tables})

    return run
