"""Greetings, thanks, small talk, and what the kiosk says of itself.

It claims to be able to do only what the declared tools make true.
"""

import re
from collections.abc import Sequence
from typing import Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live import wording
from kiosk.local_live.choosing import asked_anything, choose
from kiosk.local_live.declared import Tool
from kiosk.local_live.intents import Intent, telling_words
from kiosk.local_live.memory import Memory
from kiosk.local_live.phrasing import stem, stems
from kiosk.local_live.roles import Role, by_role, role_of
from kiosk.local_live.wording import joined

_SUBJECTS: Final = (("return", "returns"), ("refund", "refunds"), ("hours", "opening hours"))
_VERBS: Final = word_set(
    "get set find search look lookup check list show fetch read query retrieve turn switch"
)
_ASKED_WHO: Final = re.compile(r"\b(?:who|name|robot|human|machine|what are you)\b", re.I)
_GREETS: Final = re.compile(r"\b(?:hello|hi|hey|good)\b", re.I)
_MOST: Final = 4
_STANDING: Final = {
    "goodbye": wording.GOODBYE,
    "thanks": wording.WELCOME,
    "greeting": wording.GREETING,
    "wait": wording.TAKE_TIME,
    "no": wording.AT_REST,
    "stop": wording.AT_REST,
    "language": wording.ENGLISH_ONLY,
    "urgent": wording.URGENT,
    "upset": wording.UPSET,
    "others": wording.YOURS_ONLY,
}


def reply(memory: Memory, tools: Sequence[Tool], text: str, intent: Intent) -> str:
    """Answer what needs no tool."""
    memory.unclear = 0
    if intent.name in ("goodbye", "stop"):
        memory.wanted = None
    match intent.name:
        case "repeat":
            return memory.last_reply or wording.NOTHING_SAID
        case "no_number":
            return recall(memory)
        case "chat":
            return chat(tools)
        case "abilities" if _ASKED_WHO.search(text):
            return f"I'm the voice of this kiosk. {abilities(tools)}"
        case "abilities":
            return abilities(tools)
        case "greeting" if re.search(r"\bhear me\b|\bthere\b\s*\?", text, re.I):
            return f"Yes, I can hear you. {wording.GO_ON}"
        case "greeting" if memory.last_reply and not _GREETS.search(text):
            return wording.GO_ON
        case "other_key":
            return wording.YOURS_ONLY
        case _:
            return _STANDING.get(intent.name, wording.GO_ON)


def recall(memory: Memory, noun: str = "") -> str:
    """Tell the customer the identifier they gave, the last one unless a noun says which."""
    noun = noun or next(reversed(memory.known), "")
    if noun not in memory.known:
        return wording.NO_NUMBER
    return f"Your {noun} is {wording.spelt(memory.known[noun])}."


def abilities(tools: Sequence[Tool]) -> str:
    """Say what can be asked here."""
    played = by_role(tools)
    finder = played.get(Role.PRODUCT)
    tools = [tool for tool in tools if tool is finder or role_of(tool) is None]
    order = choose(tools, "", Intent("order_status", 1.0))
    anything = asked_anything(tools)
    subjects = []
    if order:
        told = [word for word in order.title.split() if word in telling_words("order")]
        subjects.append(f"your {told[0] if told else 'order'}")
    if anything:
        about = set(stems(f"{anything.title} {anything.about}"))
        found = [name for word, name in _SUBJECTS if stem(word) in about]
        subjects += found or ["questions about the shop"]
    if Role.STORE in played and "opening hours" not in subjects:
        subjects.append("opening hours")
    if finder and anything:
        subjects.append("finding things here")
    others = [
        " ".join(word for word in tool.title.split() if word not in _VERBS) or tool.title
        for tool in tools
        if tool not in (order, anything, finder if anything else None)
    ]
    subjects += others[: max(0, _MOST - len(subjects))]
    if not subjects:
        return "A colleague here in the shop can help you."
    return f"I can help you with {joined(subjects)}."


def chat(tools: Sequence[Tool]) -> str:
    """Turn small talk away politely."""
    return f"I'm afraid that's not something I can do. {abilities(tools)}"
