"""Microphone and speaker are pulled out and put back in."""

import pytest

from tests.hil.board import Board, figure
from tests.hil.image import SPEAKER_CARD
from tests.hil.machine import MachineFailed, holds
from tests.hil.visits import QUESTION, tells_where_the_order_is

USB_CARD = "Audio"
"""The id that the kernel gives it."""


@pytest.mark.core
def test_a_microphone_that_is_pulled_shows_f2_and_works_again_when_it_is_back(
    board: Board,
) -> None:
    story, pid = board.story, board.machine.show("kiosk.service", "MainPID")
    pulled = board.unplug("Microphone")
    lost = story.until("light", code="F2")
    board.lamps.reach(lost["t"] + 1.0)
    plugged = board.plug("Microphone")
    healed = story.until("light", code="G", after=plugged)
    first = board.status()["frames_captured"]
    holds(lambda: board.status()["frames_captured"] > first, "it hears again", 60)

    figure("microphone pulled to light F2", lost["t"] - pulled, "≤ 2 s")
    figure("microphone back to light G", healed["t"] - plugged)
    assert story.named("fault", part="microphone")
    assert lost["t"] - pulled <= 2.0
    assert board.machine.show("kiosk.service", "MainPID") == pid
    assert not any(lit for _, lit in board.lamps.microphone())


async def test_a_speaker_that_is_pulled_shows_f3_and_answers_again_when_it_is_back(
    board: Board,
) -> None:
    story, pid = board.story, board.machine.show("kiosk.service", "MainPID")
    pulled = board.unplug("Speaker")
    lost = story.until("light", code="F3")
    plugged = board.plug("Speaker")
    healed = story.until("light", code="G", after=plugged)
    board.listen()
    board.ask(QUESTION)
    story.until("turn_ended", outcome="answered", after=healed["t"])
    story.until("visit_ended")
    heard = await board.words()

    figure("speaker pulled to light F3", lost["t"] - pulled, "≤ 2 s")
    figure("speaker back to light G", healed["t"] - plugged)
    assert tells_where_the_order_is(heard), heard
    assert lost["t"] - pulled <= 2.0
    assert board.machine.show("kiosk.service", "MainPID") == pid


async def test_a_usb_speaker_that_is_pulled_and_put_back_plays_the_next_answer(
    board: Board,
) -> None:
    story, machine = board.story, board.machine
    usb = {"driver": "usb-audio", "id": "speaker", "audiodev": "nowhere", "bus": "usb.0"}
    machine.qmp("device_add", **usb)
    holds(lambda: machine.do(f"grep '{USB_CARD} *]' /proc/asound/cards").code == 0, "it is found",
          60)  # fmt: skip
    machine.run("cp /etc/asound.conf /run/asound.conf")
    machine.run(f"sed -i 's/CARD={SPEAKER_CARD}/CARD={USB_CARD}/' /etc/asound.conf")
    machine.run("systemctl restart kiosk", within_s=120)
    try:
        board.be_ready()
        story.skip()
        pulled = machine.do("true").at
        machine.qmp("device_del", id="speaker")
        lost = story.until("light", code="F3")
        plugged = machine.do("true").at
        holds(lambda: _plugged(board, usb), "it can be put back", 30)
        healed = story.until("light", code="G", after=lost["t"])
        first = board.status()["frames_played"]
        board.ask(QUESTION)
        story.until("turn_ended", outcome="answered", after=healed["t"])
        story.until("visit_ended", after=healed["t"])

        figure("USB speaker pulled to light F3", lost["t"] - pulled, "≤ 2 s")
        figure("USB speaker back to light G", healed["t"] - plugged)
        assert board.status()["frames_played"] > first
    finally:
        machine.run("cp /run/asound.conf /etc/asound.conf")
        machine.run("systemctl restart kiosk", within_s=120)
        machine.qmp("device_del", id="speaker")


def _plugged(board: Board, usb: dict[str, str]) -> bool:
    """Put it in; QEMU refuses as long as it is still being pulled."""
    try:
        board.machine.qmp("device_add", **usb)
    except MachineFailed:
        return False
    return True
