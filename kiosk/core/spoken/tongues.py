"""Number words of the languages a customer may count in, from 0 to 99.

Whoever reads them never knows the language of a text. So a word that is an ordinary word
elsewhere ("due", "once", "sept", "een") counts only beside one that cannot be anything else.
All words are without accents, as ``plain.plain`` leaves them.
"""

from dataclasses import dataclass
from typing import Final

from kiosk.core.spoken.words import word_set

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberWord:
    """The digits of a phrase, the tongues it belongs to, and whether it may be another word."""

    digits: str
    tongues: frozenset[str]
    weak: bool


_WEAK: Final = word_set("null nul elf elfe ein een un onze sept seize once due sei")

_DE_UNITS: Final = "null eins zwei drei vier funf sechs sieben acht neun"
_DE_TEENS: Final = "zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn"
_DE_TENS: Final = "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig"
_NL_UNITS: Final = "nul een twee drie vier vijf zes zeven acht negen"
_NL_TEENS: Final = "tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien"
_NL_TENS: Final = "twintig dertig veertig vijftig zestig zeventig tachtig negentig"
_FR_UNITS: Final = "zero un deux trois quatre cinq six sept huit neuf"
_FR_TEENS: Final = "dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
_FR_TENS: Final = "vingt trente quarante cinquante soixante"
_ES_UNITS: Final = "cero uno dos tres cuatro cinco seis siete ocho nueve"
_ES_TEENS: Final = "diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve"
_ES_TENS: Final = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_IT_UNITS: Final = "zero uno due tre quattro cinque sei sette otto nove"
_IT_TEENS: Final = (
    "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove"
)
_IT_TENS: Final = "venti trenta quaranta cinquanta sessanta settanta ottanta novanta"


def _numbered(words: str, first: int, step: int = 1) -> dict[Phrase, int]:
    return {tuple(word.split("-")): first + step * at for at, word in enumerate(words.split())}


def _plain_words(units: str, teens: str, tens: str) -> dict[Phrase, int]:
    return _numbered(units, 0) | _numbered(teens, 10) | _numbered(tens, 20, 10)


def _german() -> dict[Phrase, int]:
    table = _plain_words(_DE_UNITS, _DE_TEENS, _DE_TENS)
    table |= {("zwo",): 2, ("fuenf",): 5, ("zwoelf",): 12, ("fuenfzehn",): 15, ("fuenfzig",): 50}
    return table | _backwards(table, "und", {1: "ein"})


def _dutch() -> dict[Phrase, int]:
    table = _plain_words(_NL_UNITS, _NL_TEENS, _NL_TENS)
    return table | _backwards(table, "en", {})


def _backwards(table: dict[Phrase, int], link: str, otherwise: dict[int, str]) -> dict[Phrase, int]:
    """Make "achtundachtzig", and "acht und achtzig" as it may be written."""
    made: dict[Phrase, int] = {}
    for (ten,), tens in [pair for pair in table.items() if pair[1] >= 20]:
        for (word,), value in [pair for pair in table.items() if 0 < pair[1] < 10]:
            unit = otherwise.get(value, word)
            made[(f"{unit}{link}{ten}",)] = made[unit, link, ten] = tens + value
    return made


def _french() -> dict[Phrase, int]:
    table = _plain_words(_FR_UNITS, _FR_TEENS, _FR_TENS)
    table |= {("septante",): 70, ("huitante",): 80, ("octante",): 80, ("nonante",): 90}
    small = {phrase: value for phrase, value in table.items() if 0 < value < 20}
    for phrase, tens in [*table.items(), (("quatre", "vingt"), 80), (("quatre", "vingts"), 80)]:
        if tens < 20:
            continue
        table[phrase] = tens
        for unit, value in small.items():
            if value < 10 or tens in (60, 80):
                table[(*phrase, *unit)] = table[(*phrase, "et", *unit)] = tens + value
    return table


def _spanish() -> dict[Phrase, int]:
    table = _plain_words(_ES_UNITS, _ES_TEENS, _ES_TENS)
    for (ten,), tens in [pair for pair in table.items() if pair[1] >= 20]:
        for (unit,), value in [pair for pair in table.items() if 0 < pair[1] < 10]:
            table[ten, "y", unit] = tens + value
            if tens == 20:
                table[(f"veinti{unit}",)] = tens + value
    return table


def _italian() -> dict[Phrase, int]:
    table = _plain_words(_IT_UNITS, _IT_TEENS, _IT_TENS)
    for (ten,), tens in [pair for pair in table.items() if pair[1] >= 20]:
        for (unit,), value in [pair for pair in table.items() if 0 < pair[1] < 10]:
            table[((ten[:-1] if unit[0] in "uo" else ten) + unit,)] = tens + value
    return table


def _all() -> dict[Phrase, NumberWord]:
    together: dict[Phrase, NumberWord] = {}
    tables = {
        "de": _german(), "nl": _dutch(), "fr": _french(), "es": _spanish(), "it": _italian(),
    }  # fmt: skip
    for tongue, table in tables.items():
        for phrase, value in table.items():
            before = together.get(phrase)
            tongues = {tongue} | (before.tongues if before else set())
            weak = len(phrase) == 1 and phrase[0] in _WEAK
            together[phrase] = NumberWord(str(value), frozenset(tongues), weak)
    return together


NUMBER_WORDS: Final = _all()
"""Every phrase with what it says."""

LONGEST_PHRASE: Final = max(map(len, NUMBER_WORDS))

TIMES: Final = {
    "doppel": 2, "doppelt": 2, "doppelte": 2, "dubbel": 2, "dubbele": 2, "doble": 2, "doppio": 2,
    "doppia": 2, "dreifach": 3, "triplo": 3, "drievoudig": 3,
}  # fmt: skip
"""Words before a digit that is said once and meant several times."""

LARGE: Final = word_set(
    "hundred hundreds thousand thousands million half mille mil mila cent cents cento cien ciento"
    " tausend hundert honderd duizend point komma virgule virgola coma"
)
LARGE_PARTS: Final = ("hundert", "tausend", "honderd", "duizend", "cientos", "cento", "mila")
"""What long numbers are made of; whatever stands beside them is not read."""
