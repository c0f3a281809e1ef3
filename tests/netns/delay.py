"""Holds every packet that a TUN device gets for a while, and hands it back on the same device.

``delay.py DEVICE``, inside the router's namespace. ``DELAY_MS JITTER_MS`` on a line of stdin
changes how long; the end of stdin ends it. Packets stay in order.
"""

import fcntl
import os
import random
import select
import struct
import sys
from collections import deque
from contextlib import suppress
from time import monotonic  # noqa: TID251 - it is the clock of the packets it holds

_TUNSETIFF = 0x400454CA
_IFF_TUN = 0x0001
_IFF_NO_PI = 0x1000
_LARGEST = 65536
_MOST_PACKETS = 4000


def main(device: str) -> None:
    """Carry packets until stdin ends."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TUN | _IFF_NO_PI))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    held: deque[tuple[float, bytes]] = deque()
    delay_s = jitter_s = latest = 0.0
    while True:
        wait_s = max(0.0, held[0][0] - monotonic()) if held else None
        ready, _, _ = select.select([tun, 0], [], [], wait_s)
        if 0 in ready:
            line = os.read(0, 100).decode()
            if not line:
                return
            delay_s, jitter_s = (float(word) / 1000 for word in line.split()[-2:])
        if tun in ready:
            packet = os.read(tun, _LARGEST)
            due = monotonic() + delay_s + random.uniform(0, jitter_s)
            latest = max(latest, due)
            if len(held) < _MOST_PACKETS:
                held.append((latest, packet))
        while held and held[0][0] <= monotonic():
            _give(tun, held.popleft()[1])


def _give(tun: int, packet: bytes) -> None:
    with suppress(OSError):  # a device that is down, or a full queue: packets get lost
        os.write(tun, packet)


if __name__ == "__main__":
    main(sys.argv[1])
