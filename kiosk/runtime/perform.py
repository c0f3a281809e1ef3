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
from kiosk.ports import Lamps
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.link import Link
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from kiosk.runtime.uplink import Uplink


def performer(
    *,
    uplink: Uplink,
    downlink: Downlink,
    link: Link,
    player: Player,
    errands: Errands,
    lamps: Lamps,
    stream: Stream,
    keep_muted: Callable[[bool], None],
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
                player.flush()
                uplink.answered()  # nobody waits for an answer any more
            case PlayEarcon(earcon):
                player.earcon(earcon)
                stream.report("earcon", {"name": earcon.value})
            case PlayPhrase(phrase):
                player.phrase(phrase)
                stream.report("phrase", {"code": phrase.value})
            case ShowLight(light):
                lamps.show(light)
                stream.report("light", {"code": light.code})
            case ShowMicrophoneLamp(lit):
                lamps.microphone(lit=lit)
            case KeepMuted(muted):
                keep_muted(muted)
            case Report(event, fields):
                stream.report(event, fields)

    return perform
