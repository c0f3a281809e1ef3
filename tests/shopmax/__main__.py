"""Our ShopMax as a program: ``python -m tests.shopmax DIRECTORY``, the packaged orders in it.

Prints one line of JSON when it is ready (``url``, ``ca_file``, ``token``), and ends with its input.
"""

import json
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

from kiosk.resources import packaged
from kiosk.shop.seed_file import load_products, load_seed
from tests.adapters.tls_peer import Authority
from tests.shopmax.books import Books
from tests.shopmax.server import MAY_CHANGE, shopmax


def main() -> None:
    directory = Path(sys.argv[1])
    authority = Authority(directory)
    today = datetime.now().astimezone().date()  # noqa: TID251 - a shop has a real calendar
    seed = packaged("orders_seed.toml")
    with closing(Books(directory / "shopmax.db", lambda: today)) as books:
        books.stock(load_seed(seed, today), load_products(seed))
        with shopmax(books, authority.server_context()) as service:
            ready = {"url": service.url, "ca_file": str(authority.ca_file), "token": MAY_CHANGE}
            print(json.dumps(ready), flush=True)
            sys.stdin.read()


main()
