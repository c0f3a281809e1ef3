"""What the shop's tools mean to a visit: staff called, proof failed, a false word put right."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.core.earcons import Earcon
from kiosk.core.effects import Phrase
from kiosk.core.lights import Light
from kiosk.errors import LinkError, ToolError
from kiosk.ports import StaffState
from kiosk.resources import packaged
from kiosk.runtime.desk import Desk
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Settings, Shop
from kiosk.shop.goods import Category, Item
from kiosk.shop.orders import Order, OrderStatus, ProofFacts
from kiosk.shop.policy_file import load_policy
from tests.fakes.live import Call, FakeLive, HangUp, Pause, Say, Turn
from tests.fakes.shop import TODAY, Notebook, PaperLedger, PaperShop, PaperTries
from tests.runtime.house import House, open_house
from tests.virtualtime import run_virtual

ORDER = Order(
    order_id="ORD-88421",
    status=OrderStatus.PLACED,
    placed_on=TODAY - timedelta(days=1),
    due_on=TODAY + timedelta(days=2),
    items=(Item(line=1, category=Category.KETTLE),),
    proof=ProofFacts(postcode="26122", phone_end="5836"),
)
WHICH = {"order_id": "ORD-88421"}
STATUS = Call("get_order_status", WHICH)
RIGHT = Call("verify_customer", {**WHICH, "proof": "26122"})
WRONG = [Call("verify_customer", {**WHICH, "proof": f"2612{end}"}) for end in (3, 4, 5)]
CANCEL = Call("cancel_order", WHICH)
READ_BACK = "You'd like to cancel order O R D 8 8 4 2 1. Shall I cancel it?"
FALSE = "Your refund has been made."
CHANGES = Settings(shop=Shop(allow_changes=True))


class NothingKept:
    """Staff who never set anything."""

    state = StaffState(70)

    async def keep(self, state: StaffState) -> None:
        del state


def statuses(house: House[FakeLive], tool: str) -> list[str]:
    return [each["status"] for each in house.named("tool_result") if each["name"] == tool]


def codes(house: House[FakeLive]) -> list[str]:
    return [each["code"] for each in house.named("phrase") if each["code"] != Phrase.TICK]


def light(house: House[FakeLive]) -> Light:
    return house.lamps.shown[-1]


async def another(house: House[FakeLive], turn: int, **fields: Any) -> None:
    """Ask a further question in the window, and hear the answer."""
    await asyncio.sleep(0.5)
    house.microphone.say(1.5)
    await house.until("turn_ended", turn=turn, **fields)


# Somebody of the staff is wanted


def test_a_call_for_the_staff_is_heard_and_seen_until_somebody_comes() -> None:
    async def scenario() -> None:
        call = Turn(steps=(Call("call_staff"), Say("I've called a colleague. Please wait here.")))
        async with open_house(FakeLive([call])) as house:
            await house.ask()
            await house.until("staff_called")
            assert house.named("earcon")[-1]["name"] == Earcon.CALLED
            assert light(house) is Light.CALLED

            await house.until("visit_ended", reason="silence")
            await asyncio.sleep(60.0)
            assert light(house) is Light.CALLED
            assert house.kiosk.front.doing.words == "A customer wants somebody"
            assert codes(house) == []

            await house.tap()
            (came,) = house.named("staff_acknowledged")
            assert came["waited_s"] > 60.0
            assert light(house) is Light.VISIT
            assert len(house.named("visit_started")) == 2
            assert len(house.named("staff_called")) == 1

    run_virtual(scenario())


# Proof


def test_three_wrong_tries_end_the_visit_after_the_answer_to_the_last() -> None:
    async def scenario() -> None:
        no = "I'm sorry, I can't confirm that with what you told me."
        turns = [Turn(steps=(call, Say(no))) for call in WRONG]
        async with open_house(FakeLive(turns), book=PaperShop([ORDER])) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            await another(house, 2, outcome="answered")
            assert codes(house) == []
            await asyncio.sleep(0.5)
            house.microphone.say(1.5)
            await house.until("turn_ended", turn=3, outcome="answered")
            if not house.named("visit_ended"):
                await house.until("visit_ended")

            assert statuses(house, "verify_customer") == ["not_verified"] * 3
            assert house.named("visit_ended")[0]["reason"] == "proof"
            assert codes(house) == [Phrase.CANNOT_SHARE]
            after = house.named("phrase")[-1]["t"]
            assert after >= house.named("reply_ended")[-1]["t"]
            house.microphone.say(3.0)
            await asyncio.sleep(5.0)
            assert len(house.named("turn_started")) == 3
            assert house.live.open_sessions == 0

    run_virtual(scenario())


def test_a_press_after_the_last_try_is_not_answered_with_another() -> None:
    async def scenario() -> None:
        slow = Turn(steps=(*WRONG, Pause(3.0), Say("I'm sorry.")))
        async with open_house(FakeLive([slow]), book=PaperShop([ORDER])) as house:
            await house.ask()
            for _ in WRONG:
                await house.until("tool_result", status="not_verified")
            await asyncio.sleep(0.5)
            await house.tap()
            house.microphone.say(2.0)
            await asyncio.sleep(10.0)
            assert codes(house)[-1] == Phrase.CANNOT_SHARE
            assert len(house.named("turn_started")) == 1
            assert house.named("visit_ended")[0]["reason"] == "proof"

    run_virtual(scenario())


@pytest.mark.parametrize("resumed", [True, False])
def test_proof_outlives_a_lost_connection_and_no_fresh_session(resumed: bool) -> None:
    """Who stands there after the session was begun afresh is anybody's guess."""

    async def scenario() -> None:
        live = FakeLive(
            [
                Turn(steps=(RIGHT, Say("Thank you, that's right."))),
                Turn(steps=(HangUp(LinkError("reset")),)),
                Turn(steps=(Call("get_order_items", WHICH), Say("Let me see."))),
            ]
        )
        async with open_house(live, book=PaperShop([ORDER])) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            if not resumed:
                live.forget()
            await another(house, 2, outcome="answered")

            expected = "ok" if resumed else "needs_proof"
            assert statuses(house, "get_order_items") == [expected]

    run_virtual(scenario())


