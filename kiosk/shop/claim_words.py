"""How a voice claims something about an order, as patterns over plain words.

The words come from ``claims.sentences_of``: small letters, no accents, contractions written out,
order numbers gone, one blank between two of them, a comma as a word of its own. ``~`` stands for
a few words in between, none of which takes the claim back or makes it a condition.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Claim(StrEnum):
    """What may be claimed, after the kind of claim that is told and counted."""

    MOVING = "order_state: under way"
    OUT = "order_state: out for delivery"
    DELIVERED = "order_state: delivered"
    READY = "order_state: ready for pickup"
    PREPARED = "order_state: being prepared"
    LATE = "order_state: late"
    DUE = "order_state: to come"
    NOT_YET = "order_state: not yet"
    CANCELLED = "cancelled"
    RETURN_STARTED = "return_started"
    RETURN_ALLOWED = "return_allowed"
    RETURN_ARRIVED = "return_arrived"
    REFUND_MADE = "refund: made"
    REFUND_UNDER_WAY = "refund: under way"
    REFUND_PROMISED = "refund: promised"
    AUTHORITY = "authority"
    STAFF_CALLED = "staff_called"
    MESSAGE_KEPT = "message_kept"
    VERIFIED = "verified"
    CHECKED = "checked"

    @property
    def kind(self) -> str:
        """What is told of it."""
        return self.value.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Wording:
    """A way to claim the first of ``claims``; any one of them, borne out, bears it out."""

    claims: tuple[Claim, ...]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Tongue:
    """The wordings of a language. ``guard``, before one in its clause, makes it no claim."""

    guard: re.Pattern[str]
    wordings: tuple[Wording, ...]


_EN: Final = "en"
_NOT_BETWEEN: Final = {
    "en": "not|never|no|nor|if|whether|unless|can|could|may|might|would|must|cannot|or|without"
    "|before|until|when|once|after|and",
    "de": "nicht|kein|keine|keinen|nie|niemals|ob|wenn|falls|sobald|kann|konnen|konnte|oder|und",
    "fr": "ne|n|pas|jamais|si|peut|pourrait|ou|quand|lorsque|et",
    "es": "no|nunca|si|puede|podria|o|cuando|y",
    "it": "non|mai|se|puo|potrebbe|o|quando",
    "nl": "niet|geen|nooit|als|kan|zou|indien|zodra|wanneer|en",
}
_GUARDS: Final = {
    "en": "if|whether|when|whenever|once|unless|until|till|before|after|in case|suppose|supposing"
    "|imagine|as soon as|you (?:say|said|mentioned|told|mean|think|want|wanted)|would|could|might"
    "|may|not|never|no|cannot|nobody|unable|example|instance|nothing|how|why|where|what|which|who"
    "|ask|sure that",
    "de": "wenn|falls|sobald|ob|sofern|nachdem|bevor|bis|nicht|kein|keine|nie|kann|konnte"
    "|sie (?:sagen|sagten|meinen)|du (?:sagst|meinst)|beispiel|wie|warum|wo|welche",
    "fr": "si|lorsque|quand|des que|une fois|apres|avant|ne|n|pas|jamais|vous (?:dites|avez dit)"
    "|exemple|comment|pourquoi",
    "es": "si|cuando|una vez|en cuanto|despues|antes|no|nunca|usted dice|dices|ejemplo|como"
    "|por que",
    "it": "se|quando|una volta|appena|dopo|prima|non|mai|lei dice|dici|esempio|come mai|perche",
    "nl": "als|wanneer|zodra|indien|of|nadat|voordat|niet|geen|nooit|u zegt|je zegt|voorbeeld|hoe"
    "|waarom",
}

# English

_ADV: Final = (
    "(?:(?:now|just|already|also|successfully|all|been|being|currently|still|gone ahead and"
    "|went ahead and|actually|finally|indeed|officially|hereby|personally|since|then|today"
    "|yesterday|for you|immediately|automatically|fully|completely|definitely|certainly|even"
    "|yet) )*"
)
_NOT_GOODS: Final = (
    "colleagues?|managers?|stores?|shops?|team|staff|polic(?:y|ies)|refunds?|returns?|money"
    "|questions?|messages?|pickup|collection|reference|cancellation|service|rules?|days"
    "|is|are|was|were|has|have|had|will|should|be"
)
_IT: Final = (
    "(?:(?:it|everything|order|(?:both|all)(?: of)?(?: the| your)? [a-z]+"
    "|(?:(?<=, )|^)(?:that|this|they)) "
    f"|(?:your|the|this|that|our) (?:(?!(?:NEG|{_NOT_GOODS})\\b)[a-z0-9]+ ){{1,3}}?)"
)
_IS: Final = f"(?:is|are|was|were|has|have|had|got) {_ADV}"
_DID: Final = f"(?:i|we) (?:have |had )?{_ADV}"
_DOING: Final = f"(?:i am|we are) {_ADV}"
_RETURN: Final = "(?:your|the|this|a) (?:[a-z]+ )?returns? "
_REFUND: Final = "(?:your|the|this|a|a full|full) (?:[a-z]+ )?(?:refund|reimbursement|money) "
_YOUR_REFUND: Final = "(?:your|the|this) (?:[a-z]+ )?(?:refund|money) "
_LATER: Final = "(?! ~(?:if|once|when|after|as soon as|as long as|provided|unless)\\b)"
_GRANTED: Final = "(?:approved|authori[sz]ed|granted|sanctioned|signed off)"
_REQUEST: Final = (
    "(?:refund|return|exchange|request|claim|cancellation|compensation|credit|discount"
    "|replacement|money)"
)
_SOMEBODY: Final = "(?:colleagues?|staff|managers?|team|somebody|someone|supervisor|employee|human)"

_ENGLISH: Final[tuple[tuple[tuple[Claim, ...], str], ...]] = (
    (
        (Claim.AUTHORITY,),
        f"{_REQUEST} ~{_IS}{_GRANTED}|{_REQUEST} {_GRANTED}"
        f"|{_DID}(?:{_GRANTED}|waived|made an exception)"
        "|(?:i|we) (?:(?:hereby|personally|can|do|fully|will|shall) )*"
        "(?:approve|authori[sz]e|guarantee|promise|grant|waive|assure you|give you my word)"
        f"|(?:^|, )approved\\b|{_SOMEBODY} (?:has|have) {_ADV}{_GRANTED}"
        f"|{_DID}(?:got|gotten|received|obtained) ~approval|i will make an exception"
        f"|{_DOING}(?:approving|authori[sz]ing|granting|waiving|making an exception)"
        "|(?:free of charge|for free|at no cost|free) (?:,)? ?because|you have my word"
        "|on behalf of (?:the )?(?:manager|management|shopmax)|as (?:the|a|your) (?:store )?manager"
        f"|(?:it|that|this|everything) {_IS}{_GRANTED}|guaranteed (?:refund|return)"
        "|(?:your|a) (?:refund|return) is guaranteed",
    ),
    (
        (Claim.MOVING,),
        f"{_IT}~{_IS}~(?:shipped|dispatched|sent|on (?:its|their|the) way|in transit|en route"
        "|with (?:the|our) (?:courier|carrier|driver)|left (?:our|the)|handed (?:over )?to the)"
        f"|{_IT}{_ADV}(?:shipped|left (?:(?:our|the) (?:warehouse|depot)|this|today|on)|went out)"
        f"|{_DID}(?:shipped|dispatched) ",
    ),
    ((Claim.OUT,), f"{_IT}~{_IS}~(?:out for delivery|with the driver|on the (?:van|truck))"),
    (
        (Claim.DELIVERED,),
        f"{_IT}~{_IS}(?:delivered|arrived|dropped off at|left (?:with|at) )"
        f"|{_IT}{_ADV}(?:arrived|came (?:today|yesterday|on))|{_DID}delivered ",
    ),
    (
        (Claim.READY,),
        f"{_IT}~{_IS}(?:ready|(?:[a-z]+ ~)?waiting (?:for you|at|to be)"
        "|available for (?:pickup|collection))",
    ),
    (
        (Claim.PREPARED,),
        f"{_IT}~{_IS}(?:packed|prepared|processed|in preparation|in process|confirmed)",
    ),
    (
        (Claim.LATE,),
        f"{_IT}~{_IS}(?:delayed|late|running late|held up|moved|postponed|rescheduled|pushed"
        "|stuck|lost|overdue|missing)",
    ),
    (
        (Claim.DUE,),
        f"{_IT}~(?:will|should|(?:is|are) (?:going|expected|due|scheduled|set) to) {_ADV}"
        "(?:arrive|be (?:delivered|there|with you|ready|shipped|dispatched|out)|come|reach you"
        f"|get (?:to you|there)|ship|leave)\\b{_LATER}"
        f"|{_IT}~{_IS}(?:due|expected|scheduled|arriving|coming|estimated)"
        "|you (?:will|should) (?:get|receive|have) (?:it|your (?!refund|money|full)[a-z]+)\\b"
        f"{_LATER}|(?:delivery|arrival) (?:is|will be) (?:today|tomorrow|on|by|scheduled|expected)"
        "|(?:we|the (?:courier|driver|carrier)) will ~(?:deliver|bring|ship|send)"
        " (?:it|your|them)\\b"
        f"|{_IT}(?:arrives?|comes?) (?:today|tomorrow|on|by|in|this|next)",
    ),
    (
        (Claim.NOT_YET,),
        f"{_IT}~(?:has|have|is|are|was|were) not {_ADV}"
        "(?:shipped|dispatched|delivered|arrived|left|sent|packed|collected)",
    ),
    (
        (Claim.CANCELLED,),
        f"{_DID}cancelled|{_DOING}cancelling|{_IT}~{_IS}(?:cancelled|called off)"
        f"|cancellation {_IS}(?:complete|completed|done|confirmed|processed|successful|through)"
        "|(?:your|the) cancellation went through"
        f"|{_DID}(?:(?:put|processed|confirmed) ~cancellation"
        "|(?:removed|stopped) (?:your|the) order)"
        "|consider it (?:cancelled|done)|order cancelled",
    ),
    (
        (Claim.RETURN_STARTED,),
        f"{_RETURN}~{_IS}(?:started|registered|set up|booked|initiated|opened|created|arranged"
        "|logged|in progress|under ?way|filed|scheduled|processed|in the system|complete|completed"
        "|done|requested|recorded|submitted|confirmed)"
        f"|{_DID}(?:started|set up|registered|booked|initiated|opened|created|arranged|logged|filed"
        "|scheduled|processed|submitted|requested) ~(?:returns?|pickup|collection)\\b"
        f"|{_DOING}(?:starting|setting up|registering|initiating|booking|processing|creating)"
        " ~(?:return|pickup)\\b|(?:your|the) (?:return )?(?:reference|label)(?: number)? is"
        f"|(?:the|your) (?:pickup|collection) {_IS}(?:booked|scheduled|arranged|confirmed)"
        f"|{_IT}~(?:is|are) (?:already |now )?being returned"
        "|(?:we|(?:our|the|a) (?:driver|courier)) will (?:pick|collect) (?:it|them|your) "
        "~(?:today|tomorrow|on|this|next)\\b|you will (?:get|receive) (?:a|your|the) return label"
        f"|{_DID}(?:arranged|organi[sz]ed) ~(?:to be )?(?:picked up|collected)",
    ),
    (
        (Claim.RETURN_ALLOWED,),
        "you (?:can|may|are (?:able|allowed|entitled|eligible) to) (?:(?:still|now|also|definitely"
        f"|certainly|of course) )*(?:return|bring back) (?:it|them|that|this|your|the)\\b"
        f"(?! ~(?:within|in)\\b)"
        f"{_LATER}|{_IT}can (?:still |now |also )?be (?:returned|taken back)\\b"
        f"(?! ~within){_LATER}|(?:it|that|this|you|your [a-z]+) (?:qualif(?:y|ies)|(?:is|are)"
        f" eligible) for (?:a|the) (?:free )?(?:return|refund)\\b{_LATER}"
        f"|{_RETURN}{_IS}(?:accepted|possible|fine|ok|okay|allowed|valid|eligible)\\b{_LATER}"
        "|we (?:will |can )?(?:accept|take back) (?:it|them|your) "
        f"|we (?:will|can) take (?:it|them|your [a-z]+) back\\b{_LATER}",
    ),
    (
        (Claim.RETURN_ARRIVED, Claim.REFUND_MADE),
        f"{_RETURN}(?:{_IS})?(?:arrived|received|here)|{_DID}received ~return\\b"
        f"|{_IT}~(?:was|were|has been|have been) returned",
    ),
    (
        (Claim.REFUND_PROMISED, Claim.REFUND_UNDER_WAY),
        f"{_YOUR_REFUND}~(?:takes|(?:will|should) (?:take|be|arrive|come|reach)"
        "|(?:is|are) (?:usually )?(?:processed|made|paid|issued) (?:within|in|after))\\b"
        f"{_LATER}|you (?:will|should) (?:get|receive|have|see) ~(?:refund|money)\\b{_LATER}"
        f"|you are (?:entitled to|getting) ~(?:refund|money back)\\b{_LATER}"
        f"|(?:i|we) will (?:refund|reimburse) (?:you|it)\\b{_LATER}"
        f"|expect (?:your|the) (?:refund|money)\\b{_LATER}",
    ),
    (
        (Claim.REFUND_MADE,),
        f"{_REFUND}~{_IS}(?:made|issued|sent|completed?|paid(?: out)?|done|credited|transferred"
        "|gone (?:out|through)|executed|released|arranged|returned|refunded|back)"
        "\\b(?! within| in )"
        f"|{_REFUND}~(?:(?:was|has been) processed|went (?:through|out))"
        f"|{_DID}(?:refunded|reimbursed|credited)"
        f"|{_DID}(?:issued|processed|made|sent|completed|arranged|triggered|started|initiated)"
        " ~(?:refund|reimbursement|money)\\b"
        f"|you (?:have been|were|are|got) {_ADV}(?:refunded|reimbursed|credited|paid back)"
        f"|{_IT}~{_IS}refunded",
    ),
    (
        (Claim.REFUND_UNDER_WAY, Claim.REFUND_MADE),
        f"{_REFUND}~{_IS}(?:processed|prepared|in progress|under ?way|on (?:its|the) way|pending"
        "|in process|started|initiated|coming)\\b(?! within| in \\d| in \\w+ (?:to|days|business))"
        f"|{_DOING}(?:refunding|(?:processing|issuing|sending|making|starting)"
        " ~(?:refund|money)\\b)",
    ),
    (
        (Claim.STAFF_CALLED,),
        f"{_DID}(?:called|notified|alerted|paged|informed|told|asked|let) ~{_SOMEBODY}\\b"
        f"|{_SOMEBODY} ~(?:is|are|will be) {_ADV}(?:on (?:the|their|his|her) way|coming"
        "|with you (?:shortly|soon|in a|right|any)|right with you|here (?:soon|shortly|in a))",
    ),
    (
        (Claim.MESSAGE_KEPT,),
        f"{_DID}(?:written|wrote|noted|passed|saved|left|forwarded|taken|recorded|sent)"
        " ~(?:down|message|note|along|on to|to the team|for the team)\\b"
        f"|your message {_IS}(?:sent|saved|passed|left|recorded|noted|written)",
    ),
    (
        (Claim.VERIFIED,),
        f"(?:you|your (?:identity|details|account|postcode)) {_IS}"
        "(?:verified|confirmed|authenticated|identified)"
        f"|{_DID}(?:verified|confirmed|authenticated) (?:you|your identity|your details|who)\\b",
    ),
    (
        (Claim.CHECKED,),
        f"{_DID}(?:(?:double )?checked|looked (?:it|that|this|your|the|up|into)|searched"
        "|verified (?:it|that|the|your order))"
        "|according to (?:our|the|my) (?:system|records|database|computer)"
        "|(?:our|the|my) (?:system|records|database|computer) (?:shows?|says?|tells?|indicates?)"
        "|i can see (?:here )?(?:that )?your (?:order|package|parcel|refund|return)\\b",
    ),
)


def _wording(claims: tuple[Claim, ...], pattern: str, tongue: str) -> Wording:
    never = _NOT_BETWEEN[tongue]
    few = f"(?:(?!(?:{never})\\b)(?:[a-z0-9]+|,) ){{0,5}}?"
    spelled = pattern.replace("~", few).replace("NEG", never)
    return Wording(claims, re.compile(rf"\b(?:{spelled})"))


def tongue_of(name: str, wordings: tuple[tuple[tuple[Claim, ...], str], ...]) -> Tongue:
    """Return a language by its short name, with its wordings as they are written here."""
    guard = re.compile(rf"\b(?:{_GUARDS[name]})\b")
    return Tongue(guard, tuple(_wording(claims, pattern, name) for claims, pattern in wordings))


ENGLISH: Final = tongue_of(_EN, _ENGLISH)

BORNE_OUT_BY: Final[Mapping[str, frozenset[Claim]]] = {
    "placed": frozenset({Claim.PREPARED, Claim.DUE, Claim.NOT_YET}),
    "packed": frozenset({Claim.PREPARED, Claim.DUE, Claim.NOT_YET}),
    "shipped": frozenset({Claim.MOVING, Claim.DUE, Claim.NOT_YET}),
    "out for delivery": frozenset({Claim.OUT, Claim.MOVING, Claim.DUE, Claim.NOT_YET}),
    "delayed": frozenset({Claim.LATE, Claim.DUE, Claim.NOT_YET}),
    "ready for pickup": frozenset({Claim.READY, Claim.DUE, Claim.NOT_YET}),
    "delivered": frozenset({Claim.DELIVERED}),
    "cancelled": frozenset({Claim.CANCELLED}),
    "returned": frozenset({Claim.RETURN_ARRIVED, Claim.REFUND_UNDER_WAY, Claim.DELIVERED}),
    "refunded": frozenset({Claim.RETURN_ARRIVED, Claim.REFUND_MADE, Claim.DELIVERED}),
}
"""What a spoken status of an order bears out."""
