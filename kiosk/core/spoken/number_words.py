"""The words around a number that say what it is: another number, a correction, a denial.

Single words are matched by how they begin, so that "Telefonnummer" is found by "telefon".
"""

import re
from collections.abc import Sequence
from typing import Final

from kiosk.core.spoken.stretches import COUNTED, HESITATIONS
from kiosk.core.spoken.words import word_set

_ORDERS: Final = (
    "order", "ord", "bestel", "auftrag", "commande", "pedido", "ordine", "ordin", "orden",
)  # fmt: skip
_OTHERS: Final = (
    "phone", "telephon", "telefon", "telefoon", "telefono", "mobil", "cell", "handy", "portable",
    "zip", "post", "plz", "codigo", "codice", "price", "preis", "prix", "precio", "prezzo", "prijs",
    "cost", "paid", "pay", "total", "kost", "bezahl", "invoice", "rechnung", "factur", "fattura",
    "receipt", "tracking", "customer", "kunde", "client", "klant", "account", "konto", "reference",
    "ticket", "article", "artikel", "model", "serial", "serien", "barcode", "sku", "card", "karte",
    "pin", "born", "birth", "geburt", "voucher", "coupon", "gift", "fax", "iban", "street", "house",
    "hausnummer", "case", "code", "loyalty", "member", "extension", "room", "branch", "filiale",
)  # fmt: skip
_RIGHT_BEFORE: Final = word_set(
    "item line aisle page floor gate room year store number-of top only over under about than"
    " within every since until till in at by"
)
_UNITS: Final = word_set(
    "euro euros eur dollar dollars bucks pound pounds quid cents percent degrees kg kilo kilos"
    " gram grams km cm mm meter meters metres inch inches litre litres liters watt watts volt volts"
    " st nd rd th am pm oclock o'clock uhr prozent grad franken pesos"
)
_MONTHS: Final = word_set(
    "january february march april may june july august september october november december jan"
    " feb mar apr jun jul aug sep sept oct nov dec januar februar marz mai juni juli oktober"
    " dezember janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre"
    " enero febrero"
    " marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio"
    " aprile maggio giugno luglio settembre ottobre dicembre januari februari maart mei augustus"
)
_IS_MY: Final = word_set(
    "is are was my the our that's thats that ist meine est mon mi la il mio mijn de"
)
_CUES: Final = word_set(
    "no nope nah wrong sorry rather correction wait actually scratch strike nein falsch oops whoops"
    " entschuldigung quatsch moment korrektur doch non pardon plutot desole perdon digo mejor"
    " scusa scusi anzi cioe nee fout"
)
_CUE_PHRASES: Final = tuple(
    re.compile(rf"\b{phrase}\b")
    for phrase in (
        "i mean", "i meant", "i said", "make that", "my mistake", "let me start over",
        "start again", "excuse me", "my bad", "not that", "try again", "that wrong",
        "this wrong", "let me repeat", "start over", "misread", "misspoke",
        "ich meine",
        "ich meinte", "je veux dire", "quiero decir", "volevo dire",
        "ik bedoel", "that was",
    )
)  # fmt: skip
_ADDING: Final = word_set(
    "also other another second too both or oder ou o of auch andere anderen zweite aussi autre"
    " tambien otro otra anche altro altra ook tweede friend friend's wife wife's husband husband's"
    " plus additionally"
)
_DENYING: Final = word_set("not isn't isnt wasn't never nicht kein keine pas niet geen")
_PASSED_OVER: Final = word_set("the number order o r d ord um uh a")
_TAKEN_BACK: Final = word_set("no nope wrong wait nein falsch non nee fout")
_POLITE: Final = word_set("thanks thank danke merci gracias grazie bedankt problem rush need idea")

ORDINARY: Final = word_set(
    "order number numbers no nr is the it its and my ord for so are a i to nummer numero num"
    " on of or bestellung bestellnummer commande pedido ordine bestelling ist es est yes ok okay"
    " um uh er oh see not but was nein non nee oui si ja sorry wait mean said please with hash code"
    " id sir e y o and then dash hyphen"
)
"""Words that may stand right before a number and spell nothing."""


