"""What the kiosk is doing, in words for whoever looks after it. No personal data."""

from collections.abc import Sequence

from kiosk.core.lights import Light, Truths
from kiosk.core.parts import Part
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
    if conv.offered:
        return f"The button is held: letting go {'un' if conv.truths.muted else ''}mutes"
    match conv.light:
        case Light.STARTING if conv.truths.clock_unset and not isinstance(conv.phase, Starting):
            return "Waiting for the clock to be set: until then no certificate holds"
        case Light.STARTING:
            return "Starting: opening the Live service"
        case Light.MICROPHONE_FAULT:
            return "Microphone lost"
        case Light.SPEAKER_FAULT:
            return "Speaker lost"
        case Light.MUTED:
            return "Muted by staff"
        case Light.CALLED:
            visit = "" if conv.over else f"; in a visit, {_visit(conv)}"
            return f"A customer wants somebody{visit}"
        case Light.VISIT | Light.SPEAKING:
            return f"In a visit, {_visit(conv)}"
        case Light.NETWORK_FAULT:
            return f"Offline: the network is broken, not only {service}"
        case Light.ACCOUNT_FAULT:
            return f"Refused by {service}: somebody must look at key, quota and model"
        case Light.SHOP_FAULT:
            return "Without orders: the shop's order system does not answer"
        case Light.BOARD_FAULT:
            told = "; ".join(say for part, say in _BOARD.items() if part in conv.truths.failed)
            return f"The board is in trouble: {told}"
        case Light.SOFTWARE_FAULT if conv.stuck:
            return "The button is stuck: it must be let go, or freed"
        case Light.SOFTWARE_FAULT:
            return "The software is in trouble: it keeps ending"
        case Light.OFFLINE:
            return f"Offline: {service} cannot be reached"
        case Light.DEGRADED:
            return _degraded(conv.truths, service)
        case Light.READY:
            return f"Ready: {service}"
        case Light.DARK:
            return "Dark"


_BOARD = {
    Part.POWER: "the supply gives too little voltage",
    Part.STORAGE: "the disk cannot be written",
    Part.CLOCK: "the clock is wrong",
}


def _degraded(truths: Truths, service: str) -> str:
    troubles = (
        (truths.offline, "on its own", f"{service} cannot be reached"),
        (truths.shop_silent, "without orders", "the shop's order system does not answer"),
        (truths.policy_expired, "with old rules", "the shop's policy has expired"),
        (Part.HEAT in truths.failed, "hot", "let air to the board"),
        (Part.DATABASE in truths.failed, "its books in trouble", "see kiosk doctor, store"),
        (Part.PROCESS in truths.failed, "about to start anew", "it needs more and more"),
    )
    how = ", ".join(how for true, how, _ in troubles if true)
    why = "; ".join(why for true, _, why in troubles if true)
    return f"Ready, {how}: {why}"


def _visit(conv: Conversation) -> str:
    if conv.standing_in:
        return f"{_in_visit(conv.phase)}, with the Live service on this machine"
    return _in_visit(conv.phase) + (", offline" if conv.truths.offline else "")


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
