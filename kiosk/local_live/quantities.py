"""How much or how many: a number with its half, its point and its sign, out of spoken words."""

import re

from kiosk.core.spoken.cardinals import digits_at, tokens_of


def number_in(text: str) -> float | None:
    """Return the first number said in a text: ``twenty one and a half`` is 21.5."""
    tokens = tokens_of(text)
    for at in range(len(tokens)):
        found = digits_at(tokens, at)
        if found is None:
            continue
        value, end = float(found.digits), found.end
        words = [token.word for token in tokens[end : end + 3]]
        if words == ["and", "a", "half"]:
            return value + 0.5
        if words[:1] == ["point"] and end + 1 < len(tokens):
            after = digits_at(tokens, end + 1)
            if after is not None:
                return float(f"{found.digits}.{after.digits}")
        written = re.match(r"[.,](\d{1,2})(?!\d)", text[tokens[end - 1].ends :])
        if written and tokens[at].text.isdigit():
            value = float(f"{found.digits}.{written[1]}")
        minus = at > 0 and tokens[at - 1].word == "minus"
        return -value if minus or text[: tokens[at].begins].endswith("-") else value
    return None
