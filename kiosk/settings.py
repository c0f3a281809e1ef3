"""Every knob of the kiosk: unit, default, range.

The manual for people is ``config/kiosk.toml``; ``config_file`` reads such a file into these
models. They are frozen and hold no secret: the API key is only ever named by its file.
"""

from typing import Annotated, Literal, Self, TypeGuard
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator

LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
}
"""The languages in which a customer's yes is understood, and what they are called."""

LAST_PIN = 53  # the highest GPIO line a Raspberry Pi's header chip has


def _https_or_empty(value: str) -> str:
    if not value:
        return value
    parts = urlsplit(value)
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not contain a user name or a password")
    if parts.scheme != "https" or not parts.hostname or not _has_sane_port(parts):
        raise ValueError('must be "" or an address like https://host:port')
    return value.rstrip("/")


def _has_sane_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:  # no number, or too large
        return False


def _absolute_or_empty(value: str) -> str:
    if value and not value.startswith("/"):
        raise ValueError("must be the absolute path of a file, starting with /")
    return value


def _pins(value: object) -> int | tuple[int, int, int]:
    def is_pin(pin: object) -> TypeGuard[int]:
        return isinstance(pin, int) and not isinstance(pin, bool) and 0 <= pin <= LAST_PIN

    if is_pin(value):
        return value
    if isinstance(value, list | tuple) and len(value) == 3 and all(is_pin(pin) for pin in value):
        red, green, blue = value
        return (red, green, blue)
    raise ValueError(f"must be a pin number 0 to {LAST_PIN}, or three: [red, green, blue]")


def _off_or_long(value: object) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, int | float) and number and (value == 0 or 3 <= value <= 10):
        return float(value)
    raise ValueError("must be 0 (off), or 3 to 10")


def _languages(value: object) -> tuple[str, ...]:
    known = isinstance(value, list | tuple) and all(
        isinstance(each, str) and each in LANGUAGES for each in value
    )
    if isinstance(value, list | tuple) and known and 0 < len(value) == len(set(value)):
        return tuple(value)
    raise ValueError(f"must be a list of different languages out of {', '.join(LANGUAGES)}")


