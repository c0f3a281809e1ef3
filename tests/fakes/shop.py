"""A message book in memory: keeps the contract that the store on disk keeps."""

import asyncio
from datetime import UTC, datetime

from kiosk.shop.messages import Message


class Notebook:
    """Messages on paper. It can be slow, and down."""

    def __init__(self, *, takes_s: float = 0.0, error: BaseException | None = None) -> None:
        self.takes_s = takes_s
        self.error = error
        self._kept: dict[tuple[str, str], Message] = {}
        self._last = 0

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self._kept.values()]

    async def take(self, text: str, visit: str) -> int:
        """Keep it at once, as a disk would, and answer when it suits."""
        if self.error:
            raise self.error
        if (visit, text) not in self._kept:
            self._last += 1
            taken_at = datetime(2026, 11, 23, 10, tzinfo=UTC)
            message = Message(reference=self._last, taken_at=taken_at, text=text)
            self._kept[visit, text] = message
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        return self._kept[visit, text].reference

    async def waiting(self, most: int) -> tuple[int, tuple[Message, ...]]:
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        if self.error:
            raise self.error
        return len(self._kept), tuple(self._kept.values())[:most]

    async def done(self, reference: int) -> bool:
        if self.error:
            raise self.error
        for key, message in self._kept.items():
            if message.reference == reference:
                del self._kept[key]
                return True
        return False