# A change, and the customer's own words


def test_an_order_is_cancelled_on_the_customers_own_yes_in_the_next_turn() -> None:
    async def scenario() -> None:
        book = PaperShop([ORDER])
        live = FakeLive(
            [
                Turn(heard="it is two six one two two", steps=(RIGHT, CANCEL, Say(READ_BACK))),
                Turn(heard="Yes, please.", steps=(CANCEL, Say("Your order is cancelled."))),
            ]
        )
        async with open_house(live, CHANGES, book=book) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            await another(house, 2, outcome="answered")

            assert statuses(house, "cancel_order") == ["confirm", "ok"]
            assert book.changed == ["cancel ORD-88421"]
            assert codes(house) == []  # what was said is borne out

    run_virtual(scenario())


def test_who_interrupts_the_read_back_has_agreed_to_nothing() -> None:
    """The words came ahead of the sound: the customer had heard none that named the deed."""

    async def scenario() -> None:
        book = PaperShop([ORDER])
        slow = Say(f"Thank you, that is right, one more thing then. {READ_BACK}", seconds=12.0)
        live = FakeLive(
            [
                Turn(heard="two six one two two", steps=(RIGHT, CANCEL, slow)),
                Turn(heard="Yes.", steps=(CANCEL, Say("Let me ask again."))),
            ]
        )
        live.speed = 20.0
        async with open_house(live, CHANGES, book=book) as house:
            await house.ask()
            await house.until("reply_started")
            await asyncio.sleep(1.5)
            assert READ_BACK.split()[-1] in house.named("caption")[-1]["text"]
            await house.ask(1.5)
            await house.until("turn_ended", turn=2, outcome="answered")

            assert statuses(house, "cancel_order") == ["confirm", "confirm"]
            assert book.changed == []

    run_virtual(scenario())


# What no tool has said


def test_a_false_word_is_put_right_after_the_reply_and_then_the_visit_goes_on() -> None:
    async def scenario() -> None:
        live = FakeLive([Turn(steps=(Say(FALSE),)), Turn(steps=(Say("We are open until nine."),))])
        async with open_house(live) as house:
            desk = Desk(NothingKept())
            desk.open(house.kiosk.front, house.microphone, house.speaker)
            desk.serve(house.kiosk)
            await house.ask()
            await house.until("phrase", code=Phrase.UNCHECKED)
            (corrected,) = house.named("claim_corrected")
            assert corrected["kind"] == "refund"
            assert house.named("reply_ended")[0]["t"] <= house.named("phrase")[-1]["t"]
            assert house.named("turn_ended")[0]["outcome"] == "answered"

            await house.until("mic_open")
            await another(house, 2, outcome="answered")
            assert codes(house) == [Phrase.UNCHECKED]
            assert (await desk.commands()["status"]({}))["claims_corrected"] == 1

    run_virtual(scenario())


def test_what_a_tool_has_said_is_not_put_right() -> None:
    async def scenario() -> None:
        told = Turn(steps=(STATUS, Say("Your order is being prepared and due on Wednesday.")))
        again = Turn(steps=(Say("As I said, it is being prepared."),))
        async with open_house(FakeLive([told, again]), book=PaperShop([ORDER])) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            await another(house, 2, outcome="answered")
            assert codes(house) == []

    run_virtual(scenario())