_SAYING: Final = ORDINARY | HESITATIONS | _CUES | _PASSED_OVER | word_set(
    "are be will would should says say reads read think got have has check find track cancel return"
    " see try want need about called got one here there hi hello hey please sure yeah ja lautet"
    " heisst glaube alors also other first second calling somewhere believe told voila"
    " ecco mire doit etre deve dovrebbe essere cosa volgens mij kijken even quiero mochte"
    " habe suche si tengo busco cerco zoek cherche oui numeros nummern orders number's order's"
)  # fmt: skip
"""Words that may lead up to a number that nothing else names."""

_BEGINNING: Final = word_set(
    "about when where where's when's if whether has have know"
    " the my a an your our this that these his her i we you he she it it's that's here's it'll i've"
    " but for from of with on to die der das dem meine mein ich le la les mon ma mes je c'est d'une"
    " el mi yo il mio io het mijn ik dat"
)
"""Words behind which it does not matter what was said before."""

_GOING_ON: Final = HESITATIONS | _CUES | word_set(
    "is was has have had been will would can could should does do did it that that's this i i'm we"
    " you they he she my the and or but for if when where what which who why how because"
    " please thanks thank not isn't hasn't yet already still there here correct order number it's"
    " arrive come coming today now"
    " bitte danke ist wo wann wird s'il svp merci por favor gracias esta per favore grazie dove"
    " quando waar wanneer alstublieft graag ou quand donde cuando"
)  # fmt: skip
"""Words that may go on from a number; a thing that is counted is none of them."""


def leads_up(left: Sequence[str], right: str) -> bool:
    """Tell whether these words lead up to a number and go on from it as from an order's.

    ``left`` is what the sentence said before it, ``right`` the word after it or "". An order's
    number needs no name; what has another name, known here or not, is none.
    """
    if right and right not in _GOING_ON:
        return False
    for word in reversed(left):
        if word in _BEGINNING:
            return True
        if word not in _SAYING:
            return False
    return True


def names_order(left: Sequence[str]) -> bool:
    """Tell whether these words say that an order's number follows."""
    return any(_bare(word).startswith(_ORDERS) for word in left)


def _bare(word: str) -> str:
    return word.rpartition("'")[2] if word[1:2] == "'" else word


def names_another(left: Sequence[str], right: Sequence[str], digits: str) -> bool:
    """Tell whether digits between these words are a price, a date, a quantity or the like.

    ``left`` and ``right`` are the words next to them, no further than the numbers beside.
    """
    after, before = (right[0] if right else ""), (left[-1] if left else "")
    if after in _UNITS or (len(digits) <= 2 and (after in COUNTED or before in _RIGHT_BEFORE)):
        return True
    if len(digits) <= 4 and (after in _MONTHS or before in _MONTHS):
        return True
    for at in range(len(left) - 1, -1, -1):
        if _bare(left[at]).startswith(_ORDERS):
            return False
        if _bare(left[at]).startswith(_OTHERS):
            return not (at and _bare(left[at - 1]).startswith(_ORDERS))  # "order reference"
    if after.startswith(_OTHERS):
        return True
    for word in right if after in _IS_MY else ():
        if word.startswith(_ORDERS):
            return False
        if word.startswith(_OTHERS):
            return True
    return False


def corrects(between: Sequence[str]) -> bool:
    """Tell whether what follows these words is said instead of what went before."""
    together = " ".join(between)
    return not _CUES.isdisjoint(between) or any(cue.search(together) for cue in _CUE_PHRASES)


def adds(between: Sequence[str]) -> bool:
    """Tell whether what follows these words is said besides what went before."""
    return not _ADDING.isdisjoint(between) and "rather" not in between


def denies(before: Sequence[str]) -> bool:
    """Tell whether these words deny the number right behind them."""
    left = list(before)
    while left and left[-1] in _PASSED_OVER:
        left.pop()
    return bool(left) and left[-1] in _DENYING


def is_taken_back(after: Sequence[str]) -> bool:
    """Tell whether these last words take back the number before them."""
    return any(word in _TAKEN_BACK for word in after[:3]) and _POLITE.isdisjoint(after)


def is_label(word: str) -> bool:
    """Tell whether a word names a kind of number."""
    return word.startswith((*_OTHERS, *_ORDERS))
