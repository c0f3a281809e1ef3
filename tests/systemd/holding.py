"""Stands for the daemon where only its light counts: holds the line, ready, until it is killed."""

import asyncio
import os

from kiosk.adapters import fault_light
from kiosk.adapters.gpio_chips import import_lgpio
from kiosk.adapters.systemd import service_manager


async def hold() -> None:
    lgpio = import_lgpio()
    await fault_light.take_over()
    chip = lgpio.gpiochip_open(0)
    lgpio.gpio_claim_output(chip, 18, 1)
    manager = service_manager(os.environ)
    manager.ready()
    while True:
        manager.alive()
        await asyncio.sleep(1)


asyncio.run(hold())