def test_what_the_last_customer_was_told_bears_nothing_out_for_the_next() -> None:
    async def scenario() -> None:
        told = Turn(steps=(STATUS, Say("Your order is being prepared.")))
        again = Turn(steps=(Say("Your order is being prepared."),))
        async with open_house(FakeLive([told, again]), book=PaperShop([ORDER])) as house:
            await house.ask()
            await house.until("visit_ended", reason="silence")
            assert codes(house) == []
            await house.ask()
            await house.until("phrase", code=Phrase.UNCHECKED)

    run_virtual(scenario())


@pytest.mark.parametrize(("heard_s", "corrected"), [(1.0, False), (4.5, True)])
def test_a_reply_that_was_interrupted_is_judged_by_what_was_heard_of_it(
    heard_s: float, corrected: bool
) -> None:
    async def scenario() -> None:
        reply = Say(f"Well, let me see what I can do. {FALSE} What else is there?", seconds=6.0)
        live = FakeLive([Turn(steps=(reply,)), Turn(steps=(Say("We are open until nine."),))])
        live.speed = 20.0  # all of it has come long before it is heard
        async with open_house(live) as house:
            await house.ask()
            await house.until("reply_started")
            await asyncio.sleep(heard_s)
            pressed = asyncio.get_running_loop().time()
            await house.ask(1.5)
            assert codes(house) == []  # nobody is talked over
            await house.until("turn_ended", turn=2, outcome="answered")

            assert codes(house) == ([Phrase.UNCHECKED] if corrected else [])
            assert len(house.named("claim_corrected")) == corrected
            ended = [each["t"] for each in house.named("speech_ended") if each["t"] > pressed]
            assert all(each["t"] >= ended[0] for each in house.named("claim_corrected"))

    run_virtual(scenario())


def test_a_false_word_that_was_cut_by_the_network_is_put_right_once() -> None:
    async def scenario() -> None:
        cut = Turn(steps=(Say("Your refund has been", seconds=1.6), HangUp(LinkError("reset"))))
        whole = Turn(steps=(Say(f"{FALSE} Is there more?", seconds=3.2),))
        async with open_house(FakeLive([cut, whole])) as house:
            await house.ask()
            await house.until("visit_ended", reason="silence")
            assert codes(house) == [Phrase.UNCHECKED]
            assert house.named("turn_ended")[0]["outcome"] == "answered"

    run_virtual(scenario())


# ShopMax is down, or the policy is out of date


def test_the_light_tells_that_shopmax_is_down_and_that_it_is_back() -> None:
    async def scenario() -> None:
        book = PaperShop([ORDER])
        async with open_house(FakeLive(), book=book) as house:
            await asyncio.sleep(1.0)
            assert light(house) is Light.READY

            book.error = ToolError("store_failed", "It is down.", retryable=True)
            await house.until("light", within_s=120.0, code="A")
            assert house.kiosk.front.doing.words.startswith("Ready, without orders: ")
            await house.until("fault", within_s=900.0, part="shop")
            assert light(house) is Light.SHOP_FAULT

            book.error = None
            await house.until("light", within_s=120.0, code="G")
            assert house.named("healed")[-1]["part"] == "shop"

    run_virtual(scenario())


def test_a_kiosk_that_began_before_shopmax_did_says_so_within_seconds() -> None:
    async def scenario() -> None:
        down = PaperShop(error=ToolError("store_failed", "It is down.", retryable=True))
        async with open_house(FakeLive(), book=down) as house:
            await asyncio.sleep(3.0)
            assert light(house) is Light.DEGRADED

    run_virtual(scenario())


def test_the_light_tells_at_midnight_that_the_policy_has_expired() -> None:
    async def scenario() -> None:
        evening = datetime(2026, 11, 23, 23, 55, tzinfo=UTC)
        began = asyncio.get_running_loop().time()

        def wall_clock() -> datetime:
            return evening + timedelta(seconds=asyncio.get_running_loop().time() - began)

        policy = replace(load_policy(Path(packaged("policy.toml"))), expires=evening.date())
        toolbox = Toolbox(
            Shop(),
            PaperShop(),
            policy,
            Notebook(),
            tries=PaperTries(),
            ledger=PaperLedger(),
            wall_clock=wall_clock,
        )
        async with open_house(FakeLive(), toolbox=toolbox) as house:
            await asyncio.sleep(290.0)
            assert light(house) is Light.READY

            await house.until("light", within_s=75.0, code="A")
            expired = "Ready, with old rules: the shop's policy has expired"
            assert house.kiosk.front.doing.words == expired

    run_virtual(scenario())
