"""What ShopMax is for, spoken: a return, a cancelled order, proof that fails, somebody called."""

from typing import Final

from tests.e2e.conftest import RunKiosk
from tests.e2e.rig import Kiosk, show
from tests.e2e.test_asking import answer_in, tells_where_the_order_is
from tests.e2e.voices import said

CHANGES: Final = {"allow_changes": True}
A_BREATH_S: Final = 0.4
"""Nobody begins to speak in the very frame in which the lamp is lit."""


async def _talk(kiosk: Kiosk, *lines: str) -> list[str]:
    """Say one line after another without another press; return what was heard in reply."""
    replies: list[str] = []
    for line in lines:
        if replies:
            await kiosk.until("mic_open")
            await kiosk.hear(said(A_BREATH_S, line))
            ended = await kiosk.until("turn_ended")
        else:
            ended = await kiosk.asked(said(line))
        replies.append(await answer_in(kiosk, ended))
        heard = kiosk.captions("customer")
        show(f"customer: {line}", f"heard:    {heard}", f"kiosk:    {replies[-1]}")
    return replies


async def test_a_wrong_number_and_then_the_right_one(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        unknown, found = await _talk(
            kiosk, "Where is my order, O R D eight eight four two nine?", "eight eight four two one"
        )

        assert "find" in unknown
        assert tells_where_the_order_is(found), found
        assert kiosk.tells("tool_result:not_found", "tool_result:ok")


async def test_a_kettle_goes_back(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(shop=CHANGES) as kiosk:
        proof, unused, packaging, read_back, done = await _talk(
            kiosk,
            "I want to return the kettle of order one eight three four two.",
            "The last four digits are five eight three six.",
            "Yes, it's unused.",
            "Yes, I still have the box.",
            "Yes, please.",
        )

        assert "postcode" in proof.replace("post code", "postcode")
        assert "unused" in unused.replace("un used", "unused")
        assert "packaging" in packaging
        assert "start the return" in read_back
        assert "started" in done
        assert "store" in done
        assert kiosk.tells(
            "tool_call:start_return", "tool_result:needs_proof", "turn_ended:answered",
            "tool_call:verify_customer", "tool_result:ok", "tool_call:start_return",
            "tool_result:invalid", "turn_ended:answered", "tool_result:confirm",
            "turn_ended:answered", "tool_call:start_return", "tool_result:ok",
        )  # fmt: skip
        assert kiosk.named("claim_corrected") == []
        assert "5836" not in kiosk.stderr


async def test_a_blender_is_refused_on_the_eighth_day(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(shop=CHANGES) as kiosk:
        *_, refused = await _talk(
            kiosk,
            "I want to return the blender of order six two two two seven.",
            "three nine eight five",
        )

        assert "sorry" in refused
        assert "ended yesterday" in refused
        assert kiosk.tells("tool_result:needs_proof", "tool_result:ok", "tool_result:refused")
        assert "confirm" not in [event["status"] for event in kiosk.named("tool_result")]


async def test_a_washing_machine_is_picked_up(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(shop=CHANGES) as kiosk:
        *_, allowed, refund = await _talk(
            kiosk,
            "Can I return the washing machine of order seven three oh one five?",
            "seven three five oh",
            "No, I never used it.",
            "Yes, I have the original packaging.",
            "How long do refunds take?",
        )

        assert "pick it up from your home" in allowed
        assert "business days" in refund
        assert kiosk.tells("tool_call:check_return", "tool_call:search_policy", "tool_result:ok")


async def test_an_order_is_cancelled_by_somebody_who_changes_their_mind(
    run_kiosk: RunKiosk,
) -> None:
    async with run_kiosk(shop=CHANGES) as kiosk:
        _, read_back, kept, again, done, too_late = await _talk(
            kiosk,
            "Cancel order one nine seven two eight.",
            "eight two five six",
            "No, I want to keep it.",
            "Actually, cancel my order.",
            "Yes.",
            "Oh no, I changed my mind.",
        )

        assert "shall i cancel it" in read_back
        assert "nothing was changed" in kept
        assert "shall i cancel it" in again
        assert "is cancelled" in done.replace("canceled", "cancelled")
        assert "colleague" in too_late
        made = [event["status"] for event in kiosk.named("tool_result")]
        assert made == ["needs_proof", "ok", "confirm", "confirm", "ok"]
        assert kiosk.named("claim_corrected") == []


async def test_proof_that_fails_three_times_ends_the_visit(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(shop=CHANGES) as kiosk:
        await _talk(
            kiosk,
            "What's in my order eight eight four one two?",
            "one four two six",
            "three eight five nine",
        )
        await kiosk.until("mic_open")
        await kiosk.hear(said(A_BREATH_S, "The last four digits are five nine four one."))
        await kiosk.until("visit_ended", reason="proof")

        told = kiosk.captions("kiosk")
        assert "kettle" not in told
        assert [event["status"] for event in kiosk.named("tool_result")] == [
            "needs_proof",
            "not_verified",
            "not_verified",
            "not_verified",
        ]


async def test_somebody_is_called_and_comes(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(talk={"follow_up_s": 2.0}) as kiosk:
        (told,) = await _talk(kiosk, "I need help from a person.")
        await kiosk.until("visit_ended", reason="silence")
        called = kiosk.lights[-1]
        await kiosk.request("press")
        acknowledged = await kiosk.until("staff_acknowledged")

        assert "colleague" in told
        assert kiosk.tells(
            "tool_call:call_staff", "earcon:called", "staff_called", "tool_result:ok"
        )
        assert called == "C"
        assert acknowledged["waited_s"] > 0
