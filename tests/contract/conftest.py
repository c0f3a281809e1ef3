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


@pytest.fixture(
    params=[PaperShopHolding, SqliteShopHolding, HttpShopHolding], ids=["paper", "sqlite", "http"]
)
def shop_holding(request: pytest.FixtureRequest, tmp_path: Path) -> ShopHolding:
    holding: ShopHolding = request.param(tmp_path)
    return holding
