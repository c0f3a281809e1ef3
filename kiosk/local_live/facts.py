"""Follow-up questions answered from what a tool returned earlier in the conversation."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live.declared import human
from kiosk.local_live.phrasing import stem, stems
from kiosk.local_live.wording import fact_of, joined, said

_CONTROL: Final = word_set(
    "status retryable say hand_over clause policy_version problem message error code"
)
_TIMELY: Final = word_set(
    "due eta arrival arrive arrives arriving expected delivery delivered date day time from by"
    " until estimated pickup ready window"
)
_ASPECTS: Final = (
    (r"\bwho\b|\bcarrier|\bcourier|\bbring", "carrier courier shipper provider driver"),
    (
        r"\bwhat (?:is|was|'s)? ?in\b|\bitems?\b|\bcontents?\b|what did i order|\bproducts?\b",
        "items item products product contents goods lines",
    ),
    (r"how much|\bcost|\bprice|\btotal\b|\bpaid\b", "total price amount cost sum value"),
    (r"\bwhere\b|\blocation|\baddress|which store", "location address store place city depot"),
    (r"\btrack", "tracking"),
    (r"how many", "quantity count items number"),
    (r"\bstatus\b|\bhow far\b|shipped|delivered", "status state"),
    (r"\bsigned\b", "signed recipient"),
)
_PROGRESS: Final = re.compile(
    r"\bwhere\b|\bstatus\b|\bhow far\b|\bdelivered\b|\bship(?:ped)?\b|\bhow is\b"
    r"|\bcollect\b|\bpick\b",
    re.I,
)
_WHEN: Final = re.compile(
    r"\bwhen\b|\barriv|\baris|\bdue\b|\bwhat time\b|\bwhat day\b|\bwhich day\b|\bhow long\b"
    r"|\b(?:to(?:day|morrow)|expect|get here|coming|come)\b",
    re.I,
)


def answer_from(response: Mapping[str, Any], question: str) -> str:
    """Answer a question from the fields of a tool's answer; empty when none of them fits."""
    fields = [
        (name, value)
        for name, value in _flat(response)
        if name.lower() not in _CONTROL and value not in (None, "", [])
    ]
    if is_about_time(question):
        return _when(dict(fields), response)
    asked = set(stems(question))
    for pattern, keys in _ASPECTS:
        if re.search(pattern, question, re.I):
            asked |= {stem(key) for key in keys.split()}
    chosen = [
        (name, value)
        for name, value in fields
        if asked & {stem(word) for word in human(name).split() if word not in ("order", "number")}
    ]
    facts = [fact for name, value in chosen[:2] if (fact := fact_of(name, value))]
    text = joined(facts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def is_about_progress(question: str) -> bool:
    """Tell a question for where something is, or how far it has come."""
    return bool(_PROGRESS.search(question)) and not re.search(r"\bwho\b|\bwhich\b", question, re.I)


def is_about_time(question: str) -> bool:
    """Tell a question for a day, a time or an arrival."""
    return bool(_WHEN.search(question))


def _when(fields: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    """Say when something is due; what is late, or over and done, is told whole by the caller."""
    if fields.get("late") is True:
        return ""
    day = fields.get("due_day") or fields.get("due_date")
    if day:
        start, end = fields.get("due_from"), fields.get("due_by")
        if start and end:
            return f"It is due {said(day)} between {said(start)} and {said(end)}."
        window = f" by {said(end)}" if end else f" after {said(start)}" if start else ""
        return f"It is due {said(day)}{window}."
    timely = {
        name: value
        for name, value in fields.items()
        if _TIMELY & set(human(name).split()) and isinstance(value, str)
    }
    if response.get("say"):  # the tool's own sentence tells it better
        return ""
    expected = [
        value
        for name, value in timely.items()
        if not {"delivered", "placed", "ordered", "shipped", "done"} & set(human(name).split())
    ]
    if expected:
        day = said(expected[0])
        return f"It is expected {'on ' if day != expected[0] else ''}{day}."
    facts = [fact_of(name, value) for name, value in timely.items()]
    text = joined(facts[:2])
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _flat(response: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in response.items():
        if isinstance(value, Mapping):
            yield from _flat(value)
        else:
            yield key, value
