"""What becomes of a change: agreed to, dropped, done, or nobody knows.

A change that was read back is called again only when the customer's next words are a yes.
"""

from collections.abc import Mapping
from typing import Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live import consent, wording
from kiosk.local_live.consent import Reply
from kiosk.local_live.declared import Tool
from kiosk.local_live.intents import meant
from kiosk.local_live.memory import Memory
from kiosk.local_live.outcome import Ending, Outcome
from kiosk.local_live.parts import Action, Call, Say
from kiosk.local_live.quantities import number_in
from kiosk.local_live.roles import CHANGING, Role

_NOT_MADE: Final = word_set("refused denied forbidden")
_CANNOT_UNDO: Final = {"done": wording.IS_DONE, "unsure": wording.IS_UNSURE}


def agree(memory: Memory, roles: Mapping[Role, Tool], text: str) -> Action | None:
    """Take an utterance for the reply to a read-back, or for a mind that was changed."""
    held, memory.read_back = memory.read_back, None
    made, memory.unheard = memory.unheard, False
    if held is not None:
        match consent.reply_to(text):
            case Reply.YES:
                memory.agreed = held.tool
                return Call(held.tool, held.arguments)
            case Reply.NO if made:
                return Say(_CANNOT_UNDO[memory.change])
            case Reply.NO:
                return _drop(memory)
            case Reply.AGAIN:
                memory.read_back, memory.unheard = held, made
                return Say(memory.last_reply or wording.SHALL_I)
            case _:
                memory.change = memory.change if made else "dropped"
                if not made and not meant(text).name and number_in(text) is None:
                    return _drop(memory)  # whatever "um" means, it is no yes
                return None
    if _is_under_way(memory, roles) and consent.dropped(text):
        return _drop(memory)
    if memory.change and consent.changed_mind(text):
        return Say(_CANNOT_UNDO.get(memory.change, wording.NOTHING_CHANGED))
    return None


def settle(memory: Memory, outcome: Outcome, *, agreed: bool) -> None:
    """Take note of what became of a change; ``agreed`` when the customer had said yes to it."""
    memory.agreed = ""
    refused = str(outcome.fields.get("status", "")).lower() in _NOT_MADE
    match outcome.ending:
        case Ending.UNPROVEN | Ending.INVALID | Ending.CONFIRM:
            memory.change = "open"
        case Ending.WELL:
            memory.change = "done"
        case Ending.FAILED if agreed and not refused:
            memory.change = "unsure"
        case _:
            memory.change = "dropped"


def _drop(memory: Memory) -> Action:
    """Leave everything as it is."""
    memory.wanted = memory.held = None
    memory.change = "dropped"
    return Say(wording.NOTHING_CHANGED)


def _is_under_way(memory: Memory, roles: Mapping[Role, Tool]) -> bool:
    """Tell whether what is waited for belongs to a change."""
    names = {roles[role].name for role in CHANGING if role in roles}
    waiting = memory.held if memory.held and memory.wanted else memory.wanted
    return waiting is not None and waiting.tool in names
