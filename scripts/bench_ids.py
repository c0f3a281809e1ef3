"""Measure how order numbers are read out of what customers say.

Run as ``scripts/bench ids [--text] [--show MANNER]``. The utterances (``ids_set.py``) are made
here, the same on every run, in several manners; the parser was not changed for the one called
unseen. ``--text`` leaves out the spoken sample, ``--show`` prints what was read wrong or not at
all. A missed promise does not fail the run.
"""

import argparse
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1]))

import ids_set

from kiosk.local_live.declared import Tool, read_tools
from kiosk.local_live.filling import fill
from kiosk.shop.declarations import DECLARATIONS
from kiosk.shop.order_numbers import hear_order_number

MANNERS = ids_set.manners()
SPOKEN_OF_EACH = 30
SPOKEN_MANNERS = ("first", "unseen")
HEAD = f"  {'':20}  right  reads back   asks  WRONG   five digits: right  WRONG"

SERVED = "   local service: right  WRONG"

Counts = Counter[str]


def outcome(text: str, meant: str | None) -> str:
    """Say what comes of a text: right, back (the right one is read back), asks, or WRONG."""
    heard = hear_order_number(text)
    if heard.number is not None:
        return "right" if meant and heard.number == f"ORD-{meant}" else "WRONG"
    if meant is None:
        return "right"
    return "back" if heard.likely == f"ORD-{meant}" else "asks"


def baseline(text: str, meant: str | None) -> str:
    """Say what comes of a text when five digits and no more are a number."""
    digits = "".join(re.findall(r"\d", text))
    if len(digits) != 5:
        return "asks" if meant else "right"
    return "right" if digits == meant else "WRONG"


def served(tool: Tool, text: str, meant: str | None) -> str:
    """Say what comes of a text in the local service, which fills in a tool's order number."""
    taken = fill(tool, text, text, {}).arguments.get("order_id")
    if taken is None:
        return "asks" if meant else "right"
    return "right" if taken == f"ORD-{meant}" else "WRONG"


def status_tool() -> Tool:
    """Return the tool that tells where an order is, as the local service reads it."""
    (shop,) = (each for each in DECLARATIONS if each.name == "get_order_status")
    declared = {"name": shop.name, "description": shop.description, "parameters": shop.parameters}
    (tool,) = read_tools([declared])
    return tool


def row(title: str, got: Counts, base: Counts, service: Counts | None = None) -> str:
    """Write one line of a table."""
    total = got.total()
    of_service = f"{service['right'] / total:23.1%}{service['WRONG']:7}" if service else ""
    return (
        f"  {title:20}{got['right'] / total:7.1%}{got['back'] / total:12.1%}"
        f"{got['asks'] / total:7.1%}{got['WRONG']:7}"
        f"{base['right'] / total:21.1%}{base['WRONG']:7}{of_service}"
    )


def text_part(name: str) -> tuple[Counts, Counts, Counts]:
    """Print one manner; return the counts with a number to take, with none, and of the service."""
    tool = status_tool()
    said = list(ids_set.utterances(MANNERS[name], name))
    got: dict[str, Counts] = defaultdict(Counter)
    base: dict[str, Counts] = defaultdict(Counter)
    service: dict[str, Counts] = defaultdict(Counter)
    begun = time.perf_counter()
    for each in said:
        got[each.style][outcome(each.text, each.meant)] += 1
    each_ms = (time.perf_counter() - begun) * 1000 / len(said)
    for each in said:
        base[each.style][baseline(each.text, each.meant)] += 1
        service[each.style][served(tool, each.text, each.meant)] += 1
    print(f"\nThe {name} manner, {len(said)} utterances, {each_ms:.2f} ms each")
    print(HEAD + SERVED)
    for style in got:
        print(row(style, got[style], base[style], service[style]))
    there = [style for style in got if style not in ids_set.NOTHING_TO_TAKE]
    for title, styles in (
        ("all with a number", there),
        ("all with none", ids_set.NOTHING_TO_TAKE),
    ):
        columns = (together(counts[style] for style in styles) for counts in (got, base, service))
        print(row(title, *columns))
    none = together(got[style] for style in ids_set.NOTHING_TO_TAKE)
    return together(got[style] for style in there), none, together(service.values())


