"""The claim guard: what a reply claims, held against what the tools answered in this visit.

The model is told to say only what a tool has said; this finds where it did not. It reads the
transcript of the kiosk's own words, in English and, for the commonest wordings, in German,
French, Spanish, Italian and Dutch. A claim is borne out by a tool's fields, or by a tool's own
sentence that makes the same claim; staff authority ("refund approved") by nothing but such a
sentence. Orders are not told apart: what was answered of one bears out a claim about another.

Pure, and no judge of truth: wordings that nobody thought of pass.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from kiosk.shop.answers import Answer, AnswerStatus
from kiosk.shop.claim_words import BORNE_OUT_BY, ENGLISH, Claim, Tongue, Wording
from kiosk.shop.claim_words_abroad import ABROAD

LONGEST_TEXT: Final = 4000
"""Characters of a reply that are looked at; a reply is cut off long before."""

_TONGUES: Final[tuple[Tongue, ...]] = (ENGLISH, *ABROAD)

_SENTENCE_END: Final = re.compile(r"(?<=[.!?;:…])\s+")
_DASH: Final = re.compile(r"\s[-–—]+\s|[–—]")  # noqa: RUF001 - dashes as voices write them
_NUMBER: Final = re.compile(
    r"\b(?:number )?o[ ,]*r[ ,]*d[ ,-]*"
    r"(?:(?:\d+|zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)[ ,-]*){1,8}"
    r"|(?:\b\d\b[ ,-]*){4,}|\b\d{4,}\b"
)
_SHORT: Final = (
    (re.compile(r"\b(?:can't|cant|cannot)\b"), "can not"),
    (re.compile(r"\b(?:won't|wont)\b"), "will not"),
    (re.compile(r"(?<=[a-z])n't\b|(?<=\b(?:has|did|was))nt\b|(?<=\b(?:does))nt\b"), " not"),
    (re.compile(r"(?<=[a-z])'ve\b"), " have"),
    (re.compile(r"(?<=[a-z])'re\b"), " are"),
    (re.compile(r"(?<=[a-z])'ll\b"), " will"),
    (re.compile(r"(?<=[a-z])'m\b"), " am"),
    (re.compile(r"(?<=\bi)'d\b"), " would"),
    (re.compile(r"(?<=[a-z])'s\b"), " is"),
    (re.compile(r"\bs[íì](?=[ ,.!]|$)"), "yes"),
    (re.compile(r"\b(cancell?)(ed|ing)\b"), r"cancell\2"),
    (re.compile(r"\bno (?:problem|worries)\b"), "yes"),
)
_PROMISES: Final = (Claim.DUE, Claim.RETURN_ALLOWED, Claim.REFUND_PROMISED)
_CONDITION: Final = re.compile(
    r"(?:if|unless|once|when|as soon as|as long as|after|provided|wenn|falls|sobald|si|cuando|se"
    r"|quando|als|wanneer|lorsque|quand)\b"
)
_WORD: Final = re.compile(r"[a-z0-9]+|,")
_NEW_CLAUSE: Final = re.compile(r" (?:but|however|aber|mais|pero|ma|maar) ")
_ASKS: Final = re.compile(
    r"(?:so |and |then |or )?(?:is|are|was|were|has|have|had|do|does|did|can|could|would|will"
    r"|should|shall|may|what|when|where|which|who|why|how|ist|sind|wurde|hat|haben|kann|konnen|soll|sollen"
    r"|mochten|wann|wo|wie|est ce|avez|voulez|souhaitez|quand|quiere|desea|cuando|vuole|desidera"
    r"|heeft|wilt|wil|kunt|zal)\b"
)


def sentences_of(text: str) -> Iterator[tuple[str, bool]]:
    """Part a text into sentences of plain words; with each, whether it asks something."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    plain = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    plain = re.sub("[\u2018\u2019\u00b4`]", "'", plain)
    for sentence in _SENTENCE_END.split(plain):
        asks = sentence.rstrip().endswith("?")
        short = _DASH.sub(" , ", sentence)
        for pattern, instead in _SHORT:
            short = pattern.sub(instead, short)
        folded = unicodedata.normalize("NFKD", short)
        folded = "".join(char for char in folded if not unicodedata.combining(char))
        words = _WORD.findall(_NUMBER.sub(" ", folded))
        joined = _NEW_CLAUSE.sub(r" , ", " ".join(words))
        yield re.sub(r"(?:, )+", ", ", joined).strip(" ,"), asks


def claims_in(text: str) -> list[tuple[Claim, ...]]:
    """Return what a text claims; each claim with the others that would do for it."""
    found: list[tuple[Claim, ...]] = []
    for sentence, asks in sentences_of(text):
        said = _beside_the_question(sentence) if asks else sentence
        for tongue in _TONGUES:
            found += [wording.claims for wording in tongue.wordings if _says(said, wording, tongue)]
    return found


def unfounded(text: str, answered: Iterable[tuple[str, Answer]]) -> str | None:
    """Return the kind of the first claim that no answer bears out, or None.

    ``answered``: the tools called in this visit by name, each with what it answered.
    """
    claimed = claims_in(text)
    if not claimed:
        return None
    founded = frozenset[Claim]().union(*(_borne_out(name, each) for name, each in answered))
    for claims in claimed:
        if founded.isdisjoint(claims):
            return claims[0].kind
    return None


def _says(sentence: str, wording: Wording, tongue: Tongue) -> bool:
    """Whether a sentence claims it somewhere with nothing before it that takes it back."""
    if wording.claims[0] in _PROMISES and _CONDITION.match(sentence):
        return False
    match = wording.pattern.search(sentence)
    while match is not None:
        clause = sentence[: match.start()].rpartition(", ")[2]
        if not tongue.guard.search(clause):
            return True
        match = wording.pattern.search(sentence, match.start() + 1)
    return False


def _beside_the_question(sentence: str) -> str:
    """Return what is stated before a question that ends the same sentence."""
    stated, _, _ = sentence.rpartition(", ")
    return "" if _ASKS.match(sentence) else stated


def _borne_out(tool: str, answer: Answer) -> frozenset[Claim]:
    """Return what an answer entitles the kiosk to say."""
    claims = {claim for each in claims_in(str(answer["say"])) for claim in each}
    if answer["status"] == AnswerStatus.REFUSED and "clause" not in answer and not claims:
        return frozenset()  # no such tool, or one call too many: nothing was looked at
    claims.add(Claim.CHECKED)
    claims |= BORNE_OUT_BY.get(str(answer.get("order_status", "")), frozenset())
    if answer.get("late") is True:
        claims.add(Claim.LATE)
    if answer["status"] == AnswerStatus.CONFIRM and tool == "start_return":
        claims |= _OF_TOOL["check_return"]
    if answer["status"] != AnswerStatus.OK:
        return frozenset(claims)
    clause = str(answer.get("clause", ""))
    if clause.startswith("refunds."):
        claims.add(Claim.REFUND_PROMISED)
    if tool == "search_policy" and clause.startswith("returns."):
        claims.add(Claim.RETURN_ALLOWED)
    if tool == "check_return" and answer.get("returnable") is not True:
        return frozenset(claims | _OF_RULING.get(str(answer.get("ruling", "")), frozenset()))
    return frozenset(claims | _OF_TOOL.get(tool, frozenset()))


_OF_TOOL: Final = {
    "cancel_order": frozenset({Claim.CANCELLED}),
    "check_return": frozenset({Claim.RETURN_ALLOWED, Claim.DELIVERED, Claim.REFUND_PROMISED}),
    "start_return": frozenset(
        {Claim.RETURN_STARTED, Claim.RETURN_ALLOWED, Claim.DELIVERED, Claim.REFUND_PROMISED}
    ),
    "call_staff": frozenset({Claim.STAFF_CALLED}),
    "take_message": frozenset({Claim.MESSAGE_KEPT}),
    "verify_customer": frozenset({Claim.VERIFIED}),
}
_OF_RULING: Final = {
    "late": frozenset({Claim.DELIVERED}),
    "used": frozenset({Claim.DELIVERED}),
    "no packaging": frozenset({Claim.DELIVERED}),
    "not delivered": frozenset({Claim.NOT_YET}),
    "already being returned": frozenset({Claim.RETURN_STARTED, Claim.DELIVERED}),
}
