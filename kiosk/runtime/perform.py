"""Perform effects: each at once, in order, without waiting for anything."""

from collections.abc import Callable

from kiosk.core.effects import (
    ArmGate,
    CloseSession,
    DisarmGate,
    Effect,
    EndUtterance,
    Flush,
    KeepMuted,
    OpenSession,
    PlayEarcon,
    PlayPhrase,
    Reconnect,
    RepeatUtterance,
    Report,
    ShowLight,
    ShowMicrophoneLamp,
    StandIn,
    StartUtterance,
)
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.front import Front
from kiosk.runtime.link import Link
from kiosk.runtime.uplink import Uplink


def performer(
    *,
    uplink: Uplink,
    downlink: Downlink,
    link: Link,
    errands: Errands,
    front: Front,
) -> Callable[[Effect], None]:
    """Return the function that carries out what the conversation asks for."""

    def perform(effect: Effect) -> None:
        match effect:
            case OpenSession(goes_on=goes_on):
                handle = downlink.handle if goes_on else None
                downlink.forget()
                downlink.handle = handle
                errands.forget()
                link.open(resuming=goes_on)
            case CloseSession():
                link.close()
                errands.forget()
            case StartUtterance(turn):
                errands.begin_turn(turn, downlink.take_heard())
                uplink.start_utterance()
            case EndUtterance():
                uplink.end_utterance()
            case RepeatUtterance():
                uplink.repeat()
            case Reconnect():
                link.reconnect()
            case StandIn():
                link.stand_in()
            case ArmGate(mode):
                uplink.arm(mode)
            case DisarmGate():
                uplink.disarm()
            case Flush():
                downlink.mute()
                front.player.flush()
                uplink.answered()  # nobody waits for an answer any more
            case PlayEarcon() | PlayPhrase() | ShowLight() | ShowMicrophoneLamp():
                front.show(effect)
            case KeepMuted() | Report():
                front.show(effect)

    return perform
