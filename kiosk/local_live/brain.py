"""The wit of one session: what to say, and which of the client's tools to call.

Every fact comes out of a tool's answer in this session, or was said by the customer; without
a fitting tool the brain says that it cannot look that up and offers a colleague. It knows no
tool by name: see ``choosing``, ``filling`` and ``leaving``. Pure and synchronous.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kiosk.core.spoken import identifiers
from kiosk.local_live import (
    asking,
    changing,
    errands,
    gated,
    known,
    leaving,
    proving,
    requests,
    results,
    smalltalk,
    tasks,
    wording,
)
from kiosk.local_live.choosing import asked_anything, choose
from kiosk.local_live.declared import Kind, Parameter, Tool, read_tools
from kiosk.local_live.filling import fill
from kiosk.local_live.intents import NOTHING, Intent, meant
from kiosk.local_live.memory import Memory, Result, Wanted
from kiosk.local_live.outcome import Ending, outcome_of
from kiosk.local_live.parts import Action, Call, Say
from kiosk.local_live.roles import CHANGING, RETURNING, Role, by_role, role_of

_OTHER_ORDER: Final = re.compile(r"\b(?:other|another|different|second|next) (?:order|one)\b", re.I)

_CORRECTED: Final = re.compile(r"\b(?:no|not|sorry|mean|wrong|instead|wait)\b", re.I)
_NOT_ENGLISH: Final = ("language", "")  # a whole number is understood in any language


class ShopBrain:
    """Implements ``parts.Brain`` for a shop, and for whatever tools a client declares."""

    def __init__(self, tools: Sequence[Mapping[str, Any]], instruction: str = "") -> None:
        """Take the function declarations; ``instruction`` is accepted and not read.

        The persona, its name and its language, English, are this brain's own. What shops ask of
        an assistant in an instruction, to look facts up and never to invent one, it does anyway.
        """
        del instruction
        self._memory = Memory()
        every = read_tools(tools)
        # What takes a message is never guessed at: it is called only when that is asked for.
        self._taker = next((tool for tool in every if tool.first(Kind.MESSAGE)), None)
        self._every = tuple(tool for tool in every if not tool.first(Kind.MESSAGE))
        self._roles = by_role(self._every)
        self._tools = tuple(tool for tool in self._every if role_of(tool) is None)

    def hear(self, text: str) -> tuple[Action, ...]:
        """Answer a customer's finished utterance.

        An empty text asks for an answer to the conversation as it stands.
        """
        memory = self._memory
        text = " ".join(text.split())
        memory.begin_turn()
        if text:
            memory.add_line("user", text)
        elif memory.lines and memory.lines[-1][0] == "user":
            text = memory.lines[-1][1]
        else:
            return self._said([Say(wording.GO_ON if memory.lines else wording.GREETING)])
        return self._said(self._answer(text))

    def result(
        self, name: str, arguments: Mapping[str, Any], response: Mapping[str, Any]
    ) -> tuple[Action, ...]:
        """Answer what a tool returned."""
        memory, tool = self._memory, self._named(name)
        outcome = outcome_of(response)
        agreed = memory.agreed == name
        if tool is not None:
            if agreed or role_of(tool) in CHANGING:
                changing.settle(memory, outcome, agreed=agreed)
            gate = gated.gate(memory, self._roles.get(Role.PROVE), tool, arguments, outcome)
            if gate is not None:
                return self._said([gate])
        if outcome.ending is Ending.WELL:
            self._memory.add_result(Result(name, dict(arguments), dict(outcome.fields)))
            return self._said([Say(results.told(self._memory, tool, arguments, outcome))])
        # What the customer agreed to once is not tried twice.
        again = None if agreed else results.again(memory, tool, arguments, outcome)
        if again is not None:
            return (again,)
        return self._said([Say(results.failed(self._memory, tool, arguments, outcome))])

    def interrupted(self, spoken: str) -> None:
        """Take note that only ``spoken`` of the last reply was sent."""
        self._memory.cut_reply(spoken)

    def remember(self, role: str, text: str) -> None:
        """Take a line of history as said: ``role`` is ``user`` or ``model``."""
        text = " ".join(text.split())
        if not text:
            return
        self._memory.begin_turn()
        self._memory.add_line(role, text)
        if role == "user":
            known.keep(self._memory, self._every, text)

    def snapshot(self) -> dict[str, Any]:
        """Return the conversation as JSON values."""
        copied: dict[str, Any] = json.loads(json.dumps(self._memory.to_json(), default=str))
        return copied

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Continue the conversation that ``snapshot`` returned."""
        undone = self._memory
        self._memory = Memory.from_json(json.loads(json.dumps(dict(snapshot))))
        self._memory.outlast(undone)

    # What an utterance asks for

    def _answer(self, text: str) -> list[Action]:
        memory = self._memory
        agreed = changing.agree(memory, self._roles, text)
        if agreed is not None:
            return [agreed]
        left = leaving.wish(text)
        if left is not None and (self._taker or not left.words):
            memory.wanted = None
            return self._leave(left)
        actions = self._take(memory.wanted, text)
        if actions is None:
            passed = memory.wanted
            actions = self._take(known.correction(memory, self._every, text), text)
            if actions is None:
                memory.wanted = passed
        if actions is not None:
            return actions
        passed, actions = memory.wanted, self._fresh(text)
        if passed is not None and passed.asked and memory.wanted is None:
            memory.wanted = passed  # what a tool asked for is not forgotten over a question
        return actions

    def _take(self, wanted: Wanted | None, text: str) -> list[Action] | None:
        """Take an utterance for what a call waits for; ``None`` when it is about something else."""
        if wanted is None:
            return None
        memory = self._memory
        tool, parameter = self._find(wanted)
        step = asking.ELSEWHERE
        if tool is not None and parameter is not None:
            step = (
                proving.go_on(tool, wanted, parameter, text)
                if parameter.kind is Kind.PROOF
                else asking.go_on(wanted, parameter, text)
            )
        memory.wanted = step.wanted
        if step.say:
            memory.unclear = 0
            return [Say(step.say)]
        if step.arguments is not None and tool is not None:
            memory.misses = max(memory.misses, wanted.tries)
            if parameter is not None and parameter.kind is Kind.PROOF:
                text = ""  # five digits of a postcode are no number of an order
            return self._proceed(tool, text, step.arguments)
        return None

    def _leave(self, left: leaving.Left) -> list[Action]:
        """Answer what was said ahead of a message, and take it, or ask for its words."""
        memory, tool = self._memory, self._taker
        if meant(left.words).name == "urgent":
            return self._urgent()
        first = self._fresh(left.before) if left.before else []
        parameter = tool.first(Kind.MESSAGE) if tool else None
        if tool is None or parameter is None:
            return [*first, Say(wording.NO_MESSAGES)]
        pending, given = memory.wanted, {parameter.name: left.words} if left.words else {}
        taken = self._proceed(tool, left.words, given)
        memory.wanted = memory.wanted or pending
        return [*first, *taken]

    def _fresh(self, text: str) -> list[Action]:
        memory, tools = self._memory, self._every
        proved, text = self._offered(text)
        if proved is not None:
            return proved
        begun = known.begun(tools, text)
        if begun is not None:
            memory.wanted = begun
            return [Say(wording.GO_AHEAD)]
        noun = known.recalled(memory, text)
        if noun:
            return [Say(smalltalk.recall(memory, noun))]
        rest = known.keep(memory, tools, text)
        if rest is not None and requests.is_bare(rest):
            tool = choose(self._tools, text, Intent("order_status", 1.0))
            tool = tool or known.identifying(self._tools, text)
            return self._each(tool, text) if tool else [Say(wording.CANNOT)]
        asked = requests.read(text, rest)
        if rest is not None and any(
            errands.role_of(memory, self._roles, each, in_sight=True) for each in asked
        ):
            asked = [each for each in asked if not requests.is_bare(each.plain)] or asked
        actions = [
            action
            for request in asked
            for action in self._pursue(request, in_sight=rest is not None)
        ]
        return [action for at, action in enumerate(actions) if action not in actions[:at]]

    def _offered(self, text: str) -> tuple[list[Action] | None, str]:
        """Take a proof that a customer gives unasked; returns what it led to, and other words."""
        prover = self._roles.get(Role.PROVE)
        proof = prover.first(Kind.PROOF) if prover else None
        said, rest = proving.parted(text) if prover else ("", text)
        if not said or prover is None or proof is None:
            return None, text
        number = known.keep(self._memory, self._every, rest)
        if requests.is_bare(rest if number is None else number):
            return self._proceed(prover, "", {proof.name: said}), rest
        self._memory.offered = said
        return None, rest

    def _do(self, role: Role, request: requests.Request) -> list[Action]:
        """Call the tool that plays a role."""
        if role is Role.STAFF and request.intent.name == "urgent":
            return self._urgent()
        tool, memory = self._roles[role], self._memory
        if _OTHER_ORDER.search(request.plain):
            identifier = tool.first(Kind.IDENTIFIER)
            memory.known.pop(identifier.noun if identifier else "", None)
        if role in CHANGING:
            memory.change = "open"
        return self._proceed(tool, request.text, errands.told(memory, role, tool, request))

    def _urgent(self) -> list[Action]:
        """Call somebody, if that can be done from here, and send the customer to somebody too."""
        caller = self._roles.get(Role.STAFF)
        if caller is None:
            return [Say(wording.URGENT)]
        return [*self._proceed(caller, ""), Say(wording.URGENT_TOO)]

    def _pursue(self, request: requests.Request, *, in_sight: bool) -> list[Action]:
        """Act on one request."""
        memory = self._memory
        text, plain, intent = request.text, request.plain, request.intent
        role = errands.role_of(memory, self._roles, request, in_sight=in_sight)
        if role is not None:
            return self._do(role, request)
        if tasks.is_beginning_a_return(plain) and Role.CHECK_RETURN in self._roles:
            return [Say(wording.CANNOT_DO)]
        if in_sight and tasks.is_about_a_refund(plain):
            return self._order(text, Intent("order_status", 1.0))
        if requests.goes_on_about_policy(memory, plain, intent):
            return self._ask(asked_anything(self._tools), f"{memory.question} {plain}", intent)
        if requests.goes_on_about_return(memory, plain):
            last = memory.results[-1] if memory.results else None
            if tasks.is_until(plain) and last and last.arguments == memory.returning:
                return [Say(results.remembered(last, plain) or wording.NOT_KNOWN)]
            anything = asked_anything(self._tools)
            return self._ask(anything, wording.RETURN_RULE, Intent("returns", 1.0))
        if requests.goes_on_about_order(memory, plain):
            return self._order(text, Intent("order_detail", 1.0))
        match intent.subject:
            case "order":
                return self._order(text, intent)
            case "change" if tasks.is_cancelling(plain):
                return [Say(wording.CANNOT_DO)]
            case "change":
                tool = choose(self._tools, plain, intent)
                return self._proceed(tool, text) if tool else [Say(wording.CANNOT_DO)]
            case "policy":
                tool = choose(self._tools, plain, intent)
                return self._ask(tool, requests.standing_alone(memory, plain, intent), intent)
            case "person":
                tool = choose(self._tools, plain, intent)
                return self._ask(tool, plain, intent) if tool else [Say(wording.PERSON)]
            case "talk" | "" if intent.name in _NOT_ENGLISH and (
                tool := known.identifying(self._tools, text, whole=True)
            ):
                return self._each(tool, text)
            case "talk" if intent.name != "chat" or intent.sure:
                tool = choose(self._tools, plain, NOTHING) if intent.name == "chat" else None
                if tool is not None:
                    return self._proceed(tool, text)
                say = smalltalk.reply(memory, self._every, text, intent)
                if intent.name == "abilities" and self._taker is not None:
                    say = f"{say} {wording.ALSO_MESSAGES}"
                return [Say(say)]
            case _:
                return self._unknown(text, plain, intent)

    def _order(self, text: str, intent: Intent) -> list[Action]:
        memory = self._memory
        if intent.name == "order_number":
            return [Say(smalltalk.recall(memory))]
        tool = choose(self._tools, text, intent)
        if tool is None:
            return [Say(wording.CANNOT)]
        if _OTHER_ORDER.search(text):
            identifier = tool.first(Kind.IDENTIFIER)
            memory.known.pop(identifier.noun if identifier else "", None)
        filled = fill(tool, text, text, memory.known)
        last = memory.last_result(tool.name)
        again = last is not None and last.arguments == filled.arguments and not filled.missing
        if last is not None and again and intent.name in ("order_arrival", "order_detail"):
            memory.subject = "order"
            return [Say(results.remembered(last, text) or wording.NOT_KNOWN)]
        return self._each(tool, text)

    def _unknown(self, text: str, plain: str, intent: Intent) -> list[Action]:
        memory = self._memory
        liked = choose(self._tools, plain, NOTHING)
        if liked is not None:
            return self._proceed(liked, text)
        varied = known.varied(memory, self._tools, text)
        if varied is not None:
            return self._proceed(*varied)
        anything = asked_anything(self._tools)
        if anything is not None and requests.is_for_the_shop(memory, plain, intent):
            return self._ask(anything, requests.standing_alone(memory, plain, intent), intent)
        if intent.name == "chat" or requests.is_question(plain):
            return [Say(smalltalk.chat(self._every))]
        memory.unclear += 1
        if memory.unclear > 1:
            return [Say(wording.UNCLEAR_AGAIN)]
        return [Say(wording.unclear(smalltalk.abilities(self._every)))]

    # Calls

    def _each(self, tool: Tool, text: str) -> list[Action]:
        """Call a tool for every identifier in a text; for the last one when it was corrected."""
        parameter = tool.first(Kind.IDENTIFIER)
        values = identifiers.several(text, parameter.shape) if parameter else []
        if len(values) < 2 or _CORRECTED.search(text):
            return self._proceed(tool, text)
        self._memory.several = True
        return [action for value in values for action in self._proceed(tool, value)]

    def _ask(self, tool: Tool | None, question: str, intent: Intent) -> list[Action]:
        """Put a question to a tool that takes one."""
        if tool is None:
            return [Say(wording.CANNOT)]
        if tool.first(Kind.QUESTION) is not None:
            self._memory.subject, self._memory.question = "policy", question
            telling = intent.name != "shop" and intent.likely
            self._memory.plain = intent.question if telling else question
        return self._proceed(tool, question, question=question)

    def _proceed(
        self, tool: Tool, text: str, arguments: Mapping[str, Any] | None = None, question: str = ""
    ) -> list[Action]:
        """Call a tool, or ask for what it needs and was not said."""
        memory = self._memory
        memory.unclear = 0
        filled = fill(tool, text, question or text, memory.known)
        values = {**filled.arguments, **(arguments or {})}
        missing = next(
            (each for each in tool.parameters if each.required and each.name not in values), None
        )
        if missing is not None:
            memory.wanted, say = asking.begin(tool, missing, values, filled.doubtful)
            return [Say(say)]
        if memory.wanted is None or not memory.wanted.outlasts(tool.name):
            memory.wanted = None
        for parameter in tool.parameters:
            if parameter.kind is Kind.IDENTIFIER and parameter.name in values:
                memory.known[parameter.noun] = str(values[parameter.name])
        if tool is self._roles.get(Role.PROVE) and memory.held is not None:
            gated.with_number(memory, self._named(memory.held.tool))
        if not question and tool is not self._roles.get(Role.PROVE):
            memory.subject = "order" if tool.first(Kind.IDENTIFIER) else "tool"
        if role_of(tool) in RETURNING:
            memory.subject, memory.returning = "return", dict(values)
        call = Call(tool.name, values)
        if tool.waits:
            return [call]
        return [call, Say(wording.WRITING if tool is self._taker else wording.LOOKING)]

    # What is known

    def _said(self, actions: Sequence[Action]) -> tuple[Action, ...]:
        for action in actions:
            if isinstance(action, Say):
                self._memory.add_reply(action.text)
        return tuple(actions)

    def _find(self, wanted: Wanted) -> tuple[Tool | None, Parameter | None]:
        tool = self._named(wanted.tool)
        parameters = tool.parameters if tool else ()
        return tool, next((each for each in parameters if each.name == wanted.parameter), None)

    def _named(self, name: str) -> Tool | None:
        every = (*self._every, self._taker)
        return next((tool for tool in every if tool is not None and tool.name == name), None)
