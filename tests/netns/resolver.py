"""A name server that knows one name: ``resolver.py ADDRESS NAME ITS_ADDRESS``.

Answers A questions for the name; for anything else there is no such name. UDP, port 53. The end
of stdin ends it.
"""

import select
import socket
import struct
import sys

_ANSWER = 0x8180  # a response, recursion available, no error
_NO_SUCH_NAME = 0x8183
_A, _AAAA = 1, 28


def main(listen_on: str, known: str, address: str) -> None:
    """Answer until stdin ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((listen_on, 53))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([server.fileno(), 0], [], [])
            if 0 in ready:
                return
            question, sender = server.recvfrom(512)
            server.sendto(answer(question, known, address), sender)


def answer(question: bytes, known: str, address: str) -> bytes:
    """Return the answer to a query of one question."""
    at, labels = 12, []
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode("ascii", "replace"))
        at += 1 + question[at]
    kind = struct.unpack("!H", question[at + 1 : at + 3])[0]
    asked = question[12 : at + 5]
    matches = ".".join(labels).lower() == known
    record = b""
    if matches and kind == _A:
        record = struct.pack("!HHHIH", 0xC00C, _A, 1, 1, 4) + socket.inet_aton(address)
    flags = _ANSWER if matches else _NO_SUCH_NAME
    return question[:2] + struct.pack("!HHHHH", flags, 1, bool(record), 0, 0) + asked + record


if __name__ == "__main__":
    main(*sys.argv[1:4])
