"""How people say the digits of a number, as a text: one by one, in pairs, doubled, in languages."""

import random

UNITS = "zero one two three four five six seven eight nine".split()  # noqa: SIM905 (a table)
TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
)
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
TONGUES = {
    "German": "null eins zwei drei vier fünf sechs sieben acht neun",
    "French": "zéro un deux trois quatre cinq six sept huit neuf",
    "Spanish": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "Italian": "zero uno due tre quattro cinque sei sette otto nove",
    "Dutch": "nul een twee drie vier vijf zes zeven acht negen",
}
_GERMAN_TENS = "- zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_GERMAN_TEENS = {11: "elf", 12: "zwölf", 16: "sechzehn", 17: "siebzehn"}
_FRENCH_TENS = "- dix vingt trente quarante cinquante soixante"


def below_hundred(value: int) -> str:
    """Return a number from 0 to 99 in English words."""
    if value < 20:
        return (UNITS + TEENS)[value]
    return TENS[value // 10] + (f"-{UNITS[value % 10]}" if value % 10 else "")


def whole(number: str) -> str:
    """Return a number in English words; it does not begin with a nought."""
    value = int(number)
    parts = [f"{below_hundred(value // 1000)} thousand"]
    if value // 100 % 10:
        parts.append(f"{UNITS[value // 100 % 10]} hundred")
    if value % 100:
        parts.append(f"and {below_hundred(value % 100)}")
    return " ".join(parts)


def pieces(number: str, chance: random.Random) -> list[str]:
    """Part a number into pairs and single digits; no pair begins with a nought."""
    parts: list[str] = []
    at = 0
    while at < len(number):
        pair = number[at] != "0" and at + 1 < len(number) and chance.random() < 0.6
        parts.append(number[at : at + 1 + pair])
        at += 1 + pair
    return parts


def pairs(number: str, chance: random.Random) -> list[str]:
    """Return "eighty-eight", "four", "twenty-one".

    Between "twenty" and "one" people make a pause, or nobody could tell them from "twenty-one".
    """
    said = [below_hundred(int(part)) for part in pieces(number, chance)]
    return [
        f"{word}," if word in TENS and after in UNITS[1:] else word
        for word, after in zip(said, [*said[1:], ""], strict=True)
    ]


def doubled(number: str) -> list[str]:
    """Return "double eight", "four", "two", "one"."""
    said: list[str] = []
    at = 0
    while at < len(number):
        same = 1
        while same < 3 and number[at : at + same + 1] == number[at] * (same + 1):
            same += 1
        said.append(("", "", "double ", "triple ")[same] + UNITS[int(number[at])])
        at += same
    return said


def in_tongue(number: str, tongue: str) -> list[str]:
    """Return the digits one by one in a language."""
    words = TONGUES[tongue].split()
    return [words[int(digit)] for digit in number]


def german_pairs(number: str, chance: random.Random) -> list[str]:
    """Return "achtundachtzig", "vier", "einundzwanzig"."""
    units, tens = TONGUES["German"].split(), _GERMAN_TENS.split()
    said = []
    for part in pieces(number, chance):
        value = int(part)
        ten, unit = divmod(value, 10)
        if value < 10:
            said.append(units[value])
        elif value < 20:
            said.append(_GERMAN_TEENS.get(value, f"{units[unit]}zehn") if unit else "zehn")
        else:
            small = "ein" if unit == 1 else units[unit]
            said.append(f"{small}und{tens[ten]}" if unit else tens[ten])
    return said


def french_pairs(number: str, chance: random.Random) -> list[str]:
    """Return "quatre-vingt-huit", "quatre", "vingt et un"."""
    units, tens = TONGUES["French"].split(), _FRENCH_TENS.split()
    teens = "dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf".split()  # noqa: SIM905
    said = []
    for part in pieces(number, chance):
        value = int(part)
        ten, unit = divmod(value, 10)
        if value < 20:
            said.append((units + teens)[value])
        elif ten < 7:
            link = " et " if unit == 1 else "-"
            said.append(tens[ten] + (f"{link}{units[unit]}" if unit else ""))
        else:
            base, rest = ("soixante", value - 60) if ten < 8 else ("quatre-vingt", value - 80)
            said.append(f"{base}-{(units + teens)[rest]}" if rest else f"{base}s")
    return said
