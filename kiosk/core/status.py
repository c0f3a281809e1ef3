"""What the kiosk is doing, in words for whoever looks after it. No personal data."""

from collections.abc import Sequence

from kiosk.core.lights import Light
from kiosk.core.phases import (
    Conversation,
    FollowUp,
    Idle,
    Listening,
    Phase,
    Saying,
    Speaking,
    Starting,
    Thinking,
)


def doing(conv: Conversation, service: str, wedged: Sequence[str] = ()) -> str:
    """Return one line for ``systemctl status`` and ``kiosk status``.

    ``service`` says which Live service it is, empty while none is open; ``wedged`` names the
    parts that stand still. What wins is what wins the light.
    """
    if wedged:
        return f"Stands still: {', '.join(wedged)}"
    service = service or "no Live service"
    match conv.light:
        case Light.STARTING:
            return "Starting: opening the Live service"
        case Light.MICROPHONE_FAULT:
            return "Microphone lost"
        case Light.SPEAKER_FAULT:
            return "Speaker lost"
        case Light.MUTED:
            return "Muted by staff"
        case Light.VISIT | Light.SPEAKING:
            where = ", offline" if conv.truths.offline else ""
            if conv.standing_in:
                where = ", with the Live service on this machine"
            return f"In a visit, {_in_visit(conv.phase)}{where}"
        case Light.NETWORK_FAULT:
            return f"Offline: the network is broken, not only {service}"
        case Light.ACCOUNT_FAULT:
            return f"Refused by {service}: somebody must look at key, quota and model"
        case Light.SHOP_FAULT:
            return "Without orders: the shop's order system does not answer"
        case Light.BOARD_FAULT:
            return "The board is in trouble: power, heat or storage"
        case Light.SOFTWARE_FAULT:
            return "The software is in trouble: it keeps ending"
        case Light.OFFLINE:
            return f"Offline: {service} cannot be reached"
        case Light.DEGRADED:
            return f"Ready, on its own: {service} cannot be reached"
        case Light.READY:
            return f"Ready: {service}"
        case Light.DARK:
            return "Dark"


def _in_visit(phase: Phase) -> str:
    match phase:
        case Listening():
            return "listening"
        case Thinking():
            return "waiting for the answer"
        case Speaking():
            return "answering"
        case Saying():
            return "saying a recorded sentence"
        case FollowUp():
            return "waiting for a further question"
        case Starting() | Idle():
            return "over"
