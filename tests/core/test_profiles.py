import pytest

from kiosk.core.profiles import Profile, profile_of


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gemini-3.8-live", Profile(family="gemini-3.8-live", blocking_tools=True)),
        ("models/gemini-3.8-live-latest", Profile(family="gemini-3.8-live", blocking_tools=True)),
        (
            "gemini-3.8-live-extended-thinking",
            Profile(family="gemini-3.8-live-extended-thinking", thinking_level="low"),
        ),
        ("gemini-3.1-flash-live-preview", Profile(family="gemini-3.1-flash-live")),
        (
            "gemini-live-2.5-flash-preview",
            Profile(family="gemini-live-2.5-flash-preview", text_replies=True),
        ),
        ("gemini-9-live", Profile(family="")),
        ("", Profile(family="")),
    ],
)
def test_a_model_follows_the_rules_of_its_family(model: str, expected: Profile) -> None:
    assert profile_of(model) == expected
