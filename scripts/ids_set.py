"""Utterances with and without an order number in them, made the same on every run.

There are several manners of saying things: those the parser was worked on with, and one whose
utterances it was measured on once and not changed for.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import ids_words as say

SEED = 88421
EACH = 80
"""Utterances of one style in one manner."""


@dataclass(frozen=True)
class Utterance:
    """What is said, and the digits that are meant; ``None`` when there is no one number to take."""

    style: str
    text: str
    meant: str | None


@dataclass(frozen=True)
class Manner:
    """One manner's ways of saying things."""

    prefixes: tuple[str, ...]
    carriers: tuple[str, ...]
    fillers: tuple[str, ...]
    cues: tuple[str, ...]
    tail_cues: tuple[str, ...]
    denials: tuple[str, ...]
    both: tuple[str, ...]
    others: tuple[str, ...]
    foreign: dict[str, tuple[str, ...]]
    foreign_cues: dict[str, str]


FIRST = Manner(
    prefixes=(
        "", "O R D ", "ORD ", "ORD-", "O.R.D. ", "oh are dee ", "oscar romeo delta ", "order ",
        "order number ", "number ", "O-R-D-", "order D ", "o r d ",
    ),
    carriers=(
        "{}", "{}", "{}", "{} please", "it's {}", "my order number is {}", "Where is my order, {}?",
        "the number is {}, thank you", "I'd like to know about {}", "Hi, can you check order {}?",
        "yes, {}", "I have a question about order {}",
    ),
    fillers=("um", "uh", "er", "erm", "and", "then", "dash"),
    cues=(", no, ", ", sorry, ", ", I mean ", ", sorry, I mean ", ", no wait, ", " no "),
    tail_cues=(", no, ", ", no wait, ", ", sorry, I mean "),
    denials=("not {wrong}, {right}", "it's not {wrong}, it's {right}", "{right}, not {wrong}"),
    both=("{0} and {1}", "{0} or {1}", "{0}, {1}", "my orders are {0} and {1}", "{0} {1}"),
    others=(
        "my phone number is {d10}", "my zip code is {d5}", "{d5} is my postcode", "I paid {d3}.{d2}",
        "I bought it {n} days ago", "it was ${d3}", "my customer number is {d5}",
        "invoice number {d5}", "INV-{d5}", "I have {n} items", "on 12.11.26", "at 10:30",
        "my phone ends in {d4}", "R {d6}", "can I return it within {n} days", "it cost {d5} euros",
        "the other one", "what is your return policy", "", "tracking number {d5}",
    ),
    foreign={
        "German": ("{}", "meine Bestellnummer ist {}", "Bestellung {} bitte"),
        "French": ("{}", "ma commande est {}", "c'est la commande {} s'il vous plaît"),
        "Spanish": ("{}", "mi pedido es {}", "el número es {}"),
        "Italian": ("{}", "il mio ordine è {}", "ordine {}"),
        "Dutch": ("{}", "mijn bestelling is {}", "bestelnummer {}"),
    },
    foreign_cues={
        "German": ", nein, ", "French": ", non, pardon, ", "Spanish": ", no, perdón, ",
        "Italian": ", no, scusi, ", "Dutch": ", nee, ",
    },
)  # fmt: skip

