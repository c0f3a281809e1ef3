"""A service that does nothing but keep a visit, with the kiosk's own memory for it.

It says on stdout what the process before it left; on SIGUSR1 it keeps a visit, on SIGUSR2 it
wipes it.
"""

import os
import signal
import sys

from kiosk.adapters.systemd import service_manager
from kiosk.adapters.visit_memory import visit_memory
from kiosk.core.live import SessionHandle


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


memory = visit_memory(os.environ)
kept = memory.kept
say("nothing kept" if kept is None else f"kept visit {kept.visit} {kept.phase}")

orders = {signal.SIGUSR1, signal.SIGUSR2}
signal.pthread_sigmask(signal.SIG_BLOCK, orders)
service_manager(os.environ).ready()
while True:
    if signal.sigwait(orders) is signal.SIGUSR1:
        memory.keep(SessionHandle("a customer's handle"), 7, "Thinking")
    else:
        memory.wipe()
    say("done")
