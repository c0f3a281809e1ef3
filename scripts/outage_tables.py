"""The tables of the outage benchmark: every cell, the weather, and figures beside promises."""

from collections.abc import Callable, Sequence

from kiosk_figures import Figure, Section
from outage_cells import KINDS, PHASES, Stack
from outage_judge import Alarms, Outcome
from outage_kiosk import KioskBooth

STACKS: dict[Stack, str] = {"kiosk": "the kiosk", "sdk": "the SDK's defaults"}
_HEAD = ("noticed", "back", "how", "lost", "twice", "unheard", "twice", "answered")
_WIDTHS = (8, 7, 10, 5, 6, 8, 6, 9)
NOTICEABLE_S = 3.0
"""An outage of this length must be noticed; one that is not counts as noticed at its end."""
IN_VISIT_S = 12.0
"""Up to this length the visit goes on, and what was said into the outage counts."""
PROBE_S = 20.0
LATE = "a cell's own clock late"
_UNNOTICED = f"an outage of {NOTICEABLE_S:g} s or more that was not noticed counts with its length"

Pick = Callable[[Outcome], bool]


def grid(outcomes: Sequence[Outcome]) -> str:
    """Lay out every cell, both stacks side by side."""
    known = {_key(each): each for each in outcomes}
    stacks = [stack for stack in STACKS if any(each.cell.stack == stack for each in outcomes)]
    lengths = sorted({each.cell.length_s for each in outcomes})
    margin = " " * 29
    lines = [
        margin + "".join(f"| {STACKS[stack]:<{sum(_WIDTHS)}} " for stack in stacks),
        f"{'fault':<11}{'s':>6}  {'phase':<10}" + f"| {_row(_HEAD)} " * len(stacks),
    ]
    lines.append("-" * len(lines[-1]))
    for kind in KINDS:
        for length_s in lengths:
            for phase in PHASES:
                cells = [known.get((stack, kind, length_s, phase)) for stack in stacks]
                if any(cells):
                    row = "".join(f"| {_row(_cells(each))} " for each in cells)
                    lines.append(f"{kind:<11}{length_s:>6g}  {phase:<10}{row}".rstrip())
    notes = (
        "noticed: from the fault. back: from the route being back to the session, or, after the",
        "visit was over, to the light (next visit; pressed at the latest after 25 s).",
        "lost, twice: words that the service does not know, or knows once too often.",
        "unheard, twice: words of a reply that began and was cut, or that sounded again.",
        "answered: the question that the fault met, and the next one.",
    )
    return "\n".join((*lines, "", *notes, ""))


def weather_table(stretches: Sequence[Alarms]) -> str:
    """Lay out the bad weather: what happened an hour that should not have."""
    counts = "".join(f"{name:>13}" for name in ("suspected/h", "replaced/h", "torn down/h"))
    head = f"{'weather':<20}{'':<20}{'hours':>7}{counts}{'answered':>12}"
    lines = [head, "-" * len(head)]
    for name in dict.fromkeys(each.cell.name for each in stretches):
        for stack, title in STACKS.items():
            ours = [e for e in stretches if e.cell.name == name and e.cell.stack == stack]
            hours = sum(each.talked_s for each in ours) / 3600
            if ours:
                answered = f"{sum(e.answered for e in ours)} of {sum(e.asked for e in ours)}"
                suspected = sum(each.suspicions for each in ours) / hours
                replaced = sum(each.replaced for each in ours) / hours
                torn = sum(each.teardowns for each in ours) / hours
                figures = (
                    f"{hours:>7.2f}{suspected:>13.0f}{replaced:>13.0f}{torn:>13.0f}{answered:>12}"
                )
                lines.append(f"{name:<20}{title:<20}{figures}")
    return "\n".join((*lines, ""))


def figures(
    outcomes: Sequence[Outcome], stretches: Sequence[Alarms], late_s: Sequence[float]
) -> list[Section]:
    """Return the figures that the promises are about, for each stack, and the rig's own share."""
    sections = []
    for stack, title in STACKS.items():
        ours = [each for each in outcomes if each.cell.stack == stack]
        weather = [each for each in stretches if each.cell.stack == stack]
        if ours:
            sections.append(Section(title, _figures(ours, weather)))
    late = Figure(LATE, "ms", samples=[1000 * each for each in late_s])
    return [*sections, Section("The rig, in every figure", (late,))]


def _figures(outcomes: Sequence[Outcome], weather: Sequence[Alarms]) -> tuple[Figure, ...]:
    def about(name: str, unit: str, promise: float, judged_by: str = "p95") -> Figure:
        note = _UNNOTICED if name.startswith("noticed") else ""
        return Figure(name, unit, promise, judged_by, note)

    talking = about("noticed, while talking", "s", 1.0)
    silent = about("noticed, in a silent session", "s", 1.5)
    back = about("route back to session resumed", "s", 1.0)
    lost = about("words of a question lost", "words", 0, "worst")
    twice = about("words of a question twice", "words", 0, "worst")
    again = about("words of a reply heard twice", "words", 0, "worst")
    first = about("questions in the fault not answered", "", 0, "worst")
    second = about("next questions not answered", "", 0, "worst")
    light = about("route back to light, visit over", "s", PROBE_S, "worst")
    light.note = "a light that did not come back counts with the time after which somebody pressed"
    opened = Figure("press to session, next visit", "s")
    torn = about("visits torn down by loss, an hour", "", 0, "worst")
    for each in outcomes:
        length_s = each.cell.length_s
        noticed_s = each.noticed_s
        if noticed_s is None and length_s >= NOTICEABLE_S:
            noticed_s = length_s
        if noticed_s is not None:
            (talking if each.cell.phase == "listening" else silent).add(noticed_s)
        if length_s <= IN_VISIT_S:
            lost.add(each.lost)
            twice.add(each.twice)
            again.add(each.heard_twice)
            if each.cell.phase != "speaking":
                first.add(float(not each.first))
        second.add(float(not each.second))
        if each.how == "next visit":
            light.add(KioskBooth.patience_s if each.back_s is None else each.back_s)
            opened.add(*(() if each.opened_s is None else (each.opened_s,)))
        elif each.back_s is not None:
            back.add(each.back_s)
    for stretch in weather:
        if not stretch.cell.kbit:
            torn.add(stretch.teardowns * 3600 / stretch.talked_s)
    return (talking, silent, back, lost, twice, again, first, second, light, opened, torn)


def _key(outcome: Outcome) -> tuple[str, str, float, str]:
    cell = outcome.cell
    return (cell.stack, cell.kind, cell.length_s, cell.phase)


def _cells(outcome: Outcome | None) -> tuple[str, ...]:
    if outcome is None:
        return ("",) * len(_HEAD)
    answers = "/".join("yes" if answer else "NO" for answer in (outcome.first, outcome.second))
    counts = (outcome.lost, outcome.twice, outcome.unheard, outcome.heard_twice)
    seconds = (_seconds(outcome.noticed_s), _seconds(outcome.back_s))
    return (*seconds, outcome.how, *(str(count or "-") for count in counts), answers)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _row(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
