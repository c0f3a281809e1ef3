"""Figures of a benchmark: repeated samples, what was promised, and one table of them all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Figure:
    """One row: samples of one quantity, and the promise it is compared with."""

    name: str
    unit: str = "ms"
    promise: float | None = None
    judged_by: str = "p95"
    """Which of ``median``, ``p95`` and ``worst`` the promise is about."""
    note: str = ""
    samples: list[float] = field(default_factory=list)

    def add(self, *samples: float) -> None:
        """Take in samples, in the figure's unit."""
        self.samples += samples

    @property
    def median(self) -> float:
        """The middle sample."""
        return float(np.median(self.samples))

    @property
    def p95(self) -> float:
        """The 95th percentile, interpolated."""
        return float(np.percentile(self.samples, 95))

    @property
    def worst(self) -> float:
        """The largest sample."""
        return max(self.samples)

    @property
    def holds(self) -> bool | None:
        """Whether the promise holds; None without a promise or a sample."""
        if self.promise is None or not self.samples:
            return None
        return float(getattr(self, self.judged_by)) <= self.promise

    def as_json(self) -> dict[str, Any]:
        """Return all of it for a program."""
        row: dict[str, Any] = {"figure": self.name, "unit": self.unit, "runs": len(self.samples)}
        if self.samples:
            row |= {"median": self.median, "p95": self.p95, "worst": self.worst}
        if self.promise is not None:
            row |= {"promise": self.promise, "judged_by": self.judged_by, "holds": self.holds}
        return row | {"samples": self.samples}


@dataclass(frozen=True)
class Section:
    """A heading over some figures."""

    title: str
    figures: tuple[Figure, ...]


_HEAD = ("", "unit", "runs", "median", "p95", "worst", "promise", "holds")


def table(sections: Sequence[Section]) -> str:
    """Lay the sections out as one table; notes stand under it by number."""
    notes: list[str] = []
    rows: list[tuple[str, ...] | str] = [_HEAD]
    for section in sections:
        rows.append(section.title)
        for figure in section.figures:
            if figure.note and figure.note not in notes:
                notes.append(figure.note)
            mark = f" [{notes.index(figure.note) + 1}]" if figure.note else ""
            rows.append((f"  {figure.name}{mark}", *_cells(figure)))
    cells = [row for row in rows if not isinstance(row, str)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    lines = [row if isinstance(row, str) else _line(row, widths) for row in rows]
    lines[1:1] = ["-" * len(lines[0])]
    return "\n".join((*lines, "", *(f"[{number}] {note}" for number, note in enumerate(notes, 1))))


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    name, *rest = (
        cell.ljust(width) if column < 2 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((name, *rest)).rstrip()


def _cells(figure: Figure) -> tuple[str, ...]:
    promise = "" if figure.promise is None else f"<= {_short(figure.promise)} {figure.judged_by}"
    if not figure.samples:
        return (figure.unit, "0", "", "", "", promise, "not measured")
    holds = {True: "yes", False: "NO", None: ""}[figure.holds]
    numbers = (_short(figure.median), _short(figure.p95), _short(figure.worst))
    return (figure.unit, str(len(figure.samples)), *numbers, promise, holds)


def _short(value: float) -> str:
    if value == round(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
