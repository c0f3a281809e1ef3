"""The stretches of digits in a text, as they were said in any of the languages known here.

A stretch is as many digits as were said on end, hesitations apart. Nothing is made to fit: a
stretch in which a word may or may not be a digit is ``unclear``.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kiosk.core.spoken import tongues
from kiosk.core.spoken.cardinals import BESIDE, DIGIT_SOUNDS, Token
from kiosk.core.spoken.digit_runs import is_pronoun, once
from kiosk.core.spoken.pieces import ENGLISH, SURE_SOUNDS, Piece, follows, piece_at
from kiosk.core.spoken.spelling import letters_before
from kiosk.core.spoken.words import word_set

_OH: Final = word_set("oh o")
_NO_SOUNDS: Final = word_set("nein sex nigh")
_ALONE: Final = word_set("ate won tree fore")
"""Sounds that can hardly be anything but a digit at either end of a number."""

_SUBJECTS: Final = word_set("i we he she they you who have has had had")
_ANDS: Final = word_set("and und et y e en plus")
_COPULAS: Final = word_set("is was")
_ENOUGH_TO_TELL: Final = 4
_DASHES: Final = word_set("dash hyphen minus")
_LEADING_IN: Final = word_set("number is nummer numero")
_NAMING: Final = word_set("order order's number's it's orders")
_COURTESIES: Final = word_set("please thanks thank bitte danke merci grazie gracias")
HESITATIONS: Final = BESIDE | _ANDS | word_set(
    "hmm mm mmm hm ah eh uhm ehm ahm aeh ahem euh heu este pues ben well like so okay ok right"
    " yeah then space comma dot slash strich bindestrich dann puis luego poi allora dan streepje"
    " tiret guion trattino pause let's"
)  # fmt: skip
_ASIDES: Final = frozenset(
    tuple(aside.split())
    for aside in (
        "let me see", "let me look", "let me think", "let me check", "one second", "one moment",
        "hang on", "hold on", "just a second", "just a moment", "give me a second", "bear with me",
        "wait a second", "wait a moment", "wait a minute",
        "full stop", "sort of", "kind of",
        "followed by", "after that", "what was it", "i think", "you know", "i guess", "and then",
        "moment mal", "einen moment", "un momento", "un moment", "un segundo", "un attimo",
        "een moment", "attends", "vediamo", "a ver",
    )
)  # fmt: skip
_LONGEST_ASIDE: Final = max(map(len, _ASIDES))
COUNTED: Final = word_set(
    "day days week weeks month months year years hour hours minute minutes item items piece pieces"
    " thing things question questions time times people person order orders package packages parcel"
    " parcels box boxes return returns of more kids bags tage tag wochen stuck jours jour semaines"
    " articles dias semanas articulos giorni settimane articoli dagen weken stuks"
)
"""Words before which a small number says how many."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Digits from the token ``start`` up to the token ``end``."""

    digits: str
    start: int
    end: int
    unclear: bool = False


def stretches(tokens: Sequence[Token], wanted: int, prefix: str) -> list[Stretch]:
    """Find the stretches, in order.

    One that has the ``wanted`` number of digits ends before what may begin another number;
    ``prefix`` are the letters that may stand before a number.
    """
    said = list(tokens)
    return [
        stretch
        for chain in _chains(said)
        for part in _parted(said, chain, wanted)
        if (stretch := _stretch(said, part, wanted, prefix))
    ]


def _chains(tokens: list[Token]) -> Iterator[list[Piece]]:
    """Yield the pieces that stand on end, with only hesitations between them."""
    chain: list[Piece] = []
    at = 0
    while at < len(tokens):
        aside = _aside(tokens, at)
        named = not chain and tokens[at].word == "one" and follows(tokens, at, _COPULAS)
        piece = None if aside or named else _sound(tokens, at) or piece_at(tokens, at)
        if piece is not None:
            chain.append(piece)
        elif not aside and tokens[at].word not in HESITATIONS:
            yield from _supported(chain)
            chain = []
        at = piece.end if piece else at + (aside or 1)
    yield from _supported(chain)


def _aside(tokens: list[Token], at: int) -> int:
    """Return how many tokens an aside has that begins here."""
    for length in range(min(_LONGEST_ASIDE, len(tokens) - at), 0, -1):
        if tuple(token.word for token in tokens[at : at + length]) in _ASIDES:
            return length
    return 0


def _sound(tokens: list[Token], at: int) -> Piece | None:
    word = tokens[at].word
    if word in DIGIT_SOUNDS and word not in _NO_SOUNDS and word not in SURE_SOUNDS:
        return Piece(DIGIT_SOUNDS[word], at, at + 1, sound=True)
    if is_pronoun(tokens, at) and tokens[at - 1].word != "no" and not tokens[at].paused:
        return Piece("1", at, at + 1, sound=True)
    return None


def _supported(chain: list[Piece]) -> Iterator[list[Piece]]:
    """Part a chain at the words that are no numbers in the language of the others."""
    strong = [piece.tongues for piece in chain if not piece.weak and "en" not in piece.tongues]
    spoken = set().union(*strong)
    if len(chain) >= _ENOUGH_TO_TELL:  # all of them number words of one other language
        spoken |= frozenset.intersection(*(piece.tongues for piece in chain)) - ENGLISH
    meant = [not piece.weak or not spoken.isdisjoint(piece.tongues) for piece in chain]
    for is_meant, group in itertools.groupby(zip(meant, chain, strict=True), lambda pair: pair[0]):
        if is_meant:
            yield [piece for _, piece in group]


