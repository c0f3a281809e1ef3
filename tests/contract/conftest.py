"""Every test of a contract runs against each service, and against each shop."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.adapters.genai_live import GenaiLive
from tests.contract.peers import FakePeer, Peer, RealPeer, cloud_peer, local_service
from tests.contract.shops import (
    HttpShopHolding,
    PaperShopHolding,
    ShopHolding,
    SqliteShopHolding,
)


@pytest.fixture(scope="session")
def local_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """One local service for all tests: it serves many clients, as it must."""
    with local_service(tmp_path_factory.mktemp("local-live")) as address:
        yield address


@pytest.fixture(params=["fake", "local", pytest.param("google", marks=pytest.mark.cloud)])
def peer(request: pytest.FixtureRequest) -> Peer:
    match request.param:
        case "fake":
            return FakePeer()
        case "local":
            url, ca_file = request.getfixturevalue("local_address")
            service = GenaiLive(endpoint=url, api_key="", ca_file=ca_file)
            return RealPeer(service, "gemini-3.8-live", "gemini-live-2.5-flash-preview")
        case _:
            key = os.environ.get("GEMINI_API_KEY", "")
            if not key:
                pytest.skip("GEMINI_API_KEY is not set: Google's service is not asked")
            return cloud_peer(key)


@pytest.fixture(
    params=[PaperShopHolding, SqliteShopHolding, HttpShopHolding], ids=["paper", "sqlite", "http"]
)
def shop_holding(request: pytest.FixtureRequest, tmp_path: Path) -> ShopHolding:
    holding: ShopHolding = request.param(tmp_path)
    return holding