SECOND = Manner(
    prefixes=(
        "", "Ord ", "ord number ", "Order #", "order no. ", "O, R, D, ", "Oscar, Romeo, Delta, ",
        "order ID ", "the ORD one is ", "oh R D ", "my order's ", "ORD: ", "O R D dash ",
    ),
    carriers=(
        "{}", "{}", "Could you tell me when {} is going to arrive?", "{}, that's the number",
        "um so it says here {}", "I'm calling about {}", "okay the number I've got is {}",
        "Has {} been shipped yet?", "{} is what it says on the email", "that would be {}",
        "My husband placed an order, it's {}, has that come in?", "sure, {}",
        "I want to send back something from {}",
    ),
    fillers=("hmm", "like", "ah", "let me see", "okay", "comma", "hang on", "space"),
    cues=(
        ", oops, ", ", actually ", ", no hang on, ", ", scratch that, ", ", wait, sorry, it's ",
        ". No, that's wrong. ", ", or rather ",
    ),
    tail_cues=(", actually no, ", ", no sorry, ", ". No, "),
    denials=(
        "I said {right} not {wrong}", "no not {wrong}, I said {right}", "that isn't {wrong} but {right}",
        "{wrong} is wrong, it's {right}",
    ),
    both=(
        "{0} as well as {1}", "I have two, {0} and also {1}", "maybe {0}, maybe {1}",
        "{0}. And the other one is {1}", "either {0} or {1}", "{0}, then {1}",
    ),
    others=(
        "call me on 0{d10}", "I live at {d5} Main Street", "it's {d5}, my zip", "that's {d4} pounds",
        "the TV was {d3} dollars", "my loyalty card is {d10}", "I'm in aisle {n}",
        "my birthday is the 4th of July 1987", "I came on November {n}", "model number WM{d5}",
        "reference {d6}", "between {n} and 18 o'clock", "serial {d5}", "the ticket says {d3}",
        "I'd like to talk to someone", "PIN {d4}", "my account is {d5}", "{d5} people",
        "it weighs {d2} kilos", "my house number is {d3}", "the receipt says {d5}", "item {d5}",
        "gate code {d5}", "is it {d5} euros", "SKU {d5}", "2026-11-26", "7 pm",
    ),
    foreign={
        "German": ("ich glaube {}", "die Nummer lautet {}", "Also, {}"),
        "French": ("oui alors {}", "le numéro c'est {}", "numéro {}"),
        "Spanish": ("sí, {}", "tengo el pedido {}", "número de pedido {}"),
        "Italian": ("sì, {}", "il numero è {}", "allora {}"),
        "Dutch": ("ja, {}", "het nummer is {}", "dat is {}"),
    },
    foreign_cues={
        "German": ", ich meine, ", "French": ", non, je veux dire ", "Spanish": ", digo, ",
        "Italian": ", anzi, ", "Dutch": ", sorry, ik bedoel ",
    },
)  # fmt: skip

THIRD = Manner(
    prefixes=(
        "", "ord ", "O R D number ", "order reference ", "Ord.", "oh ar dee ", "Order: ", "o.r.d ",
        "O for Oscar, R for Romeo, D for Delta, ", "the order ", "order number's ", "Oscar Romeo D ",
    ),
    carriers=(
        "{}", "{}", "Hello, I ordered a fridge last week and the number is {}", "{}, when does it come?",
        "Let me read it to you, {}", "I've got it here somewhere, {}", "Please cancel {}",
        "can I return {}", "It should be {}", "right, so {}", "Do you have any news on {} for me?",
        "my wife said it's {}", "uh {} I think", "I need to change something on {}",
    ),
    fillers=("well", "ehm", "you know", "wait a second", "so", "pause", "and then", "what was it"),
    cues=(
        ", no no, ", " excuse me, ", ", correction, ", ". I got that wrong, it's ", ", my bad, ",
        ", not that, ", ", let me try again, ", ", no, it's ",
    ),
    tail_cues=(", no, ends in ", ", sorry, ", ", no no, "),
    denials=(
        "I don't mean {wrong}, I mean {right}", "no, {right}, not {wrong}",
        "it was never {wrong}, it is {right}", "that's not {wrong}, it's {right}",
    ),
    both=(
        "{0} plus {1}", "one is {0} and one is {1}", "{0}; {1}", "both {0} and {1}",
        "{0} and then there's {1}", "it could be {0} or it could be {1}", "first {0}, second {1}",
    ),
    others=(
        "my mobile is 07{d10}", "the code on the box is {d5}", "we live in {d5} Springfield",
        "{d3} euros and {d2} cents", "I have a voucher for {d2}", "my membership number is {d6}",
        "it's been {n} weeks", "I was born on 4.7.1987", "from 9 to {n}", "contract {d5}",
        "the product number is {d5}", "you charged me {d3}.{d2}", "batch {d5}", "parcel number {d6}",
        "the model is a KX{d4}", "delivery note {d5}", "do you sell {n} inch TVs", "call {d5}",
        "where are the toilets", "the last digits are {d4}", "I want my {d3} dollars back",
        "it's a {d2} litre fridge", "my password is {d5}", "at a quarter to {n}", "license plate {d4}",
        "it uses {d5} kilowatt hours", "population {d5}", "12/24/2026", "passport number {d6}",
    ),
    foreign={
        "German": ("die Bestellnummer lautet {}", "ähm {}", "es ist die {}"),
        "French": ("je cherche la commande {}", "euh {}", "mon numéro est le {}"),
        "Spanish": ("busco el pedido {}", "eh {}", "es el {}"),
        "Italian": ("cerco l'ordine {}", "ehm {}", "è il {}"),
        "Dutch": ("ik zoek bestelling {}", "eh {}", "mijn ordernummer is {}"),
    },
    foreign_cues={
        "German": ", Entschuldigung, ", "French": ", pardon, ", "Spanish": ", no, mejor dicho ",
        "Italian": ", no no, ", "Dutch": ", nee, ",
    },
)  # fmt: skip

