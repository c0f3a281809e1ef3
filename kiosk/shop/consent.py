"""A change is made only after the customer's own, explicit yes to what was read back to them.

Pure. ``Consent`` holds the one change that waits for a yes: it is offered in one turn, read
aloud in it, and agreed to in the next, by the customer's own words. The model's word counts for
nothing, and whatever is not clearly a yes is a no.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final


class Deed(StrEnum):
    """What is done to an order. The values are the names of the tools."""

    START_RETURN = "start_return"
    CANCEL_ORDER = "cancel_order"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change, as it was read back. Equal ones are the same change, however it was put."""

    deed: Deed
    order_id: str = field(repr=False)
    line: int = 0
    unused: bool | None = None
    original_packaging: bool | None = None

    def key(self, visit: str) -> str:
        """Return what makes the change one and the same however often a visit asks for it."""
        return sha256(f"{visit}|{self.deed}|{self.order_id}|{self.line}".encode()).hexdigest()


class Consent:
    """The change that one customer may say yes to, if there is any."""

    def __init__(self) -> None:
        self._wanted: Wanted | None = None
        self._turn = 0
        self._read_back = self._agreed = False

    def offer(self, wanted: Wanted, turn: int) -> None:
        """Take note that the change was answered with its read-back, in this turn."""
        self._wanted, self._turn = wanted, turn
        self._read_back = self._agreed = False

    def turn_over(self, kiosk_said: str, customer_said: str) -> None:
        """Take note of what was said in the turn that is over.

        A read-back that nobody spoke counts for nothing, and neither does one after which the
        customer was asked something else. A turn in which nobody said a word leaves everything
        as it was.
        """
        if self._wanted is None or not (kiosk_said or customer_said):
            return
        if self._read_back or not reads_back(kiosk_said, self._wanted):
            self.withdraw()  # the turn for the yes is over, or there is nothing to say yes to
        else:
            self._read_back = True

    def withdraw(self) -> None:
        """Drop the change: it has to be read back again."""
        self._wanted = None

    def waits_for(self, wanted: Wanted, turn: int) -> bool:
        """Tell whether this change was read back in an earlier turn, and a yes makes it."""
        return self._wanted == wanted and self._read_back and turn > self._turn

    def agree(self, wanted: Wanted, customer_said: str) -> bool:
        """Tell whether what the customer said is a yes to it; withdraw the change when not.

        A yes holds for its turn: what failed may be tried again.
        """
        if self._wanted == wanted and (self._agreed or is_yes(customer_said, wanted.deed)):
            self._agreed = True
            return True
        self.withdraw()
        return False


def is_yes(text: str, deed: Deed) -> bool:
    """Tell whether somebody clearly agreed.

    Every word has to be part of agreeing, in one of six languages, and one of them a yes:
    "yes, but", a question, "I don't know" and what nobody knows are none.
    """
    if _QUESTION.search(text):
        return False
    words = " ".join(_words(text))
    if not 0 < len(words) <= _LONGEST_YES:
        return False
    agreed = _YES.sub(_DONE, f" {words} ")
    rest = _BESIDES[deed].sub(" ", agreed)
    return _DONE.strip() in agreed and not rest.replace(_DONE.strip(), "").strip()


def reads_back(kiosk_said: str, wanted: Wanted) -> bool:
    """Tell whether a yes to what the kiosk asked last is a yes to this change.

    The last question, or the last sentence where there is no question, has to name the deed; and
    when an order was named by its number in digits, it was this one.
    """
    plain = unicodedata.normalize("NFKC", kiosk_said)
    asked = plain[: end.end()] if (end := _LAST_QUESTION.match(plain)) else plain
    sentences = [each for each in _SENTENCE_END.split(asked) if each.strip()]
    number = "".join(filter(str.isdigit, wanted.order_id))
    digits = "".join(filter(str.isdigit, plain))
    named_another = len(digits) >= len(number) and number not in digits
    return not named_another and names_deed("".join(sentences[-1:]), wanted.deed)


