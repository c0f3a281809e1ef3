"""A shop for each customer: a network with faults, a cloud at its far end, a sound card.

The kiosk is the real daemon, in the kiosk's namespace; the cloud is the local Live service in
the server's, under a name that only the rig's resolver knows.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kiosk.adapters.virtual_sound import VirtualSound, virtual_sound
from tests.e2e.listening import words
from tests.e2e.rig import Event, Kiosk, LiveServer, live_server, running, site
from tests.netns.rig import NAME, Rig, rig

FOLLOW_UP_S: Final = 3.0


@dataclass(frozen=True)
class Shop:
    """Where one customer after another is served."""

    net: Rig
    cloud: LiveServer
    sound: VirtualSound

    @property
    def cloud_endpoint(self) -> str:
        """How events name the cloud."""
        return f"{NAME}:{self.cloud.port}"

    @asynccontextmanager
    async def kiosk(self, *, fallback: str = "none", **tables: Any) -> AsyncIterator[Kiosk]:
        """Run a kiosk at the cloud; tables of the configuration by keyword."""
        live = {**self.cloud.settings, "fallback": fallback}
        talk = {"follow_up_s": FOLLOW_UP_S, **tables.pop("talk", {})}
        with tempfile.TemporaryDirectory(prefix="kiosk-net-") as home:
            place = site(Path(home), self.sound, self.net.in_kiosk)
            async with running(place, live=live, talk=talk, **tables) as kiosk:
                yield kiosk


@asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    """Open a shop for as long as the context lasts."""
    with rig() as net, tempfile.TemporaryDirectory(prefix="kiosk-net-cloud-") as state:
        named = ("--host", NAME)
        async with (
            live_server(Path(state), more=named, within=net.in_server) as cloud,
            virtual_sound() as sound,
        ):
            yield Shop(net, cloud, sound)


async def after(kiosk: Kiosk, moment: float, seconds: float) -> None:
    """Let seconds pass from a moment of the kiosk's clock, by the speaker's tape."""
    await kiosk.listened_until(moment + seconds)


async def aloud(kiosk: Kiosk, since: Event, until: Event) -> str:
    """Return what came out of the speaker between two events."""
    await kiosk.listened_until(until["t"])
    return await words(kiosk.tape, since["t"], until["t"])


def phrases(kiosk: Kiosk, *codes: str) -> list[Event]:
    """Return the recorded phrases of these codes that were said."""
    return [event for event in kiosk.named("phrase") if event["code"] in codes]


def answered(kiosk: Kiosk) -> list[Event]:
    """Return the turns that were answered."""
    return [event for event in kiosk.named("turn_ended") if event["outcome"] == "answered"]
