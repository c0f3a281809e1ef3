"""How a customer who waits is kept from silence: a tick, a word, ticks, an honest sentence."""

from kiosk.core.effects import Phrase
from kiosk.settings import Talk


def patience(talk: Talk) -> tuple[tuple[float, Phrase], ...]:
    """When a waiting customer is told what, in seconds of waiting."""
    between_s = (talk.sorry_s - talk.moment_s) / 3
    return (
        (talk.tick_s, Phrase.TICK),
        (talk.moment_s, Phrase.ONE_MOMENT),
        (talk.moment_s + between_s, Phrase.TICK),
        (talk.moment_s + 2 * between_s, Phrase.TICK),
        (talk.sorry_s, Phrase.LOST_CONNECTION),
    )
