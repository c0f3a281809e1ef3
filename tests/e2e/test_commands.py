"""What a technician tries first: ``kiosk ask``, ``kiosk chat`` and ``kiosk demo``."""

import re
from pathlib import Path

from kiosk.adapters.wav_files import read_wav, write_wav
from kiosk.core.audio import MIC_HZ, SPEAKER_HZ
from tests.e2e import voices
from tests.e2e.listening import recognised
from tests.e2e.rig import Done, LiveServer, Site
from tests.e2e.test_asking import tells_when_it_comes, tells_where_the_order_is
from tests.e2e.voices import said


async def test_one_question_by_text_is_counted_and_saved(place: Site, service: LiveServer) -> None:
    config = place.config(live=service.settings)
    wav = place.home / "answer.wav"
    done = await place.command(
        "ask", "Where is my order ORD-88421?", "--wav", str(wav), "--config", str(config)
    )
    chunks = [int(size) for size in re.findall(r"^chunk \d+ +(\d+) bytes", done.out, re.M)]
    heard = await recognised(read_wav(wav, MIC_HZ))

    assert (done.code, done.err) == (0, "")
    assert service.url.removeprefix("https://") in done.out
    assert re.search(r"^session +opened in \d+ ms", done.out, re.M)
    assert 'tool call   get_order_status {"order_id": "ORD-88421"}' in done.out
    assert re.search(r"^transcript .*out for delivery.*7 pm", done.out, re.M)
    assert f"{sum(chunks)} bytes in {len(chunks)} chunks" in done.out
    assert re.search(r"^first chunk after \d+ ms", done.out, re.M)
    assert tells_where_the_order_is(heard), heard


async def test_a_conversation_by_text_remembers_the_order(place: Site, service: LiveServer) -> None:
    config = place.config(live=service.settings)
    done = await place.command(
        *("chat", "--config", str(config)),
        feed="Where is my order ORD-88421?\nAnd when will it arrive?\n\n",
    )
    answers = [line for line in done.out.splitlines() if line.startswith("kiosk:")]

    assert (done.code, done.err) == (0, "")
    assert len(answers) == 2
    assert "out for delivery" in answers[0]
    assert "7 pm" in answers[1]


async def test_a_machine_without_a_key_answers_by_itself(place: Site) -> None:
    done = await place.command("ask", "What is your return policy?")

    assert (done.code, done.err) == (0, "")
    assert "local Live service" in done.out
    assert "search_policy" in done.out
    assert "7 days" in done.out
    assert not list(place.processes())


async def test_the_demo_asks_aloud_and_its_recording_holds_the_answer(place: Site) -> None:
    """As a new user runs it: no configuration, no key, no sound card; phrases are made too."""
    out = place.home / "heard.wav"
    done = await place.command("demo", "--out", str(out))

    assert done.code == 0, done.err
    assert "get_order_status" in done.out
    assert tells_where_the_order_is(await in_recording(out))
    assert not list(place.processes())


async def test_the_demo_asks_what_it_is_given_one_turn_each(
    place: Site, service: LiveServer
) -> None:
    question, follow_up = place.home / "1.wav", place.home / "2.wav"
    write_wav(question, said(0.2, voices.QUESTION, 0.2), MIC_HZ)
    write_wav(follow_up, said(0.2, voices.FOLLOW_UP, 0.2), MIC_HZ)
    out = place.home / "heard.wav"
    done = await demo(place, service, question, follow_up, out=out)

    assert done.code == 0, done.err
    assert "asked on, without a press" in done.out
    heard = await in_recording(out)
    assert tells_where_the_order_is(heard), heard
    assert tells_when_it_comes(heard.rpartition("delivery")[2])
    assert not list(place.processes())


async def test_the_demo_says_what_is_wrong_with_a_recording(
    place: Site, service: LiveServer
) -> None:
    broken = place.home / "broken.wav"
    broken.write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")
    done = await demo(place, service, broken)
    nowhere = await demo(place, service, place.home / "nowhere.wav")

    assert done.code == 65
    assert nowhere.code == 66
    for failed, path in ((done, broken), (nowhere, place.home / "nowhere.wav")):
        assert str(path) in failed.err
        assert len(failed.err.splitlines()) == 1


async def demo(place: Site, service: LiveServer, *wavs: Path, out: Path | None = None) -> Done:
    config = place.config(live=service.settings)
    named = ("--out", str(out or place.home / "out.wav"), "--config", str(config))
    return await place.command("demo", "--wav", *map(str, wavs), *named)


async def in_recording(path: Path) -> str:
    """Return the words in a recording of the speaker."""
    assert len(read_wav(path, SPEAKER_HZ)) > SPEAKER_HZ
    return await recognised(read_wav(path, MIC_HZ))
