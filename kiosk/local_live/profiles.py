"""What each model takes and how it behaves: the service acts as the model that is asked for.

The rows follow the Live API's model pages (capabilities, thinking, function calling) and its
session limits. A client written against one model finds here the refusals it would meet there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from kiosk.local_live.protocol import FunctionResponse, Modality, Setup
from kiosk.local_live.wire import Refused, field, invalid

_NO_THINKING: Final = "Thinking level is not supported for this model"
_NO_SCHEDULING: Final = "Function response scheduling is not supported for this model"
_DEADLINE: Final = "Deadline expired before operation could complete."
_IGNORED_GO_AWAY: Final = (
    "Connection aborted because the client failed to close the connection after receiving "
    "a GoAway signal once the session duration expired"
)


class Thinking(Enum):
    """What a setup may say about thinking."""

    BUILT_IN = auto()  # thinkingConfig is refused
    LEVEL_REQUIRED = auto()  # low, medium or high
    LEVEL = auto()
    BUDGET = auto()


class Captions(Enum):
    """When the words of a spoken reply are sent."""

    IN_STEP = auto()  # word by word, in messages of their own, as their sound goes out
    WITH_SOUND = auto()  # word by word, in the message that holds the sound
    BEFORE_SOUND = auto()  # a sentence at a time, ahead of its sound


class Blocking(Enum):
    """How tool calls behave."""

    ALWAYS = auto()
    BY_DEFAULT = auto()
    WHEN_ASKED = auto()
    NEVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One model's contract."""

    model: str
    thinking: Thinking
    blocking: Blocking
    captions: Captions = Captions.IN_STEP
    text_replies: bool = False
    experimental: bool = False
    """Affective dialog and proactive audio may be set, on v1alpha."""
    interrupt_waits: bool = False
    """The answer of a tool with INTERRUPT waits while the customer speaks."""
    scheduling: bool = True
    several_turns: bool = False
    """A request may take several turns, told apart by ``interactionStatus``."""
    stream_end_ends_turn: bool = True
    voice_activity: bool = False
    handles_unasked: bool = False
    empty_content: bool = False
    """An empty ``serverContent`` comes before a tool call."""
    call_id_prefix: str = "function-call-"
    life_s: float = 600.0
    end_code: int = 1008

    def blocks(self, declaration: Mapping[str, Any]) -> bool:
        """Tell whether a call of this tool holds the conversation until it is answered."""
        behavior = declaration.get("behavior")
        match self.blocking:
            case Blocking.ALWAYS:
                return True
            case Blocking.NEVER:
                return False
            case Blocking.BY_DEFAULT:
                return behavior != "NON_BLOCKING"
            case Blocking.WHEN_ASKED:
                return behavior == "BLOCKING"

    def declared(self, declaration: Mapping[str, Any]) -> dict[str, Any]:
        """Return a declaration with the behaviour that its calls have with this model."""
        behavior = "BLOCKING" if self.blocks(declaration) else "NON_BLOCKING"
        return {**declaration, "behavior": behavior}

    def end_reason(self) -> str:
        """Say why the connection is closed at the end of its life."""
        return _IGNORED_GO_AWAY if self.end_code == 1008 else _DEADLINE

    def check_setup(self, setup: Setup, version: str) -> None:
        """Refuse what this model does not take; ``version`` is v1, v1alpha or v1beta."""
        self._check_modalities(setup.modalities)
        self._check_thinking(setup.thinking)
        self._check_experimental(setup, version)
        self.check_tools(setup.tools)

    def check_tools(self, declarations: tuple[dict[str, Any], ...]) -> None:
        """Refuse function behaviours this model does not have."""
        if self.blocking is Blocking.NEVER and any(
            declaration.get("behavior") == "BLOCKING" for declaration in declarations
        ):
            raise invalid("BLOCKING functions are not supported for this model.")

    def check_response(self, response: FunctionResponse) -> None:
        """Refuse scheduling where there is none."""
        if response.scheduling is not None and not self.scheduling:
            raise Refused(1007, _NO_SCHEDULING)

    def modality(self, setup: Setup) -> Modality:
        """Return how this session replies."""
        return Modality.TEXT if setup.modalities == ("TEXT",) else Modality.AUDIO

    def _check_modalities(self, modalities: tuple[str, ...]) -> None:
        if len(modalities) > 1 or any(name not in Modality.__members__ for name in modalities):
            raise invalid("Exactly one response modality is allowed, AUDIO or TEXT.")
        if modalities == ("TEXT",) and not self.text_replies:
            raise invalid("Response modality TEXT is not supported for this model.")

    def _check_thinking(self, thinking: Mapping[str, Any] | None) -> None:
        level = str(field(thinking or {}, "thinkingLevel") or "").upper()
        match self.thinking:
            case Thinking.BUILT_IN if thinking is not None:
                raise Refused(1007, _NO_THINKING)
            case Thinking.LEVEL_REQUIRED if level not in ("LOW", "MEDIUM", "HIGH"):
                raise Refused(1007, "A thinking level of low, medium or high is required.")
            case Thinking.LEVEL if level not in ("", "MINIMAL", "LOW", "MEDIUM", "HIGH"):
                raise invalid("Unknown thinking level.")
            case Thinking.BUDGET if level:
                raise Refused(1007, _NO_THINKING)
            case _:
                pass

    def _check_experimental(self, setup: Setup, version: str) -> None:
        if self.experimental and version == "v1alpha":
            return
        if setup.affective is not None:
            raise invalid("Affective dialog is not supported here.")
        always_proactive = self.thinking in (Thinking.BUILT_IN, Thinking.LEVEL_REQUIRED)
        if setup.proactive_audio is not None and setup.proactive_audio is not always_proactive:
            raise invalid("Proactive audio cannot be changed here.")


