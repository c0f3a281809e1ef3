"""Recorded phrases: WAV files on the device, P2.wav to P11.wav, a directory a language.

A shop's own recordings win over those that the local voice made. P1 is a tone and no file.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kiosk import settings
from kiosk.adapters.processes import running_to_end
from kiosk.adapters.wav_files import read_wav
from kiosk.core.audio import SPEAKER_HZ
from kiosk.core.effects import Phrase

log = logging.getLogger(__name__)

RENDER_S = 120.0


@dataclass(frozen=True, slots=True)
class PhraseDirectories:
    """Where recordings are looked for: the shop's own first, then those made here."""

    own: Path | None
    made: Path


def phrase_directories(wanted: settings.Phrases, state: Path) -> PhraseDirectories:
    """Return the directories for the configured language."""
    own = Path(wanted.directory) if wanted.directory else None
    return PhraseDirectories(own, state / "phrases" / wanted.language)


def load_phrases(directories: PhraseDirectories) -> Mapping[Phrase, bytes]:
    """Return the phrases there are, as mono PCM16 at 24 kHz.

    Raises StartError for a file that is there and cannot be used.
    """
    phrases: dict[Phrase, bytes] = {}
    for phrase in Phrase:
        for directory in (directories.own, directories.made):
            file = directory / f"{phrase.value}.wav" if directory else None
            if file and file.is_file():
                phrases[phrase] = read_wav(file, SPEAKER_HZ)
                break
    return phrases


async def render_phrases(directory: Path, language: str) -> None:
    """Have the local voice record the phrases, in a process of its own.

    Without the local voice the kiosk goes on without phrases, and says so in the journal.
    """
    command = [sys.executable, "-m", "kiosk.local_live.voice"]
    command += ["--phrases", str(directory), "--language", language]
    try:
        async with asyncio.timeout(RENDER_S):
            code, said = await running_to_end(command)
    except TimeoutError:
        code, said = -1, f"not done after {RENDER_S:.0f} s"
    if code:
        log.warning("phrases not recorded", extra={"KIOSK_CAUSE": said[-200:]})
