"""What each model takes and refuses."""

import pytest

from kiosk.local_live.profiles import MODELS, profile_for
from kiosk.local_live.protocol import FunctionResponse, Modality, Scheduling, Setup
from kiosk.local_live.wire import Refused

LIVE = "models/gemini-3.8-live"
EXTENDED = "models/gemini-3.8-live-extended-thinking"
FLASH = "models/gemini-3.1-flash-live-preview"
NATIVE = "models/gemini-2.5-flash-native-audio-preview-12-2025"
HALF = "models/gemini-live-2.5-flash-preview"


def refusal(setup: Setup, version: str = "v1beta") -> Refused | None:
    try:
        profile_for(setup.model, version).check_setup(setup, version)
    except Refused as refused:
        return refused
    return None


@pytest.mark.parametrize("name", MODELS)
def test_every_name_is_found_with_and_without_its_collection(name: str) -> None:
    assert profile_for(name, "v1beta") is profile_for(f"models/{name}", "v1beta")


@pytest.mark.parametrize("name", ["", "models/", "models/gpt", "models/gemini-3.8"])
def test_an_unknown_model_is_refused_as_google_does(name: str) -> None:
    with pytest.raises(Refused, match="is not found for API version v1alpha") as refused:
        profile_for(name, "v1alpha")

    assert refused.value.code == 1008


@pytest.mark.parametrize(
    "setup",
    [
        Setup(model=LIVE),
        Setup(model=LIVE, modalities=("AUDIO",)),
        Setup(model=LIVE, proactive_audio=True),
        Setup(model=EXTENDED, thinking={"thinkingLevel": "low"}),
        Setup(model=EXTENDED, thinking={"thinking_level": "HIGH"}),
        Setup(model=FLASH),
        Setup(model=FLASH, thinking={"thinkingLevel": "minimal"}),
        Setup(model=NATIVE, thinking={"thinking_budget": 0}),
        Setup(model=HALF, modalities=("TEXT",)),
        Setup(model=LIVE, tools=({"name": "f", "behavior": "BLOCKING"},)),
        Setup(model=EXTENDED, thinking={"thinkingLevel": "low"}, tools=({"name": "f"},)),
    ],
)
def test_what_a_model_takes(setup: Setup) -> None:
    assert refusal(setup) is None


@pytest.mark.parametrize(
    "setup",
    [
        Setup(model=LIVE, thinking={}),
        Setup(model=LIVE, thinking={"thinkingBudget": 0}),
        Setup(model=LIVE, modalities=("TEXT",)),
        Setup(model=LIVE, modalities=("AUDIO", "TEXT")),
        Setup(model=LIVE, modalities=("IMAGE",)),
        Setup(model=LIVE, proactive_audio=False),
        Setup(model=LIVE, affective=True),
        Setup(model=EXTENDED),
        Setup(model=EXTENDED, thinking={"thinkingLevel": "minimal"}),
        Setup(
            model=EXTENDED,
            thinking={"thinkingLevel": "low"},
            tools=({"name": "f", "behavior": "BLOCKING"},),
        ),
        Setup(model=FLASH, modalities=("TEXT",)),
        Setup(model=FLASH, proactive_audio=True),
        Setup(model=NATIVE, thinking={"thinkingLevel": "low"}),
        Setup(model=NATIVE, affective=True),
    ],
)
def test_what_a_model_refuses_with_1007(setup: Setup) -> None:
    refused = refusal(setup)

    assert refused is not None
    assert refused.code == 1007


def test_experiments_are_for_one_version_of_one_model() -> None:
    assert refusal(Setup(model=NATIVE, affective=True, proactive_audio=True), "v1alpha") is None
    assert refusal(Setup(model=FLASH, affective=True), "v1alpha") is not None


@pytest.mark.parametrize(
    ("model", "undeclared", "blocking", "free"),
    [
        (LIVE, False, True, False),
        (EXTENDED, False, False, False),
        (FLASH, True, True, True),
        (NATIVE, True, True, False),
        (HALF, True, True, False),
    ],
)
def test_which_calls_hold_the_conversation(
    model: str, *, undeclared: bool, blocking: bool, free: bool
) -> None:
    profile = profile_for(model, "v1beta")

    assert profile.blocks({"name": "f"}) is undeclared
    assert profile.blocks({"name": "f", "behavior": "BLOCKING"}) is blocking
    assert profile.blocks({"name": "f", "behavior": "NON_BLOCKING"}) is free


def test_extended_thinking_has_no_scheduling() -> None:
    response = FunctionResponse(
        call_id="1", name="f", response={}, scheduling=Scheduling.SILENT, continues=False
    )

    profile_for(LIVE, "v1beta").check_response(response)
    with pytest.raises(Refused, match="scheduling is not supported"):
        profile_for(EXTENDED, "v1beta").check_response(response)


def test_replies_are_sound_unless_text_was_asked_for() -> None:
    half = profile_for(HALF, "v1beta")

    assert half.modality(Setup(model=HALF)) is Modality.AUDIO
    assert half.modality(Setup(model=HALF, modalities=("TEXT",))) is Modality.TEXT
