"""Written text made ready to be read aloud: order numbers by the character, clock times as said.

Both synthesisers read plain sentences, money and dates well. What they get wrong is rewritten
here: an order number (read as a quantity), a range of hours (the dash is dropped), the
twenty-four-hour clock, and the letter A (read as the article).
"""

import re
from typing import Final

_SENTENCE_END: Final = re.compile(
    r"(?<=[.!?\u2026])[\"\u201d\u2019)\]]*\s+(?=[\"\u201c\u2018(]?[A-Z0-9])"
)
_ABBREVIATION: Final = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|vs|approx|e\.g|i\.e)|\b[A-Z])\.$")
_CLAUSE: Final = re.compile(r"(?<=[,;:\u2014])\s+")
_LONGEST_BREATH: Final = 180

_CODE: Final = re.compile(r"(?<![\w.,$£€/:])#?([A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*)(?![\w/:]|[.,]\d)")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_RUN: Final = re.compile(r"[A-Za-z]+|\d+")
_CLOCK: Final = re.compile(
    r"\b([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?!\d)(?:\s?([ap])\.?m\b\.?)?", re.I
)
_HOUR: Final = re.compile(r"\b(\d{1,2})\s?([ap])\.?m\b(?:\.(?=\w))?", re.I)
_RANGE: Final = re.compile(
    r"(?<=[\dm])\s?[\u2013\u2014-]\s?(?=\d{1,2}(?::\d{2})?\s?(?:[ap]\.?m|:))", re.I
)
_SMALL_RANGE: Final = re.compile(r"(?<![\d\u2013-])(\d{1,3})\s?[\u2013-]\s?(\d{1,3})(?=\s+[a-z])")
_PART_OF_DAY: Final = {"a": "A M", "p": "P M"}


def sentences(text: str) -> list[str]:
    """Part a text into what is spoken in one breath: sentences, long ones at their commas."""
    found: list[str] = []
    for line in text.splitlines():
        start = 0
        for end in _SENTENCE_END.finditer(line):
            head = line[start : end.start()]
            if not _ABBREVIATION.search(head):
                found.append(head)
                start = end.end()
        found.append(line[start:])
    return [
        breath.strip()
        for sentence in found
        if any(character.isalnum() for character in sentence)
        for breath in _breaths(sentence)
    ]


def speakable(text: str) -> str:
    """Rewrite what a synthesiser would misread: ``ORD-88421`` becomes ``O R D, 8 8 4 2 1``."""
    text = _RANGE.sub(" to ", text)
    text = _CLOCK.sub(_clock, text)
    text = _HOUR.sub(lambda found: f"{int(found[1])} {_PART_OF_DAY[found[2].lower()]}", text)
    text = _SMALL_RANGE.sub(r"\1 to \2", text)
    return _CODE.sub(_code, text)


def is_code(token: str) -> bool:
    """Tell whether a token is read by the character: letters and digits mixed, or five digits."""
    digits = sum(character.isdigit() for character in token)
    if _DATE.fullmatch(token) or not digits:
        return False
    has_letters = any(character.isalpha() for character in token)
    return digits >= (3 if has_letters else 7 if "-" in token else 5)


def _code(found: re.Match[str]) -> str:
    token = found[1]
    if not is_code(token):
        return found[0]
    return ", ".join(" ".join(group) for run in _RUN.findall(token) for group in _groups(run))


def _groups(run: str) -> list[str]:
    """Part a long run into groups of two to four, the way people read numbers out.

    Six digits and fewer stay together: a pause inside them is heard as one digit more.
    """
    if run.isalpha() or len(run) <= 6:
        return [run.upper()]
    size = 3 if len(run) % 4 else 4
    first = len(run) % size or size
    if first == 1:
        first += size
    return [run[:first]] + [run[at : at + size] for at in range(first, len(run), size)]


def _clock(found: re.Match[str]) -> str:
    hour, minute = int(found[1]), found[2]
    part = (found[3] or ("p" if hour >= 12 else "a")).lower()
    twelve = (hour - 1) % 12 + 1
    said = f"{twelve}" if minute == "00" else f"{twelve}:{minute}"
    return f"{said} {_PART_OF_DAY[part]}"


def _breaths(sentence: str) -> list[str]:
    if len(sentence) <= _LONGEST_BREATH:
        return [sentence]
    breaths = [""]
    for clause in _CLAUSE.split(sentence):
        if breaths[-1] and len(breaths[-1]) + len(clause) >= _LONGEST_BREATH:
            breaths.append(clause)
        else:
            breaths[-1] = f"{breaths[-1]} {clause}".strip()
    return breaths