UNSEEN = Manner(
    prefixes=(
        "", "Ord, ", "order code ", "O R and D ", "order with the number ", "O.R.D number ", "ordr ",
        "order nr ", "Oskar Romeo Delta ", "my order ", "this order ", "oh R dee ",
    ),
    carriers=(
        "{}", "{}", "What's the status of {}?", "I'm here to pick up {}", "{} if you don't mind",
        "So my daughter bought a toaster, {}", "{} hasn't turned up", "the slip says {}",
        "there you go, {}", "Can you look up {} for us", "Good morning, {}", "{}, is it ready?",
        "we were told it's {}", "I lost the email but I believe it's {}",
    ),
    fillers=("oh well", "mm", "let me look", "one moment", "right", "er um", "sort of", "full stop"),
    cues=(
        ", no it isn't, it's ", ", hmm no, ", ". Sorry. ", ", I misread, ", ", hold on, no, ",
        ", pardon me, ", ", nope, ",
    ),
    tail_cues=(", no it's ", ", nope, ", ", I mean "),
    denials=(
        "it isn't {wrong}, it's {right}", "{right}. Not {wrong}", "not {wrong} but {right}",
        "did I say {wrong}? I meant {right}",
    ),
    both=(
        "{0} and my husband's is {1}", "{0}... {1}", "there are two, {0}, {1}", "{0} & {1}",
        "{0}, also {1}", "{0} or was it {1}", "not sure if {0} or {1}", "{0}. Then {1}",
    ),
    others=(
        "my landline is 0{d10}", "I'm from {d5} Berlin", "extension {d4}", "it said {d5} on the box",
        "it's about {d3} euro {d2}", "I was number {n} in the queue", "my badge is {d5}",
        "the warranty code is {d5}", "I bought {n} of them", "by the 3rd of May 2027", "room {d3}",
        "my car is parked at {d3}", "{d5} points on my card", "{d5} steps", "WiFi {d5}",
        "ISBN {d10}", "can I get {d2} percent off", "lot {d5}", "open until 20:30", "size {n}",
        "case number {d5}", "the year 2019", "it has {d5} reviews", "insurance policy {d6}",
        "two please", "flight {d4}", "{d5} is the price", "locker {d5}", "table {n}",
    ),
    foreign={
        "German": ("ja, {}", "ich möchte {} stornieren", "Auftragsnummer {}"),
        "French": ("voilà, {}", "commande numéro {}", "ça doit être {}"),
        "Spanish": ("mire, {}", "número {}", "quiero cancelar el {}"),
        "Italian": ("ecco, {}", "numero d'ordine {}", "dovrebbe essere {}"),
        "Dutch": ("even kijken, {}", "bestelling nummer {}", "volgens mij {}"),
    },
    foreign_cues={
        "German": ", nein, Moment, ", "French": ", non, plutôt ", "Spanish": ", perdón, ",
        "Italian": ", scusa, volevo dire ", "Dutch": ", nee sorry, ",
    },
)  # fmt: skip

HOMOPHONES = {
    "zero": ("oh", "O"), "one": ("won",), "two": ("to", "too"), "three": ("tree", "free"),
    "four": ("for", "fore"), "five": ("fife",), "six": ("sicks",), "eight": ("ate",),
}  # fmt: skip
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

Chance = random.Random
Style = Callable[[str, Manner, Chance], tuple[str, str | None]]


def utterances(manner: Manner, name: str) -> Iterator[Utterance]:
    """Make one manner's part of the set."""
    for style_name, style in STYLES.items():
        chance = Chance(f"{SEED} {name} {style_name}")
        for _ in range(EACH):
            yield Utterance(style_name, *style(number(chance), manner, chance))


