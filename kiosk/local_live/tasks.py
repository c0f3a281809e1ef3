"""Which role of tool a request calls for, where a likeness of words would not be sure enough.

A return is about the customer's own order when they say "my kettle", an order number, or "it"
after an order was spoken of; without any of that it is a question for the policy. A wish to
return starts one, a question whether it is possible only checks.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live.declared import Tool, human
from kiosk.local_live.intents import Intent
from kiosk.local_live.phrasing import words
from kiosk.local_live.roles import Role

_BACK: Final = re.compile(
    r"\breturn(?:s|ed|ing|able)?\b|\b(?:bring|give|send|take|hand"
    r"|put)(?:ing)?\b[\w\s']{0,40}\bback\b",
    re.I,
)
_MONEY: Final = re.compile(r"\b(?:money|refund\w*|paid|polic\w+|rules?|terms|conditions?)\b", re.I)
_HOW: Final = re.compile(
    r"\b(?:where|how|what|which|until|within|does|must|do (?:i|you|we)|who|when)\b", re.I
)
_MINE: Final = re.compile(
    r"\b(?:(?:my|our)(?! (?:mind|returns?|question|name)\b)|(?:an?|the|this|from|of|in) order)\b",
    re.I,
)
_POINTED_AT: Final = re.compile(r"\b(?:it|this|that|them|these|those|the|one)\b", re.I)
_WHETHER: Final = re.compile(
    r"\b(?:can|could|may|might|am i (?:able|allowed)|is (?:it|this|that|my|the)\b.*\b(?:possible"
    r"|okay"
    r"|ok|too late|eligible|returnable)|too late|eligible|returnable|still|check (?:if|whether))\b",
    re.I,
)
_BEGUN: Final = re.compile(
    r"\b(?:start|begin|make|open|arrange|set up|initiate|register|process|file|do)\b"
    r"[\w\s']{0,20}\breturn\b(?! (?:policy|window))",
    re.I,
)
_UNTIL: Final = re.compile(r"\b(?:until when|by when|how long)\b.*\bcan i\b", re.I)
_CANCEL: Final = re.compile(
    r"\b(?:cancel(?:l?ing|led|lation)?|call off)\b"
    r"|\b(?:don't|do not|no longer) (?:want|need) (?:my|the|that|this) (?:order|delivery)\b",
    re.I,
)
_ORDERED: Final = re.compile(r"\b(?:orders?|it|this|that|my|one|purchase|delivery)\b", re.I)
_CONTENTS: Final = re.compile(
    r"\bwhat(?:'s| is| was| are|s)? (?:all )?in(?:side)? (?:it|there|that|this|the|my|order|an)\b"
    r"|\bwhat (?:did|have|had) i (?:order|bought|buy)|\b(?:which|what|how many|list the|the) "
    r"(?:items|things|products|articles)\b(?! (?:can|may|do you))|\bitems (?:in|of|on)\b"
    r"|\bcontents? of\b|\bwhat(?:'s| is| was) in(?:side)?\W*$",
    re.I,
)
_ADDRESS: Final = re.compile(
    r"\b(?:what|which|tell me)\b.{0,20}\b(?:your|store's|shop's|store|shop|this)\b.{0,12}"
    r"\baddress\b|\baddress of (?:the|this|your) (?:store|shop)\b|\bwhere are you\b(?! from)"
    r"|\bwhere (?:is|am) (?:this|the|your|i)\b.{0,8}\b(?:store|shop|shopmax)\b(?! assistant)"
    r"|\b(?:store|shop|you) located\b|\b(?:which|what) street\b",
    re.I,
)
_WHERE: Final = word_set("address location place")
_HOURS: Final = word_set("hours opening times")
_SAFETY: Final = re.compile(r"\b(?:exit|escape|extinguisher|alarm|first aid)\b", re.I)
_GOING_ON: Final = re.compile(
    r"\b(?:start|begin|arrange) (?:it|that|one)\b|\bgo ahead\b|\bdo (?:it|that|so)\b|\bproceed\b",
    re.I,
)
_OFFER: Final = re.compile(r"(?<!\bto a )\bcolleague\b.{0,40}$", re.I)  # not "show it to a …"
_SHORT: Final = 5
_NO_HOURS: Final = re.compile(  # what has no place in a week, or is opened otherwise
    r"\bdoors?\b|\bdeliver\w*\b"
    r"|\b(?:christmas|easter|new year\S*|thanksgiving|holidays?|halloween|eve)\b",
    re.I,
)
_REFUND: Final = re.compile(
    r"\b(?:where|when|has|have|did|status|what about)\b.*\b(?:refund\w*|money)\b", re.I
)
_SOMEBODY: Final = (
    r"(?:someone|somebody|anybody|anyone|(?:real )?person|human|colleagues?|staff|employees?"
    r"|manager"
    r"|assistants?|associate|supervisor|member of staff)"
)
_ABOUT_SOMEBODY: Final = re.compile(
    rf"\b{_SOMEBODY}'s\b|\baddress\b|\b(?:name|number|salary) of\b", re.I
)
_CALL: Final = re.compile(
    rf"\b(?:can|could)\b[\w\s']{{0,12}}\b{_SOMEBODY}\b[\w\s']{{0,8}}\bcome\b|"
    rf"\b(?:call|get|fetch|send|find|bring|ask|page)\b(?: for| over)?[\w\s']{{0,16}}\b{_SOMEBODY}\b"
    rf"|\b(?:need|want|like|get)\b[\w\s']{{0,20}}\bhelp (?:from|by"
    rf"|of)\b[\w\s']{{0,12}}\b{_SOMEBODY}\b"
    rf"|\b(?:need|want) (?:a |an |some |to (?:speak|talk) (?:to|with) (?:a |an "
    rf"|the )?){_SOMEBODY}\b"
    r"|\bcall (?:for )?help\b|\btell (?:a |the |some)?(?:colleague|staff|manager|one|body)\b.{0,4}"
    r"\bto come\b",
    re.I,
)
_GOODS: Final = re.compile(
    r"\bwhere(?:'s| is| are| do i find| can i find| could i find| would i find| do you (?:have"
    r"|keep))\b"
    r"|\b(?:do|have|did) you (?:have|sell|stock|carry|got|keep)\b"
    r"|\b(?:in stock|aisle|isle|shelf)\b|\bi'll (?:is|are)\b"
    r"|\b(?:looking|searching) for\b|\b(?:can|could) you help me find\b|\bare there any\b"
    r"|\bis there (?:a|an|any)\b|\bany \w+ left\b|\bi (?:want|need|would like) to buy\b",
    re.I,
)
_NO_GOODS: Final = word_set(
    "order orders package parcel delivery refund refunds return returns policy policies hours"
    " toilet"
    " toilets restroom restrooms bathroom exit entrance checkout till cashier desk counter parking"
    " park elevator escalator lift wifi internet atm staff manager colleague employee person human"
    " someone somebody anybody anyone money receipt card loyalty program warranty guarantee"
    " discount"
    " coupon sale cafe restaurant catalog app lost job jobs hiring store shop shopmax stores branch"
    " address question problem time moment id way reason chance fee cost charge pay"
    " email name invoice voucher gift line queue news weather ticket bus driver courier carrier"
    " number message note help box packaging package carton rest other others"
)


@dataclass(frozen=True, slots=True)
class _Sight:
    """Which order there is to speak of: one named in the request, or one named before."""

    named: bool
    spoken_of: bool


def role_asked(
    plain: str,
    intent: Intent,
    *,
    thing: str,
    named: bool,
    in_sight: bool,
    played: Collection[Role],
) -> Role | None:
    """Return the role that a request calls for, one of those ``played``.

    ``plain`` is the request without identifiers; ``thing`` the goods that were named in it;
    ``named`` tells whether an order was named in it, ``in_sight`` whether one was spoken of.
    """
    sight = _Sight(named=named, spoken_of=named or in_sight)
    for asked in (_of_people, _of_orders, _of_the_shop):
        role = asked(plain, intent, thing, sight, played)
        if role in played:
            return role
    return None


def is_goods(thing: str) -> bool:
    """Tell a word for goods from what else people look for, or ask about, in a shop."""
    return not set(words(thing)) & _NO_GOODS


def is_cancelling(plain: str) -> bool:
    """Tell a wish to cancel from a wish to change something else."""
    return bool(_CANCEL.search(plain))


def is_beginning_a_return(plain: str) -> bool:
    """Tell "start the return" from a question about returns."""
    return bool(_BEGUN.search(plain)) and not _HOW.search(plain)


def _of_people(
    plain: str, intent: Intent, thing: str, sight: _Sight, played: Collection[Role]
) -> Role | None:
    del thing, sight, played
    urgent = intent.name == "urgent" and intent.sure and not _SAFETY.search(plain)
    if _ABOUT_SOMEBODY.search(plain):
        return None
    wanted = intent.subject == "person" or urgent or _CALL.search(plain)
    return Role.STAFF if wanted else None


def _of_orders(
    plain: str, intent: Intent, thing: str, sight: _Sight, played: Collection[Role]
) -> Role | None:
    del intent, thing
    if _MONEY.search(plain):
        return None
    if _CANCEL.search(plain):
        back = _BACK.search(plain)
        return Role.CANCEL if not back and (sight.spoken_of or _ORDERED.search(plain)) else None
    if is_beginning_a_return(plain):
        return Role.START_RETURN
    if (
        sight.spoken_of
        and _UNTIL.search(plain)
        and _BACK.search(plain)
        and _POINTED_AT.search(plain)
    ):
        return Role.CHECK_RETURN
    if _BACK.search(plain) and not _HOW.search(plain):
        pointed_at = sight.spoken_of and _POINTED_AT.search(plain)
        if not (sight.named or pointed_at or _MINE.search(plain)):
            return None
        if _WHETHER.search(plain) or Role.START_RETURN not in played:
            return Role.CHECK_RETURN
        return Role.START_RETURN
    mine = sight.spoken_of or bool(_MINE.search(plain))
    return Role.ITEMS if mine and _CONTENTS.search(plain) else None


def _of_the_shop(
    plain: str, intent: Intent, thing: str, sight: _Sight, played: Collection[Role]
) -> Role | None:
    del played
    hours = intent.name == "hours" and (intent.keyed or len(words(plain)) <= _SHORT)
    if (hours and not _NO_HOURS.search(plain)) or _ADDRESS.search(plain):
        return Role.STORE
    if sight.named or not _GOODS.search(plain) or _MINE.search(plain):
        return None
    return Role.PRODUCT if thing and is_goods(thing) else None


def is_until(plain: str) -> bool:
    """Tell "until when?" from "why?"."""
    return "when" in words(plain)


def goes_on(plain: str) -> bool:
    """Tell "start it, please" after a return was found to be possible."""
    return bool(_GOING_ON.search(plain)) and not _HOW.search(plain)


def offers_somebody(reply: str) -> bool:
    """Tell whether what was said last ends with the offer of a colleague."""
    return bool(_OFFER.search(reply))


def is_about_a_refund(plain: str) -> bool:
    """Tell a question for the state of a refund, where an order is named with it."""
    return bool(_REFUND.search(plain))


def told_of(tool: Tool, plain: str) -> dict[str, str]:
    """Return the argument that says whether the hours or the address of the shop are asked for."""
    wanted = _WHERE if _ADDRESS.search(plain) else _HOURS
    for parameter in tool.parameters:
        for choice in parameter.choices:
            if set(human(choice).split()) & wanted:
                return {parameter.name: choice}
    return {}