HttpsAddress = Annotated[str, AfterValidator(_https_or_empty)]
FilePath = Annotated[str, AfterValidator(_absolute_or_empty)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Pin = Annotated[int, Field(ge=0, le=LAST_PIN)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Live(_Table):
    """The Live service: where, which model, which voice."""

    endpoint: HttpsAddress = ""
    ca_file: FilePath = ""
    model: Name = "gemini-3.8-live"
    api_version: Literal["v1alpha", "v1beta"] = "v1beta"
    voice: Name = "Aoede"
    api_key_file: FilePath = ""
    fallback: Literal["local", "none"] = "local"
    connect_s: Annotated[float, Field(ge=1.0, le=60.0)] = 3.0


class Audio(_Table):
    """Sound devices, by part of their name; the loudness in percent; what silence means."""

    input: Name = "default"
    output: Name = "default"
    volume: Annotated[int, Field(ge=0, le=100)] = 70
    silence_is_fault: bool = True


class Button(_Table):
    """The talk button. Pins are GPIO numbers, not header positions."""

    kind: Literal["gpio", "keyboard", "none"] = "gpio"
    pin: Pin = 17
    chip: str = ""
    bounce_s: Annotated[float, Field(ge=0.0, le=0.2)] = 0.02
    mute_hold_s: Annotated[float, PlainValidator(_off_or_long)] = 5.0
    stuck_s: Annotated[float, Field(ge=10.0, le=60.0)] = 15.0

    @model_validator(mode="after")
    def _gesture_fits(self) -> Self:
        if 2 * self.mute_hold_s > self.stuck_s:
            raise ValueError("stuck_s must be at least twice mute_hold_s")
        return self


class Lamp(_Table):
    """The status light, one pin or three, and the microphone lamp."""

    status: Annotated[int | tuple[int, int, int], PlainValidator(_pins)] = 18
    microphone: Pin = 27

    @property
    def pins(self) -> tuple[int, ...]:
        """All pins of both lamps."""
        status = self.status if isinstance(self.status, tuple) else (self.status,)
        return (*status, self.microphone)


class Talk(_Table):
    """Patience with the customer, all in seconds, and the languages that are spoken."""

    hold_s: Annotated[float, Field(ge=0.1, le=2.0)] = 0.4
    follow_up_s: Annotated[float, Field(ge=0.0, le=60.0)] = 8.0
    no_speech_s: Annotated[float, Field(ge=1.0, le=60.0)] = 8.0
    utterance_s: Annotated[float, Field(ge=5.0, le=120.0)] = 30.0
    reply_s: Annotated[float, Field(ge=5.0, le=300.0)] = 45.0
    visit_s: Annotated[float, Field(ge=30.0, le=900.0)] = 300.0
    tick_s: Annotated[float, Field(ge=0.2, le=10.0)] = 0.8
    moment_s: Annotated[float, Field(ge=0.5, le=20.0)] = 2.0
    sorry_s: Annotated[float, Field(ge=2.0, le=60.0)] = 8.0
    echo_tail_s: Annotated[float, Field(ge=0.0, le=2.0)] = 0.2
    languages: Annotated[tuple[str, ...], PlainValidator(_languages)] = ("en",)

    @model_validator(mode="after")
    def _patience_grows(self) -> Self:
        if not self.tick_s < self.moment_s < self.sorry_s:
            raise ValueError("tick_s, moment_s and sorry_s must grow in this order")
        return self


class Gate(_Table):
    """The voice gate: votes on frames of 20 ms."""

    pre_roll_ms: Annotated[int, Field(ge=0, le=2000)] = 500
    open_window: Annotated[int, Field(ge=1, le=50)] = 10
    open_votes: Annotated[int, Field(ge=1, le=50)] = 8
    hangover_ms: Annotated[int, Field(ge=100, le=3000)] = 500
    tail_ms: Annotated[int, Field(ge=0, le=1000)] = 200
    open_probability: Probability = 0.6
    stay_probability: Probability = 0.35

    @model_validator(mode="after")
    def _votes_fit(self) -> Self:
        if self.open_votes > self.open_window:
            raise ValueError("open_votes must not be more than open_window")
        if self.stay_probability > self.open_probability:
            raise ValueError("stay_probability must not be more than open_probability")
        return self


class Shop(_Table):
    """Orders and policy, and how much one customer may ask of them."""

    backend: Literal["sqlite", "http"] = "sqlite"
    database: FilePath = ""
    url: HttpsAddress = ""
    ca_file: FilePath = ""
    token_file: FilePath = ""
    policy: FilePath = ""
    store: Annotated[str, Field(max_length=60)] = ""
    allow_changes: bool = False
    status_needs_proof: bool = False
    calls_per_turn: Annotated[int, Field(ge=1, le=20)] = 4
    calls_per_visit: Annotated[int, Field(ge=1, le=100)] = 12
    deadline_s: Annotated[float, Field(ge=0.2, le=10.0)] = 2.5

    @model_validator(mode="after")
    def _http_has_an_address(self) -> Self:
        if self.backend == "http" and not self.url:
            raise ValueError('backend "http" needs url')
        return self


class Control(_Table):
    """The control socket."""

    socket: FilePath = ""


class Phrases(_Table):
    """Recorded phrases: a directory of WAV files that replace ours, and the language."""

    directory: FilePath = ""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"


class Log(_Table):
    """How much the journal hears."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(_Table):
    """The whole configuration, one member a table."""

    live: Live = Live()
    audio: Audio = Audio()
    button: Button = Button()
    lamp: Lamp = Lamp()
    talk: Talk = Talk()
    gate: Gate = Gate()
    shop: Shop = Shop()
    control: Control = Control()
    phrases: Phrases = Phrases()
    log: Log = Log()

    @model_validator(mode="after")
    def _pins_are_apart(self) -> Self:
        taken = list(self.lamp.pins)
        if self.button.kind == "gpio":
            taken.append(self.button.pin)
        twice = sorted({pin for pin in taken if taken.count(pin) > 1})
        if twice:
            raise ValueError(f"GPIO {twice[0]} is given to two things in [button] and [lamp]")
        return self
