"""What the kiosk is doing, in words for whoever looks after it. No personal data."""

from collections.abc import Sequence

from kiosk.core.lights import Light, Truths
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
            return "The board is in trouble: power, heat or storage"
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


def _degraded(truths: Truths, service: str) -> str:
    troubles = (
        (truths.offline, "on its own", f"{service} cannot be reached"),
        (truths.shop_silent, "without orders", "the shop's order system does not answer"),
        (truths.policy_expired, "with old rules", "the shop's policy has expired"),
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
