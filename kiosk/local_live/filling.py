"""Filling a tool's parameters from what was said.

Nothing is invented: a value stands in the utterance, was given earlier in the conversation,
or is missing and must be asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kiosk.core.spoken import identifiers
from kiosk.core.spoken.identifiers import Spoken
from kiosk.core.spoken.words import distance, word_set
from kiosk.local_live.declared import Kind, Parameter, Tool, human
from kiosk.local_live.phrasing import stems, words
from kiosk.local_live.quantities import number_in
from kiosk.local_live.stated import stated

_WEEKDAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WHEN: Final = re.compile(
    rf"\b(?:(?:this|next|on|last) )?(?:{_WEEKDAY}s?|weekends?|week|month)\b"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b"
    r"|\b\d{1,2}(?:st|nd|rd|th)\b|\b\d{4}-\d{2}-\d{2}\b"
    r"|\b(?:day after tomorrow|today|tomorrow|tonight|yesterday|now|noon|midnight)\b"
    r"|\b\d{1,2}(?::\d{2})? ?(?:a\.?m\.?|p\.?m\.?|o'?clock)|\b\d{1,2}:\d{2}\b"
    r"|\bin (?:\d+|a|an|one|two|three|five|ten|twenty|thirty) (?:minutes?|hours?|days?|weeks?)\b",
    re.I,
)
_AFTER: Final = (
    r"\b(?:{prepositions})\s+(?:(?:the|my|our|your|any|a|an|some)\s+)?([a-z][a-z' -]*?)"
    r"(?=\s+(?:to|at|in|for|on|by|from|with|of|is|be|please|today|tomorrow|tonight|now|right|this"
    r"|next|and)\b|\s*[?.!,;:]|\s*\d|\s*$)"
)
_JOINING: Final = re.compile(r"[\s,]*(?:at|by|on|from|around)?\s*", re.I)
_VERBS_BEFORE: Final = "have|sell|find|buy|got|need|want"
_END_OF_THING: Final = (
    r"(?=\s+(?:to|at|in|for|on|by|from|with|without|of|is|are|be|back|please|today|now|here|that"
    r"|which"
    r"|because|since|if|but|and|or|i|we|it|it's|you|left|anymore|any|again)\b|\s*[?.!,;:]|\s*\d"
    r"|\s*$)"
)
_SOME: Final = (
    r"(?:(?:the|my|our|your|his|her|this|these|those|that|any|a|an|some|new|two|(?:one|both|all) of"
    r"|(?:pair|set|couple|piece)s? of)\s+)"
)
_HANDED_BACK: Final = re.compile(
    r"\b(?:return(?:ing)?(?: of)?|(?:giv|bring|send|tak|keep)(?:e|ing)?(?: back)?|cancel(?:l?ing)?"
    rf"|give back|item is|it's|it is)\s+{_SOME}+([a-z][a-z' -]*?){_END_OF_THING}",
    re.I,
)
_LOOKED_FOR: Final = re.compile(
    r"\b(?:have|sell|find|buy|got|get|need|want|carry|stock|keep|looking for|search(?:ing)? for"
    r"|where(?:'s| is| are)|(?:aisle|isle|i'll|shelf|section|floor) (?:is|are|has|for)|any"
    r"|are|is there"
    r"|is)\s+"
    rf"{_SOME}*(?!(?:in|at|for|on|by|from|with|of|to|that|it)\b)([a-z][a-z' -]*?){_END_OF_THING}",
    re.I,
)
_NO_THING: Final = word_set(
    "order orders item items something anything everything stuff thing things one ones them it that"
    " this these those purchase package parcel delivery return returns policy policies window"
    " my the"
    " a an any some goods product products all both me you your there here what i got"
)
_EMPTY: Final = word_set("it that thi me there here a an the you i to be order")
_NO_WORDS: Final[frozenset[str]] = frozenset()
_TOWARDS: Final = word_set("destination to target recipient")
_AWAY: Final = word_set("origin from source start departure")
_PROPER: Final = re.compile(r"(?<=[a-z,] )[A-Z][a-z']+(?: [A-Z][a-z']+)*")
_LEAD_IN: Final = re.compile(
    r"^(?:(?:uh|um|well|okay|yes|no|it is|it's|that is|that's|i am in|i mean|i want|i'd like|in|for"
    r"|at|to|on|the|my|its?|is|please|make it|set it|say)\b[\s,]*)+",
    re.I,
)
_ON: Final = re.compile(r"\b(?:on|yes|true|with|enable|enabled|start|please do)\b", re.I)
_OFF: Final = re.compile(r"\b(?:off|no|false|without|disable|disabled|stop|not)\b|n't\b", re.I)


@dataclass(frozen=True, slots=True)
class Filled:
    """Arguments as far as they are known.

    ``missing`` is the first required parameter without a value; ``doubtful`` what was heard of
    an identifier that is not whole.
    """

    arguments: dict[str, Any]
    missing: Parameter | None = None
    doubtful: Spoken | None = None


def fill(tool: Tool, text: str, question: str, known: Mapping[str, str]) -> Filled:
    """Fill what can be filled.

    ``question`` goes into a free question; ``known`` has identifiers given earlier, by noun.
    """
    arguments: dict[str, Any] = {}
    doubtful: Spoken | None = None
    left = text
    for parameter in tool.parameters:
        value: str | int | None = None
        if parameter.kind is Kind.IDENTIFIER:
            spoken = identifiers.hear(left, parameter.shape)
            if spoken is not None and spoken.fits(parameter.shape):
                value, left = identifier(parameter, spoken), spoken.rest
            elif spoken is not None:
                doubtful = doubtful or spoken
            else:
                value = known.get(parameter.noun)
        elif parameter.kind is Kind.QUESTION:
            value = question or None
        if value is not None:
            arguments[parameter.name] = value
    arguments |= values_in(tool, left)
    missing = next((p for p in tool.parameters if p.required and p.name not in arguments), None)
    if missing is None or missing.kind is not Kind.IDENTIFIER:
        doubtful = None
    return Filled(arguments, missing, doubtful)


def values_in(tool: Tool, text: str) -> dict[str, Any]:
    """Return the values that stand in a text, but for identifiers and questions.

    Names come last: what was taken for a choice or a day is no name, and no name is two things.
    """
    values: dict[str, Any] = {}
    own = frozenset(stems(tool.title))
    for parameter in sorted(
        tool.parameters, key=lambda each: (each.kind is Kind.NAME, not each.required)
    ):
        value = value_in(parameter, text, own)
        if value is None:
            continue
        values[parameter.name] = value
        if parameter.kind is Kind.NAME:
            text = text.replace(str(value), " ", 1)
        if parameter.kind is Kind.CHOICE:
            said = re.escape(human(str(value)))
            text = re.sub(rf"\b(?:in |on |at |to )?(?:the )?{said}s?\b", " ", text, flags=re.I)
    return values


def identifier(parameter: Parameter, spoken: Spoken) -> str | int:
    """Return an identifier as the tool wants it."""
    written = spoken.written(parameter.shape)
    return int(written) if parameter.whole and written.isdigit() else written


def answer(parameter: Parameter, text: str) -> object | None:
    """Return the value in the answer to "what is the ...?", where the answer may be bare."""
    value = value_in(parameter, text)
    if value is not None:
        return value
    if (
        parameter.kind is Kind.YES_NO
        and (told := stated(parameter.noun, text, asked=True)) is not None
    ):
        return told
    bare = _LEAD_IN.sub("", text).strip(" ?.!,")
    bare = re.sub(r"[\s,]+please$", "", bare, flags=re.I)
    takes_words = parameter.kind in (Kind.NAME, Kind.WHEN, Kind.QUESTION, Kind.ITEM)
    return bare if bare and takes_words and len(words(bare)) <= 12 else None


def value_in(parameter: Parameter, text: str, own: frozenset[str] = _NO_WORDS) -> object | None:
    """Return the value of a parameter that stands in a text, if one does.

    ``own`` are stems of the tool's own words, which are no name.
    """
    match parameter.kind:
        case Kind.CHOICE:
            return _choice(parameter, text)
        case Kind.NUMBER:
            number = number_in(text)
            if number is None:
                return None
            return int(number) if parameter.whole or number.is_integer() else number
        case Kind.YES_NO:
            told = stated(parameter.noun, text)
            if told is not None or not parameter.required:
                return told  # a mere "on" or "with" is no answer to what nobody asked
            if _OFF.search(text):
                return False
            return True if _ON.search(text) else None
        case Kind.WHEN:
            return _when(text)
        case Kind.ITEM:
            return _choice(parameter, text) or _thing(parameter, text)
        case Kind.NAME:
            return _choice(parameter, text) or _name(parameter, text, own)
        case _:
            return None


def _when(text: str) -> str | None:
    """Find a day, a time, or both: ``tomorrow at 8 pm``."""
    found = list(_WHEN.finditer(text))
    if not found:
        return None
    end = found[0]
    for later in found[1:]:
        if _JOINING.fullmatch(text[end.end() : later.start()]):
            end = later
    return text[found[0].start() : end.end()]


def _choice(parameter: Parameter, text: str) -> str | None:
    said = stems(text)
    best, longest = None, 0
    for choice in parameter.choices:
        wanted = stems(human(choice) or choice)
        near = all(
            any(word == heard or (len(word) > 4 and distance(word, heard) <= 1) for heard in said)
            for word in wanted
        )
        if wanted and near and len(wanted) > longest:
            best, longest = choice, len(wanted)
    return best


def _thing(parameter: Parameter, text: str) -> str | None:
    """Find goods: what is handed back or, where the tool needs goods, what is looked for."""
    found = _HANDED_BACK.findall(text)
    if parameter.required:
        found += _LOOKED_FOR.findall(text)
    return next((each.strip() for each in found if set(words(each)) - _NO_THING), None)


def _name(parameter: Parameter, text: str, own: frozenset[str]) -> str | None:
    """Find a name: after a preposition, or a capitalised word inside a sentence."""
    plain = _WHEN.sub("", text)
    noun = set(parameter.noun.split())
    prepositions = (
        "to" if noun & _TOWARDS else "from" if noun & _AWAY else "in|at|for|of|called|named"
    )
    found = [
        *re.findall(_AFTER.format(prepositions=_VERBS_BEFORE), plain, re.I),
        *re.findall(_AFTER.format(prepositions=prepositions), plain, re.I),
    ]
    empty = own | _EMPTY | set(stems(parameter.noun))
    for name in reversed(found):
        if set(stems(name)) - empty and number_in(name) is None:
            return str(name).strip()
    proper = _PROPER.search(plain)
    return proper[0] if proper else None