def number(chance: Chance) -> str:
    """Draw five digits; every other one has a repeated digit somewhere, as many have."""
    digits = [str(chance.randrange(10)) for _ in range(5)]
    if chance.random() < 0.5:
        at = chance.randrange(4)
        digits[at + 1] = digits[at]
    return "".join(digits)


def _units(digits: str) -> list[str]:
    return [say.UNITS[int(digit)] for digit in digits]


def _carried(said: str, manner: Manner, chance: Chance, *, bare: bool = False) -> str:
    prefix = chance.choice(manner.prefixes)
    carrier = chance.choice(manner.carriers)
    if bare or prefix.startswith(("order", "number", "Order", "my order")):
        carrier = "{}"
    return carrier.format(prefix + said)


def _simple(make: Callable[[str, Chance], str]) -> Style:
    def style(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
        return _carried(make(digits, chance), manner, chance), digits

    return style


def _some_words(digits: str, chance: Chance) -> list[str]:
    """Return the digits in words in one of the common ways."""
    way = chance.randrange(3)
    if way == 0:
        return say.pairs(digits, chance)
    return say.doubled(digits) if way == 1 else _units(digits)


def _split(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Say it with pauses, as the recogniser writes them."""
    parts = _some_words(digits, chance) if chance.random() < 0.6 else list(digits)
    said = parts[0]
    for part in parts[1:]:
        said += chance.choice((" ", " ", ", ", "... ", ". ", "-")) + part
    return _carried(said, manner, chance), digits


def _mixed(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Say it half in words and half in figures."""
    parts = [chance.choice((digit, say.UNITS[int(digit)])) for digit in digits]
    return _carried(chance.choice((" ", "-", ", ")).join(parts), manner, chance), digits


def _filled(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    parts = _some_words(digits, chance)
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(1, len(parts)) if len(parts) > 1 else 1
        parts.insert(at, chance.choice(manner.fillers))
    return _carried(" ".join(parts), manner, chance), digits


def _misspelt(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Write one digit word as another word that sounds the same."""
    parts = _units(digits)
    able = [at for at, word in enumerate(parts) if word in HOMOPHONES]
    for at in chance.sample(able, min(len(able), chance.choice((1, 1, 2)))):
        parts[at] = chance.choice(HOMOPHONES[parts[at]])
    return _carried(" ".join(parts), manner, chance), digits


def _ohs(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    at = chance.randrange(5)
    digits = digits[:at] + "0" + digits[at + 1 :]
    zero = chance.choice(("oh", "O", "nought", "oh"))
    parts = [zero if digit == "0" else say.UNITS[int(digit)] for digit in digits]
    return _carried(" ".join(parts), manner, chance), digits


def _dropped(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Lose one word of the number: what is left is not what was meant."""
    parts = _some_words(digits, chance)
    parts.pop(chance.randrange(len(parts)))
    return _carried(" ".join(parts), manner, chance), digits


def _extra(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Hear a digit twice, or one from next door; but not "six" behind "twenty", which is 26."""
    parts = _some_words(digits, chance)
    at = chance.choice([at for at in range(len(parts)) if not at or parts[at - 1] not in say.TENS])
    parts.insert(at, chance.choice((parts[at], say.UNITS[chance.randrange(10)])))
    return _carried(" ".join(parts), manner, chance), digits


def _said(digits: str, chance: Chance) -> str:
    return chance.choice((digits, " ".join(digits), " ".join(_some_words(digits, chance))))


def _other_than(digits: str, chance: Chance) -> str:
    at = chance.randrange(5)
    return digits[:at] + str((int(digits[at]) + chance.randrange(1, 10)) % 10) + digits[at + 1 :]


def _corrected(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    wrong = _said(_other_than(digits, chance), chance)
    return _carried(
        wrong + chance.choice(manner.cues) + _said(digits, chance), manner, chance
    ), digits


def _begun_again(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Break off in the middle and begin again."""
    begun = " ".join(_units(_other_than(digits, chance)[: chance.randrange(2, 5)]))
    return _carried(
        begun + chance.choice(manner.cues) + _said(digits, chance), manner, chance
    ), digits


def _tail(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Correct the last two or three digits: one of them was wrong."""
    count = chance.choice((2, 2, 3))
    at = chance.randrange(5 - count, 5)
    wrong = digits[:at] + str((int(digits[at]) + chance.randrange(1, 10)) % 10) + digits[at + 1 :]
    tail = " ".join(_units(digits[-count:]))
    return _carried(
        _said(wrong, chance) + chance.choice(manner.tail_cues) + tail, manner, chance
    ), digits


def _denied(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    wrong = _said(_other_than(digits, chance), chance)
    return chance.choice(manner.denials).format(wrong=wrong, right=_said(digits, chance)), digits


def _repeated(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    between = chance.choice((", ", ". ", ", yes, ", ", that is "))
    return _carried(_said(digits, chance) + between + _said(digits, chance), manner, chance), digits


def _two(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    another = _other_than(digits, chance)
    return chance.choice(manner.both).format(_said(digits, chance), _said(another, chance)), None


def _short(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    return _carried(_said(digits[: chance.choice((3, 4))], chance), manner, chance), None


def _long(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    more = "".join(str(chance.randrange(10)) for _ in range(chance.choice((1, 2))))
    return _carried(_said(digits + more, chance), manner, chance), None


def _other(_: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    return _figures(chance.choice(manner.others), chance), None


def _beside(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Say something else with a number in it in the same breath."""
    other = _figures(chance.choice([each for each in manner.others if "{" in each]), chance)
    said = chance.choice(("order ", "O R D ", "my order number is ")) + _said(digits, chance)
    return (f"{other}, {said}" if chance.random() < 0.5 else f"{said}. {other}"), digits


def _figures(template: str, chance: Chance) -> str:
    def draw(count: int) -> str:
        return str(chance.randrange(10 ** (count - 1), 10**count))

    drawn = {f"d{count}": draw(count) for count in (2, 3, 4, 5, 6, 10)}
    words = {name: _said(value, chance) for name, value in drawn.items() if name in ("d4", "d5")}
    plain = "$" in template or "WM" in template or "INV" in template or chance.random() < 0.6
    return template.format(**(drawn if plain else drawn | words), n=chance.randrange(2, 29))


def _foreign(tongue: str) -> Style:
    def style(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
        parts = say.in_tongue(digits, tongue)
        if tongue == "German" and chance.random() < 0.4:
            parts = say.german_pairs(digits, chance)
        if tongue == "French" and chance.random() < 0.4:
            parts = say.french_pairs(digits, chance)
        said = chance.choice((" ", " ", ", ")).join(parts)
        if chance.random() < 0.2:
            wrong = " ".join(say.in_tongue(_other_than(digits, chance), tongue))
            said = wrong + manner.foreign_cues[tongue] + said
        prefix = chance.choice(("", "", "O R D "))
        return chance.choice(manner.foreign[tongue]).format(prefix + said), digits

    return style


def _whole(digits: str, chance: Chance) -> str:
    return (
        say.whole(digits) if int(digits) >= 1000 and digits[0] != "0" else " ".join(_units(digits))
    )


STYLES: dict[str, Style] = {
    "digit by digit": _simple(lambda digits, _: " ".join(_units(digits))),
    "as figures": _simple(lambda digits, _: digits),
    "figures apart": _simple(
        lambda digits, chance: chance.choice((" ", "-", ", ", ". ")).join(digits)
    ),
    "figures in groups": _simple(
        lambda digits, chance: chance.choice((" ", "-", " ")).join(say.pieces(digits, chance))
    ),
    "in pairs": _simple(lambda digits, chance: " ".join(say.pairs(digits, chance))),
    "double, triple": _simple(lambda digits, _: " ".join(say.doubled(digits))),
    "as one number": _simple(_whole),
    "oh and nought": _ohs,
    "words and figures": _mixed,
    "other scripts": _simple(
        lambda digits, chance: digits.translate(chance.choice((FULL_WIDTH, ARABIC)))
    ),
    "with pauses": _split,
    "with fillers": _filled,
    "as other words": _misspelt,
    "said twice": _repeated,
    "corrected": _corrected,
    "begun again": _begun_again,
    "end corrected": _tail,
    "denied": _denied,
    "beside another": _beside,
    **{tongue: _foreign(tongue) for tongue in say.TONGUES},
    "a word lost": _dropped,
    "a digit too many": _extra,
    "two numbers": _two,
    "too short": _short,
    "too long": _long,
    "no order number": _other,
}
"""Every style; from "a word lost" on there is nothing to take."""
NOTHING_TO_TAKE = (
    "a word lost",
    "a digit too many",
    "two numbers",
    "too short",
    "too long",
    "no order number",
)
