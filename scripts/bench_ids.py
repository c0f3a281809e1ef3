"""Measure how order numbers are read out of what customers say.

Run as ``scripts/bench ids [--text] [--show HALF]``. The set (``ids_set.py``) is made here, the
same every time, in two halves: the parser was worked on with the first and had never seen the
second. ``--text`` leaves out the spoken part; ``--show worked`` or ``held`` prints what was read
wrong or not at all. A missed promise does not fail the run.
"""

import argparse
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1]))

import ids_set  # noqa: E402 - the paths come first

from kiosk.shop.order_numbers import hear_order_number  # noqa: E402

MANNERS = {
    "first": ids_set.FIRST,
    "second": ids_set.SECOND,
    "third": ids_set.THIRD,
    "unseen": ids_set.UNSEEN,
}
RIGHT_PROMISED = 0.95
Reader = Callable[[str], str | None]


def parser(text: str) -> str | None:
    """Read a number as the shop does."""
    number = hear_order_number(text).number
    return number and number.removeprefix("ORD-")


def regex(text: str) -> str | None:
    """Read a number as five digits and no more: the baseline."""
    digits = "".join(re.findall(r"\d", text))
    return digits if len(digits) == 5 else None


def outcome(read: str | None, said: ids_set.Utterance) -> str:
    """Say what a reading is: right, asks or wrong."""
    if read is None:
        return "right" if said.meant is None else "asks"
    return "right" if read == said.meant else "wrong"


def score(said: Sequence[ids_set.Utterance], read: Reader) -> dict[str, Counter[str]]:
    """Count the outcomes by style."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in said:
        counts[each.style][outcome(read(each.text), each)] += 1
    return counts


def half(name: str) -> tuple[Counter[str], Counter[str]]:
    """Print one half; return its counts where there is a number, and where there is none."""
    said = list(ids_set.utterances(MANNERS[name], name))
    begun = time.perf_counter()
    got = score(said, parser)
    took_ms = (time.perf_counter() - begun) * 1000 / len(said)
    base = score(said, regex)
    title = f"the {name} manner" + ("" if name == "unseen" else ", with which it was worked on")
    print(f"\n{title}: {len(said)} utterances, {took_ms:.2f} ms each")
    print(f"  {'style':20}{'right':>7}{'asks':>7}{'WRONG':>7}   five digits: right / wrong")
    for style, counts in got.items():
        print(_row(style, counts, base[style]))
    there: Counter[str] = Counter()
    none: Counter[str] = Counter()
    base_there: Counter[str] = Counter()
    base_none: Counter[str] = Counter()
    for style, counts in got.items():
        nothing = style in ids_set.NOTHING_TO_TAKE
        (none if nothing else there).update(counts)
        (base_none if nothing else base_there).update(base[style])
    print(_row("with a number", there, base_there))
    print(_row("nothing to take", none, base_none))
    return there, none


def _row(style: str, counts: Counter[str], base: Counter[str]) -> str:
    total = counts.total()
    asks = f"{counts['asks'] / total:7.1%}"
    if style in (*ids_set.NOTHING_TO_TAKE[:2],):
        asks = f"{counts['asks'] / total:7.1%}"
    return (
        f"  {style:20}{counts['right'] / total:7.1%}{asks}{counts['wrong']:7}"
        f"   {base['right'] / total:17.1%} /{base['wrong']:4}"
    )


def show(name: str) -> None:
    """Print what was not read right."""
    for each in ids_set.utterances(MANNERS[name], name):
        heard = hear_order_number(each.text)
        what = outcome(parser(each.text), each)
        if what != "right":
            print(
                f"{what:6} {each.style:18} {each.meant} {heard.number} {heard.doubt} {each.text!r}"
            )


def main() -> None:
    """Print the tables and what they say about each promise."""
    options = argparse.ArgumentParser(prog="scripts/bench ids", description=__doc__)
    options.add_argument("--text", action="store_true", help="without the spoken part")
    options.add_argument("--show", choices=MANNERS, help="print what was not read right")
    arguments = options.parse_args()
    if arguments.show:
        show(arguments.show)
        return
    results = {name: half(name) for name in MANNERS}


if __name__ == "__main__":
    main()
