"""Schemathesis, somebody else's fuzzer, at our own order service, from the document."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from kiosk.resources import packaged
from kiosk.shop.seed_file import load_products, load_seed
from tests.adapters.tls_peer import Authority
from tests.shopmax.books import Books
from tests.shopmax.server import MAY_CHANGE, ShopMax, shopmax

TODAY = date(2026, 11, 23)
DOCUMENT = packaged("shopmax-openapi.yaml")
RUN_S = 100


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def service(tmp_path: Path, authority: Authority) -> Iterator[ShopMax]:
    seed = packaged("orders_seed.toml")
    with closing(Books(tmp_path / "shopmax.db", lambda: TODAY)) as books:
        books.stock(load_seed(seed, TODAY), load_products(seed))
        with shopmax(books, authority.server_context()) as serving:
            yield serving


def fuzz(
    service: ShopMax, authority: Authority, document: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", str(document), "--url", service.url, "--tls-verify", str(authority.ca_file)),
        *("--header", f"Authorization: Bearer {MAY_CHANGE}"),
        *("--no-color", "--generation-database", "none", "--seed", "1"),
        *more,
    ]
    return subprocess.run(
        command,
        cwd=authority.ca_file.parent,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )


def test_nothing_that_is_sent_breaks_the_contract(service: ShopMax, authority: Authority) -> None:
    fuzzed = fuzz(service, authority, DOCUMENT, "--max-examples", "20")

    assert fuzzed.returncode == 0, fuzzed.stdout[-4000:] + fuzzed.stderr[-2000:]
    assert len(service.seen.requests) > 200


def test_a_service_that_answers_otherwise_would_be_found_out(
    service: ShopMax, authority: Authority, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    text = DOCUMENT.read_text()
    told = "description: Whether this token may start returns and cancel orders.\n          type: "
    assert told in text
    other.write_text(text.replace(f"{told}boolean", f"{told}integer"))

    fuzzed = fuzz(service, authority, other, "--phases", "coverage", "--include-path", "/v1/health")

    assert fuzzed.returncode == 1, fuzzed.stdout[-4000:] + fuzzed.stderr[-2000:]
    assert "Response violates schema" in fuzzed.stdout
