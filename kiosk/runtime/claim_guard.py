"""The claim guard: what the kiosk says of orders is held against what the tools answered."""

import logging

from kiosk.core.events import ClaimUnfounded
from kiosk.runtime.control import Inbox
from kiosk.runtime.errands import Errands
from kiosk.shop.claims import unfounded

log = logging.getLogger(__name__)


class ClaimGuard:
    """Judges the words of each reply; what nothing bears out is news, once a reply."""

    def __init__(self, errands: Errands, inbox: Inbox) -> None:
        self._errands = errands
        self._inbox = inbox
        self._found = False

    def next_reply(self) -> None:
        """Begin with a reply of which nothing was judged."""
        self._found = False

    def judge(self, words: str, *, anew: bool = False) -> None:
        """Judge a reply by its words so far; ``anew``: whatever was found in more of them."""
        if self._found and not anew:
            return
        kind = unfounded(words, self._errands.answers)
        self._found = kind is not None
        if kind is not None:
            log.warning("claim that no tool bears out", extra={"KIOSK_KIND": kind})
            self._inbox.post(ClaimUnfounded(kind))