def together(counts: Iterable[Counts]) -> Counts:
    """Add up."""
    return sum(counts, Counter())


def spoken_part() -> dict[str, Counts]:
    """Print what becomes of the utterances when they are spoken and heard."""
    import ids_spoken  # it loads the ears, which the text part does without

    print(f"\nSpoken by the local voices, in a shop's noise: {SPOKEN_OF_EACH} of a manner")
    print(HEAD)
    sums: dict[str, Counts] = {}
    for name in SPOKEN_MANNERS:
        got: dict[str, Counts] = defaultdict(Counter)
        base: dict[str, Counts] = defaultdict(Counter)
        for each in ids_spoken.spoken(MANNERS[name], SPOKEN_OF_EACH):
            for key in (f"{name}, {each.engine}", f"{name}, {each.snr_db} dB"):
                got[key][outcome(each.heard, each.said.meant)] += 1
                base[key][baseline(each.heard, each.said.meant)] += 1
        for key in sorted(got):
            print(row(key, got[key], base[key]))
        for engine in ("hibari", "espeak"):
            sums[engine] = sums.get(engine, Counter()) + got[f"{name}, {engine}"]
    return sums


def show(name: str) -> None:
    """Print what was not read right."""
    for each in ids_set.utterances(MANNERS[name], name):
        what = outcome(each.text, each.meant)
        if what != "right":
            heard = hear_order_number(each.text)
            print(
                f"{what:6}{each.style:18} {each.meant} {heard.number} {heard.doubt} {each.text!r}"
            )


def main() -> None:
    """Print the tables and what they say about each promise."""
    options = argparse.ArgumentParser(prog="scripts/bench ids", description=__doc__)
    options.add_argument("--text", action="store_true", help="without the spoken sample")
    options.add_argument("--show", choices=MANNERS, help="print what was not read right")
    arguments = options.parse_args()
    if arguments.show:
        show(arguments.show)
        return
    print("reads back: not taken, but the right one is offered to the customer to confirm")
    parts = {name: text_part(name) for name in MANNERS}
    service = together(of_service for _, _, of_service in parts.values())
    unseen, nothing, _ = parts.pop("unseen")
    known = together(there for there, _, _ in parts.values())
    every = together([known, *(none for _, none, _ in parts.values()), unseen, nothing])
    promises = [
        ("wrong numbers taken, all utterances", every["WRONG"], "<=", 0),
        ("wrong numbers taken, unseen manner", unseen["WRONG"] + nothing["WRONG"], "<=", 0),
        ("wrong numbers taken, local service", service["WRONG"], "<=", 0),
        ("right, manners worked on", known["right"] / known.total(), ">=", 0.95),
        ("right, unseen manner", unseen["right"] / unseen.total(), ">=", 0.75),
        ("right or read back right, unseen", _helped(unseen), ">=", 0.85),
    ]
    if not arguments.text:
        by_voice = spoken_part()
        wrong = together(by_voice.values())["WRONG"]
        promises.append(("wrong numbers taken, spoken", wrong, "<=", 0))
        promises.append(
            ("right or read back right, hibari", _helped(by_voice["hibari"]), ">=", 0.65)
        )
    print("\nAgainst what is promised")
    for what, value, sense, limit in promises:
        kept = value <= limit if sense == "<=" else value >= limit
        print(f"  {'kept  ' if kept else 'BROKEN'}  {what:38} {value:8.3f}  {sense} {limit}")


def _helped(counts: Counts) -> float:
    return (counts["right"] + counts["back"]) / counts.total()


if __name__ == "__main__":
    main()
