"""Signals that can be found again in a recording, and a way to wait for them."""

import asyncio
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float64]


def noise(seconds: float, rate_hz: int, seed: int = 1) -> Signal:
    """Return noise up to 3 kHz, -20 dBFS: no two stretches of it are alike."""
    count = round(seconds * rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[np.fft.rfftfreq(count, 1 / rate_hz) > 3000] = 0
    wave = np.fft.irfft(spectrum, count)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)) * 3277)


def pcm(signal: Signal) -> bytes:
    return np.clip(signal, -32768, 32767).astype("<i2").tobytes()


def signal(pcm16: bytes) -> Signal:
    return np.frombuffer(pcm16, dtype="<i2").astype(np.float64)


def likeness(heard: Signal, sent: Signal) -> tuple[float, int]:
    """Return how well ``sent`` is found in ``heard``, 0 to 1, and at which sample."""
    if heard.size < sent.size:
        return 0.0, 0
    size = 1 << (heard.size + sent.size).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sent, size))
    match = np.fft.irfft(product, size)[: heard.size - sent.size + 1]
    at = int(np.argmax(match))
    energy = np.linalg.norm(heard[at : at + sent.size]) * np.linalg.norm(sent)
    return float(match[at] / max(float(energy), 1.0)), at


async def until(holds: Callable[[], bool], deadline_s: float = 10.0) -> None:
    """Return as soon as a condition holds; fail after the deadline."""
    async with asyncio.timeout(deadline_s):
        while not holds():  # noqa: ASYNC110 - devices and processes set no event
            await asyncio.sleep(0.01)
