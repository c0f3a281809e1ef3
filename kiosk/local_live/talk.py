"""What everything that happens on one connection shares."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kiosk.local_live import outgoing
from kiosk.local_live.calls import Calls
from kiosk.local_live.house import House
from kiosk.local_live.outgoing import ServerMessage, Usage
from kiosk.local_live.parts import Action, Brain
from kiosk.local_live.profiles import Profile
from kiosk.local_live.protocol import Modality, Setup
from kiosk.local_live.sessions import Session
from kiosk.local_live.speech import Speech, SpeechStyle

LONGEST_TEXT: Final = 1000
"""Letters of one text that the brain looks at: more than anybody says in a minute."""

_FEW_DECLARATIONS: Final = 32

Send = Callable[[ServerMessage], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Talk:
    """One connection's session, brain and accounts."""

    house: House
    profile: Profile
    setup: Setup
    session: Session
    send: Send
    brain: Brain
    instruction: str
    declarations: Mapping[str, Mapping[str, Any]]
    calls: Calls
    usage: Usage = field(default_factory=Usage)

    @classmethod
    async def begin(
        cls, house: House, profile: Profile, setup: Setup, session: Session, send: Send
    ) -> "Talk":
        """Make the brain, and let it go on where a resumed session stood."""
        declared = tuple(map(profile.declared, setup.tools))
        talk = cls(
            house=house,
            profile=profile,
            setup=setup,
            session=session,
            send=send,
            brain=await _brain(house, declared, setup.instruction),
            instruction=setup.instruction,
            declarations={tool["name"]: tool for tool in declared},
            calls=Calls(profile.call_id_prefix),
        )
        if session.restored is not None:
            talk.brain.restore(session.restored)
        talk.usage.heard(text=setup.instruction)
        return talk

    def hear(self, text: str) -> tuple[Action, ...]:
        """Let the brain answer the customer; of a long text its end, where the question is."""
        return self.brain.hear(text[-LONGEST_TEXT:])

    async def change(
        self, instruction: str | None, tools: tuple[dict[str, Any], ...] | None
    ) -> None:
        """Give the brain a new instruction or new tools; it remembers the conversation."""
        if instruction is not None:
            self.instruction = instruction
        if tools is not None:
            self.declarations = {tool["name"]: self.profile.declared(tool) for tool in tools}
        declared = tuple(self.declarations.values())
        brain = await _brain(self.house, declared, self.instruction)
        brain.restore(self.brain.snapshot())
        self.brain = brain

    def new_speech(self) -> Speech:
        """Begin the outgoing side of a turn."""
        text = self.profile.modality(self.setup) is Modality.TEXT
        captions = self.profile.captions if self.setup.caption_output else None
        return Speech(
            send=self.send,
            voice=self.house.parts.voice,
            style=SpeechStyle(text=text, captions=captions, voice=self.setup.voice),
            usage=self.usage,
            timing=self.house.timing,
            now=self.house.now,
        )

    async def busy(self) -> None:
        """Say that there is nothing to resume from just now."""
        if self._gives_handles:
            await self.send(outgoing.resumption(None))

    async def issue_handle(self) -> None:
        """Give the client a handle to the conversation as it stands."""
        if self._gives_handles:
            handle = self.house.store.issue(self.session, self.brain.snapshot())
            await self.send(outgoing.resumption(handle))

    @property
    def _gives_handles(self) -> bool:
        return self.setup.handle is not None or self.profile.handles_unasked


async def _brain(house: House, declared: Sequence[Mapping[str, Any]], instruction: str) -> Brain:
    """Make a brain; on a thread when there is much to read (0.25 ms a declaration, measured)."""
    make = house.parts.make_brain
    if len(declared) <= _FEW_DECLARATIONS:
        return make(declared, instruction)
    return await asyncio.to_thread(make, declared, instruction)