_LIVE_3_8: Final = Profile(
    model="gemini-3.8-live",
    thinking=Thinking.BUILT_IN,
    blocking=Blocking.WHEN_ASKED,
    interrupt_waits=True,
    stream_end_ends_turn=False,
    life_s=58 * 60.0,
    end_code=1011,
)
_EXTENDED_3_8: Final = Profile(
    model="gemini-3.8-live-extended-thinking",
    thinking=Thinking.LEVEL_REQUIRED,
    blocking=Blocking.NEVER,
    interrupt_waits=True,
    scheduling=False,
    several_turns=True,
    stream_end_ends_turn=False,
    life_s=58 * 60.0,
    end_code=1011,
)
_FLASH_3_1: Final = Profile(
    model="gemini-3.1-flash-live-preview",
    thinking=Thinking.LEVEL,
    blocking=Blocking.ALWAYS,
    captions=Captions.WITH_SOUND,
    voice_activity=True,
    handles_unasked=True,
    empty_content=True,
    call_id_prefix="fc_",
    life_s=30 * 60.0,
)
_NATIVE_2_5: Final = Profile(
    model="gemini-2.5-flash-native-audio-preview-12-2025",
    thinking=Thinking.BUDGET,
    blocking=Blocking.BY_DEFAULT,
    captions=Captions.BEFORE_SOUND,
    experimental=True,
    voice_activity=True,
)
_HALF_CASCADE: Final = Profile(
    model="gemini-live-2.5-flash-preview",
    thinking=Thinking.BUDGET,
    blocking=Blocking.BY_DEFAULT,
    text_replies=True,
    voice_activity=True,
)

_MODELS: Final[Mapping[str, Profile]] = {
    **{
        profile.model: profile
        for profile in (_LIVE_3_8, _EXTENDED_3_8, _FLASH_3_1, _NATIVE_2_5, _HALF_CASCADE)
    },
    "gemini-live-latest": _LIVE_3_8,
    "gemini-3.8-live-latest": _LIVE_3_8,
    "gemini-3.8-live-extended-thinking-latest": _EXTENDED_3_8,
    "gemini-flash-live-latest": _FLASH_3_1,
    "gemini-3.1-flash-live": _FLASH_3_1,
    "gemini-3.1-flash-live-latest": _FLASH_3_1,
    "gemini-2.5-flash-native-audio-latest": _NATIVE_2_5,
    "gemini-2.5-flash-native-audio-preview-09-2025": _NATIVE_2_5,
    "gemini-2.5-flash-live-preview": _HALF_CASCADE,
    "gemini-2.0-flash-live-001": _HALF_CASCADE,
    "gemini-2.0-flash-live-latest": _HALF_CASCADE,
}

MODELS: Final = tuple(_MODELS)


def profile_for(model: str, version: str) -> Profile:
    """Find the profile of a model name as it stands in a setup; raises ``Refused`` 1008."""
    name = model.rsplit("/", 1)[-1]
    try:
        return _MODELS[name]
    except KeyError:
        raise Refused(
            1008,
            f"models/{name} is not found for API version {version}, or is not supported for "
            "bidiGenerateContent. Call ListModels to see the list of available models.",
        ) from None
