from datetime import date
from pathlib import Path

import pytest

from kiosk.errors import ConfigError
from kiosk.shop.policy_file import LONGEST_TEXT, load_policy, parse_policy

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
