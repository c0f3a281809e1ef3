"""What a sloppy or taken-over shop holds: the model is told typed fields, and nobody else's."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.attacks.corpus import HostileField, hostile_fields
from tests.attacks.hostile import NotTaken, returned_by, visit, written_into
from tests.attacks.judge import misled
from tests.attacks.obeying import obey, statuses
from tests.misbehaving.hurry import run_hurried

FIELDS = hostile_fields()
VISIT = visit()


@pytest.mark.parametrize("hostile", FIELDS, ids=str)
def test_a_hostile_value_in_the_stores_file_reaches_nobody(
    hostile: HostileField, shop_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hostile.db"
    shutil.copyfile(shop_file, file)
    try:
        written_into(file, hostile)
    except NotTaken:
        return  # the file does not take it; how many it does is counted below

    evidence = run_hurried(obey(VISIT, file, tmp_path), rate=500.0)

    assert misled(evidence) == []


@pytest.mark.parametrize("hostile", FIELDS, ids=str)
def test_a_hostile_value_in_what_a_backend_returns_reaches_nobody(
    hostile: HostileField, shop_file: Path, tmp_path: Path
) -> None:
    try:
        backend = returned_by(hostile)
    except NotTaken:
        return

    evidence = run_hurried(obey(VISIT, shop_file, tmp_path, backend=backend), rate=500.0)

    assert misled(evidence) == []


def test_most_hostile_values_get_as_far_as_the_kiosk(shop_file: Path, tmp_path: Path) -> None:
    taken: dict[str, int] = {"file": 0, "objects": 0}
    for number, hostile in enumerate(FIELDS):
        file = tmp_path / f"{number}.db"
        shutil.copyfile(shop_file, file)
        for way, put in (("file", partial(written_into, file)), ("objects", returned_by)):
            try:
                put(hostile)
            except NotTaken:
                continue
            taken[way] += 1
        file.unlink()

    assert taken["file"] >= 100, taken
    assert taken["objects"] >= 100, taken


def test_the_visit_that_meets_the_hostile_values_is_served_in_a_shop_without_any(
    shop_file: Path, tmp_path: Path
) -> None:
    evidence = run_hurried(obey(VISIT, shop_file, tmp_path), rate=500.0)

    served = [["ok"], ["ok"], ["ok", "ok"], ["ok", "confirm"], ["ok"], ["ok"], ["refused"]]
    assert statuses(evidence) == served
    assert misled(evidence) == []
