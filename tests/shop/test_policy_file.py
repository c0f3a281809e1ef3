from datetime import date, time
from pathlib import Path

import pytest

from kiosk.errors import ConfigError
from kiosk.shop.days import WEEKDAYS
from kiosk.shop.policy_file import LONGEST_TEXT, load_policy, parse_policy
from kiosk.shop.returns import DAYS
from kiosk.shop.stores import Hours

GOOD = """
version = "3"
ignored = ["do", "you"]
products = ["toaster"]
topics = ["hours"]
[words]
hours = ["open"]
[[clause]]
id = "hours.week"
text = "We are always open."
questions = ["Do you open?"]
needs = ["hours"]
hand_over = true
valid_from = 2026-01-01
valid_until = 2026-12-31
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "policy.toml")
    return caught.value.mistakes


def test_a_right_file_is_read_as_it_stands() -> None:
    policy = parse_policy(GOOD, "policy.toml")

    (clause,) = policy.clauses
    assert policy.version == "3"
    assert clause.clause_id == "hours.week"
    assert clause.text == "We are always open."
    assert clause.hand_over
    assert (clause.valid_from, clause.valid_until) == (date(2026, 1, 1), date(2026, 12, 31))
    assert policy.search("are you open for toaster", date(2026, 5, 1)) == clause


def test_every_mistake_is_named_at_once_with_the_nearest_right_word() -> None:
    assert mistakes("""
versoin = "1"
topics = ["hour"]
[words]
hours = ["open", "late"]
dusk = ["late"]
[[clause]]
id = "Hours Week"
txt = "We are open."
questions = "when"
valid_from = 2026-13
""") == [
        "policy.toml: Expected newline or end of document after a statement (at line 11, column 18)"
    ]

    assert mistakes("""
versoin = "1"
topics = ["hour"]
ignored = ["the"]
[words]
hours = ["open", "late"]
dusk = ["late"]
[[clause]]
id = "Hours Week"
txt = "We are open."
questions = "when"
needs = []
hand_over = "yes"
valid_from = "2026-01-01"
[[clause]]
id = "other"
text = "Two\\nlines."
questions = ["the"]
valid_from = 2026-05-01
valid_until = 2026-04-01
""") == [
        "policy.toml: the file: unknown key versoin; did you mean version?",
        "policy.toml: the file: version is missing",
        'policy.toml: words: "late" stands under hours and dusk',
        'policy.toml: topics: "hour" is not a group under [words]; did you mean hours?',
        "policy.toml: clause Hours Week: unknown key txt; did you mean text?",
        "policy.toml: clause Hours Week: id must be lower-case words joined by dots",
        "policy.toml: clause Hours Week: text is missing",
        "policy.toml: clause Hours Week: hand_over must be true or false",
        "policy.toml: clause Hours Week: valid_from must be a day, like 2026-01-31",
        'policy.toml: clause Hours Week: questions must be a list of texts, like ["this", "that"]',
        'policy.toml: clause Hours Week: needs must be a list of texts, like ["this", "that"]',
        "policy.toml: clause other: text must be one line of printable characters",
        "policy.toml: clause other: valid_until is before valid_from",
        'policy.toml: clause other: "the" holds ignored words only',
    ]


@pytest.mark.parametrize("text", ["", 'version = "1"', 'version = "1"\nclause = 3'])
def test_a_file_without_clauses_is_no_policy(text: str) -> None:
    assert "policy.toml: there is no [[clause]] in it" in mistakes(text)


@pytest.mark.parametrize("words", ["words = 3", "[words]\nhours = 3", "[words]\nhours = [3]"])
def test_words_are_a_table_of_lists(words: str) -> None:
    assert any("words" in mistake for mistake in mistakes(f'version = "1"\n{words}'))


def test_a_clause_that_is_no_table_is_named_by_its_number() -> None:
    assert "policy.toml: clause number 1: id is missing" in mistakes('version = "1"\nclause = [3]')


def test_a_text_too_long_to_listen_to_is_refused() -> None:
    long = GOOD.replace("We are always open.", "o" * (LONGEST_TEXT + 1))

    assert mistakes(long) == ["policy.toml: clause hours.week: text is longer than 400 characters"]


SECOND = """
[[clause]]
id = "hours.other"
text = "We are never open."
questions = ["open you do"]
valid_from = {}
"""


def test_two_clauses_in_force_may_not_claim_one_question() -> None:
    assert mistakes(GOOD + SECOND.format("2026-12-31")) == [
        'policy.toml: clauses hours.week and hours.other both claim "open you do"'
    ]
    assert len(parse_policy(GOOD + SECOND.format("2027-01-01"), "policy.toml").clauses) == 2


def test_one_clause_may_not_be_there_twice_for_the_same_days() -> None:
    again = SECOND.replace("hours.other", "hours.week")

    assert mistakes(GOOD + again.format("2026-06-01")) == [
        "policy.toml: clause hours.week is there twice for the same days"
    ]
    assert len(parse_policy(GOOD + again.format("2027-01-01"), "policy.toml").clauses) == 2


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "policy.toml"
    binary.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="it is not UTF-8 text"):
        load_policy(binary)
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read: No such file"):
        load_policy(tmp_path / "nowhere.toml")


STORES = """
[returns]
days = 14
[[store]]
id = "north"
name = "ShopMax North"
address = "1 North Road"
[store.hours]
monday = "09:00-21:00"
tuesday = "9:00 - 21:30"
wednesday = "00:00-24:00"
thursday = "09:00-21:00"
friday = "09:00-21:00"
saturday = "09:00-20:00"
sunday = "closed"
[store.exceptions]
2026-12-25 = "closed"
2026-12-27 = "10:00-12:00"
"""
SOUTH = STORES.replace("[returns]\ndays = 14\n", "")


def test_a_store_is_read_with_its_hours_and_the_days_unlike_them() -> None:
    policy = parse_policy(GOOD + STORES, "policy.toml")

    (store,) = policy.stores
    assert (store.store_id, store.name, store.address) == (
        "north",
        "ShopMax North",
        "1 North Road",
    )
    assert store.week[1] == Hours(time(9), time(21, 30))
    assert store.week[2] == Hours(time(0), time(0))
    assert store.week[6] is None
    assert store.exceptions == {
        date(2026, 12, 25): None,
        date(2026, 12, 27): Hours(time(10), time(12)),
    }
    assert policy.return_days == 14


def test_the_last_day_of_the_set_is_read() -> None:
    assert parse_policy("expires = 2026-12-31\n" + GOOD, "policy.toml").expires == date(
        2026, 12, 31
    )
    assert parse_policy(GOOD, "policy.toml").expires is None
    assert "policy.toml: the file: expires must be a day, like 2026-01-31" in mistakes(
        'expires = "soon"\n' + GOOD
    )


def test_every_mistake_in_a_store_is_named() -> None:
    assert mistakes(
        GOOD
        + """
