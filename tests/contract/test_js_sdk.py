"""Google's JavaScript SDK, unmodified, under Node, against the service as a process.

The SDK is fetched once into ``.cache/``; without Node, or without the SDK and a network, the
tests say so and are skipped.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.npm import installed
from tests.contract.speech import spoken

HERE = Path(__file__).resolve().parent / "js"
CACHE = HERE.parents[2] / ".cache" / "js-sdk"
SCENARIO_S = 100
MODEL_HOST_REFUSED = 1008


@pytest.fixture(scope="session")
def sdk() -> Path:
    """The directory that holds the SDK exactly as ``package-lock.json`` names it."""
    return installed(HERE, CACHE)


def play(sdk: Path, address: tuple[str, str], scenario: str, sound: bytes = b"") -> list[Any]:
    """Play a scenario; returns what the client saw."""
    url, ca_file = address
    done = subprocess.run(
        ["node", str(HERE / "talk.mjs"), url, scenario],
        env={**os.environ, "NODE_EXTRA_CA_CERTS": ca_file, "KIOSK_SDK_DIR": str(sdk)},
        input=sound,
        capture_output=True,
        timeout=SCENARIO_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_a_typed_question_with_a_tool_and_a_resumed_follow_up(
    sdk: Path, local_address: tuple[str, str]
) -> None:
    setup, first, second = play(sdk, local_address, "order")

    assert setup["message"] == {"setupComplete": {}}
    assert first["calls"] == [{"name": "get_order_status", "args": {"order_id": "ORD-88421"}}]
    order = first["order"]
    assert order.index("toolCall") < order.index("modelTurn") < order.index("generationComplete")
    assert order[-2:] == ["usageMetadata", "turnComplete"] or "turnComplete" in order[-2:]
    assert "out for delivery" in first["words"].lower()
    assert first["audioBytes"] > 24_000
    assert first["totalTokens"] > 0
    assert "7" in second["words"] or "today" in second["words"].lower()


def test_a_spoken_question(sdk: Path, local_address: tuple[str, str]) -> None:
    sound = spoken("Where is my order? O R D eight eight four two one.")

    (turn,) = play(sdk, local_address, "aloud", sound)

    assert "order" in turn["heard"].lower()
    assert turn["calls"] == [{"name": "get_order_status", "args": {"order_id": "ORD-88421"}}]
    assert "out for delivery" in turn["words"].lower()
    assert turn["audioBytes"] > 24_000


def test_refusals_reach_the_client(sdk: Path, local_address: tuple[str, str]) -> None:
    refused = play(sdk, local_address, "refusals")

    assert [event.get("code") for event in refused] == [MODEL_HOST_REFUSED, 1007, 1007, 1007]
    assert "no-such-model is not found" in refused[0]["reason"]
