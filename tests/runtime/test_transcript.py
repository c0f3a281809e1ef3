import asyncio

from kiosk.runtime.tools.transcript import Transcript
from tests.virtualtime import run_virtual


async def speak(words: Transcript, *pieces: tuple[float, str, bool]) -> None:
    """Say pieces, each after so many seconds, perhaps the last one."""
    for after_s, piece, final in pieces:
        await asyncio.sleep(after_s)
        words.heard(piece, final=final)


def heard(*pieces: tuple[float, str, bool], within_s: float = 1.0) -> tuple[str, float]:
    async def scenario() -> tuple[str, float]:
        words = Transcript()
        async with asyncio.TaskGroup() as group:
            group.create_task(speak(words, *pieces))
            said = await words.whole(within_s)
            return said, asyncio.get_running_loop().time()

    return run_virtual(scenario())


def test_a_sentence_that_is_over_is_not_waited_for() -> None:
    assert heard((0, "Yes.", True)) == ("Yes.", 0)


def test_a_yes_that_is_not_said_to_be_all_is_waited_for_a_second_whatever_pause_it_makes() -> None:
    assert heard((0.1, "Yes", False), (0.2, ", but", False), (0.6, " not the kettle", False)) == (
        "Yes, but not the kettle",
        1.0,
    )
    assert heard((0.25, "Yes", False), (0.25, ", but not now", True)) == ("Yes, but not now", 0.5)


def test_words_that_come_late_are_waited_for_a_second() -> None:
    assert heard((0.9, "Yes.", True)) == ("Yes.", 0.9)
    assert heard((1.1, "Yes.", True)) == ("", 1.0)


def test_an_end_without_words_is_no_sentence() -> None:
    assert heard((0.1, "", True), (0.3, "Yes", False)) == ("Yes", 1.0)