def _parted(tokens: list[Token], chain: list[Piece], wanted: int) -> Iterator[list[Piece]]:
    part: list[Piece] = []
    for at, piece in enumerate(chain):
        if part and _count(part) == wanted and _may_begin_another(tokens, chain[at - 1 :], wanted):
            yield part
            part = []
        part.append(piece)
    if part:
        yield part


def _count(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.digits) for piece in pieces if not piece.sound)


def _may_begin_another(tokens: list[Token], onward: list[Piece], wanted: int) -> bool:
    """Tell whether the second of these pieces begins another number, the first having ended one."""
    last, piece = onward[0], onward[1]
    gap = tokens[piece.start].gap
    counts = piece.end < len(tokens) and tokens[piece.end].word in COUNTED
    as_long = len(piece.digits) == wanted or (bool(gap.strip()) and _count(onward[1:]) == wanted)
    linked = not _ANDS.isdisjoint(token.word for token in tokens[last.end : piece.start])
    return as_long or linked or counts or any(sign in gap for sign in ".!?;\n")


def _stretch(tokens: list[Token], part: list[Piece], wanted: int, prefix: str) -> Stretch | None:
    """Make one stretch; what only sounds like a digit counts between two, or to make it whole."""
    sure = [at for at, piece in enumerate(part) if not piece.sound]
    if not sure:
        return None
    first, last = sure[0], sure[-1]
    taken = [*part[first : last + 1], *_tail(tokens, part[last:])]
    digits = once("".join(piece.digits for piece in taken), wanted)
    unclear = any(piece.unclear for piece in taken) or _is_tens_apart(tokens, taken)
    head = _head(tokens, part[: first + 1], prefix)
    if head and len(digits) + len(head) == wanted:
        digits = "".join(piece.digits for piece in head) + digits
        unclear |= not _is_led_in(tokens, head, prefix)
        taken = [*head, *taken]
    elif head and len(digits) == wanted:
        unclear |= tokens[head[-1].start].word in _ALONE
    guessed = any(piece.sound and tokens[piece.start].word not in _OH for piece in taken)
    start, end = taken[0].start, taken[-1].end
    beside = _is_large(tokens, start - 1) or _is_large(tokens, end) or _is_times(tokens, start - 1)
    return Stretch(digits, start, end, unclear or beside or (guessed and len(digits) != wanted))


def _head(tokens: list[Token], upto: list[Piece], prefix: str) -> list[Piece]:
    """Return the sounds right before the first digit that may be digits there."""
    head: list[Piece] = []
    for piece, before in itertools.pairwise(reversed(upto)):
        if before.end != piece.start or tokens[piece.start].paused:
            break
        word = tokens[before.start].word
        may_be = word in _OH or word in _ALONE or word == "one"
        if not may_be and not _is_lettered(tokens, before.start, prefix):
            break
        head.insert(0, before)
    return head


def _is_led_in(tokens: list[Token], head: list[Piece], prefix: str) -> bool:
    """Tell whether a number is expected right where a sound stands that would begin it."""
    start = head[0].start
    word, before = tokens[start].word, tokens[start - 1].word if start else ""
    if word in _ALONE:
        return before not in _SUBJECTS
    if word in _OH:
        zeros = len(head) > 1 and tokens[head[1].start].word in _OH
        ordered = word == "oh" and before in _NAMING
        return zeros or ordered or before in _LEADING_IN or _is_lettered(tokens, start, prefix)
    return _is_lettered(tokens, start, prefix)


def _is_lettered(tokens: list[Token], start: int, prefix: str) -> bool:
    """Tell whether the letters of a number stand right before a token."""
    begins, odd = letters_before(tokens, start, prefix)
    return begins < start and not odd and tokens[start - 1].word not in BESIDE - _DASHES


def _tail(tokens: list[Token], onward: list[Piece]) -> list[Piece]:
    """Return the sounds right after the last digit, if nothing but a courtesy follows."""
    tail: list[Piece] = []
    for before, piece in itertools.pairwise(onward):
        token = tokens[piece.start]
        if before.end != piece.start or token.paused or token.word not in _OH | _ALONE:
            break
        tail.append(piece)
    if not tail or tail[-1].end == len(tokens):
        return tail
    after = tokens[tail[-1].end]
    return tail if after.paused or after.word in _COURTESIES else []


def _is_tens_apart(tokens: list[Token], pieces: list[Piece]) -> bool:
    """Tell whether "twenty", a pause, "one" may be 21 or 20 and 1."""
    return any(
        tens.end - tens.start == 1
        and len(tens.digits) == 2
        and tens.digits[0] > "1"
        and tens.digits[1] == "0"
        and not tokens[tens.start].word.isdigit()
        and len(unit.digits) == 1
        and unit.digits != "0"
        for tens, unit in itertools.pairwise(pieces)
    )


def _is_large(tokens: list[Token], at: int) -> bool:
    """Tell whether a word belongs to a number that was not understood whole."""
    if not 0 <= at < len(tokens):
        return False
    word = tokens[at].word
    return word in tongues.LARGE or any(part in word for part in tongues.LARGE_PARTS)


def _is_times(tokens: list[Token], at: int) -> bool:
    word = tokens[at].word if at >= 0 else ""
    return word in tongues.TIMES or word in ("double", "triple", "treble")