def names_deed(text: str, deed: Deed) -> bool:
    """Tell whether somebody spoke of doing this to an order."""
    return any(word.startswith(_STEMS[deed]) for word in _words(text))


def _words(text: str) -> list[str]:
    """Return the words in lower case, without accents and signs; words of any script stay."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf"))
    return re.findall(r"[^\W_]+", re.sub(r"['\u2019`]", "", plain))


def _phrases(*lines: str) -> str:
    """Return a pattern for any of the phrases; they are divided by commas, the longest first."""
    phrases = {phrase.strip() for line in lines for phrase in line.split(",")}
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


_LONGEST_YES: Final = 80
_DONE: Final = " \u2713 "
_QUESTION: Final = re.compile(r"[?\uff1f\u061f\u00bf]")
_LAST_QUESTION: Final = re.compile(r".*[?\u061f]", re.DOTALL)
_SENTENCE_END: Final = re.compile(r"[.!?\u061f\u2026]+(?:\s+|$)")
_YES: Final = re.compile(
    "(?<= )(?:"
    + _phrases(
        "yes, yeah, yep, yup, yes sir, yes maam, sure, sure thing, of course, absolutely",
        "definitely, certainly, correct, thats correct, that is correct, thats right",
        "that is right, go ahead, do it, do that, please do, lets do it, lets do that",
        "i agree, i confirm, confirm, confirmed, i do, exactly, affirmative, go for it",
        "im sure, i am sure, that would be great, thatd be great, id like that, i want that",
        "ja, jawohl, genau, richtig, auf jeden fall, naturlich, einverstanden, ich bestatige",
        "mach das, machen sie das, mach es, machen sie es, tun sie das",
        "oui, ouais, bien sur, daccord, tout a fait, exactement, allez y, vas y, faites le",
        "je confirme, absolument, cest ca, cest correct",
        "si, claro, claro que si, por supuesto, adelante, hazlo, hagalo, de acuerdo, correcto",
        "exacto, confirmo, lo confirmo, desde luego",
        "certo, certamente, esatto, proceda, procedi, faccia pure, lo faccia, fallo, confermo",
        "va bene si, assolutamente",
        "jazeker, zeker, klopt, dat klopt, inderdaad, akkoord, doe maar, doe dat, ga je gang",
        "ga uw gang, ik bevestig",
    )
    + ")(?= )"
)
_COURTESY: Final = (
    "please, thanks, thank you, thank you very much, ok, okay, alright, all right, great, perfect",
    "good, fine, right, and, now, um, uh, er, oh, well, just, you can, you may, i am",
    "thats fine, that is fine, sounds good, thats all right, fine by me, fine with me",
    "bitte, danke, gerne, gern, gut, okay dann, sehr gerne",
    "sil vous plait, sil te plait, merci, volontiers, bien",
    "por favor, gracias, bien, vale",
    "per favore, grazie, prego, va bene, bene",
    "graag, alstublieft, alsjeblieft, dank u, dank je, bedankt, goed, prima",
)
_BESIDES: Final = {
    Deed.START_RETURN: re.compile(
        "(?<= )(?:"
        + _phrases(
            *_COURTESY,
            "start the return, start it, start my return, return it, return them",
            "i want to return it, id like to return it, starten sie die ruckgabe, lancez le retour",
        )
        + ")(?= )"
    ),
    Deed.CANCEL_ORDER: re.compile(
        "(?<= )(?:"
        + _phrases(
            *_COURTESY,
            "cancel it, cancel the order, cancel my order, cancel that order, cancel, cancel that",
            "i want to cancel it, id like to cancel it, stornieren sie die bestellung, annulez la",
        )
        + ")(?= )"
    ),
}
_STEMS: Final = {
    Deed.START_RETURN: (
        *("return", "ruckg", "zuruck", "retour", "renvo", "devol", "reso", "restit", "terug"),
    ),
    Deed.CANCEL_ORDER: ("cancel", "storn", "annul", "anul"),
}
"""How words begin that name the deed, in six languages."""