stores = ["nrth", "north"]
hours = "weak"
[[store]]
id = "north"
name = "ShopMax"
address = "1 North\\nRoad"
[store.hours]
monday = "9 to 5"
tuesday = "21:00-09:00"
wednesday = "09:00-24:30"
thursday = 9
friday = "closed"
saturday = "closed"
sonday = "closed"
[store.exceptions]
2026-13-25 = "closed"
2026-12-25 = "shut"
[[store]]
id = "North Side"
hours = 3
adress = "2 North Road"
[[store]]
id = "north"
name = "ShopMax"
address = "3 North Road"
[store.hours]
monday = "closed"
tuesday = "closed"
wednesday = "closed"
thursday = "closed"
friday = "closed"
saturday = "closed"
sunday = "closed"
"""
    ) == [
        f"policy.toml: {mistake}"
        for mistake in (
            "store north: hours: unknown key sonday; did you mean sunday?",
            "store north: exceptions: 2026-13-25 is no day, like 2026-12-25",
            "store north: address must be one line of printable characters",
            'store north: hours: monday must be "closed" or like "09:00-21:00"',
            "store north: hours: tuesday must end after it begins, at 24:00 the latest",
            "store north: hours: wednesday must end after it begins, at 24:00 the latest",
            'store north: hours: thursday must be "closed" or like "09:00-21:00"',
            "store north: hours: sunday is missing",
            'store north: exceptions: 2026-12-25 must be "closed" or like "09:00-21:00"',
            "store North Side: unknown key adress; did you mean address?",
            "store North Side: id must be lower-case letters and digits, with hyphens between",
            "store North Side: hours must be a table",
            "store North Side: name is missing",
            "store North Side: address is missing",
            *(f"store North Side: hours: {day} is missing" for day in WEEKDAYS),
            "store north: is there twice",
            'clause hours.week: hours must be "week" or "exceptions"',
            'clause hours.week: stores: "nrth" is no [[store]]; did you mean north?',
        )
    ]


def test_hours_are_not_answered_without_a_store_to_take_them_from() -> None:
    assert mistakes(GOOD + 'hours = "week"') == [
        "policy.toml: clause hours.week: hours needs a [[store]] to take them from",
        "policy.toml: clause hours.week: text would never be said: the store's hours are",
    ]
    assert mistakes("store = 3\n" + GOOD) == ["policy.toml: the file: stores are written [[store]]"]


def test_two_clauses_for_different_stores_may_claim_one_question() -> None:
    def scoped(store_id: str) -> str:
        return SECOND.format("2026-06-01") + f'stores = ["{store_id}"]\n'

    both = GOOD + 'stores = ["north"]\n'
    south = SOUTH.replace("north", "south")

    assert len(parse_policy(both + scoped("south") + SOUTH + south, "policy.toml").clauses) == 2
    assert mistakes(both + scoped("north") + SOUTH) == [
        'policy.toml: clauses hours.week and hours.other both claim "open you do"'
    ]


def test_a_clause_may_not_say_other_days_than_the_rule_that_is_applied() -> None:
    late = SECOND.format("2026-01-01").replace("hours.other", "returns.late")
    late = late.replace("We are never open.", "Within 7 days. For 1 day.").replace("open you", "it")

    assert mistakes(GOOD + late + "[returns]\ndays = 7\n") == [
        "policy.toml: clause returns.late: text says 1 days, but [returns] says 7"
    ]
    assert mistakes(GOOD + "[returns]\ndays = 0\nhours = 3\n") == [
        "policy.toml: returns: unknown key hours",
        "policy.toml: returns: days must be a number from 1 to 365",
    ]
    assert parse_policy(GOOD, "policy.toml").return_days == DAYS


def test_a_kiosk_in_a_store_that_the_file_does_not_know_is_told_so() -> None:
    assert parse_policy(GOOD + SOUTH, "policy.toml", "north").store("north")
    with pytest.raises(ConfigError) as caught:
        parse_policy(GOOD + SOUTH, "policy.toml", "norht")
    assert caught.value.mistakes == [
        'policy.toml: there is no store "norht" in it; did you mean north?'
    ]
