"""Reads a configuration into settings: right as a whole, or refused with every mistake at once.

A sentence names the key and what is allowed there, never the text that stood there: somebody
will one day paste a secret into the wrong line.
"""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kiosk.config_file import read_toml, settings_file
from kiosk.errors import ConfigError
from kiosk.settings import Settings

_TYPES = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": 'text in quotes, like "this"',
    "bool_type": "true or false",
    "finite_number": "a finite number",
}


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the configuration: ``path``, else $KIOSK_CONFIG, else the system's, else defaults.

    Raises ConfigError with every mistake at once.
    """
    chosen = settings_file(path, environ)
    return settings_from(read_toml(chosen), str(chosen)) if chosen else Settings()


def settings_from(data: Mapping[str, Any], source: str) -> Settings:
    """Check what a configuration file says; ``source`` names it in the mistakes."""
    left: dict[str, Any] = {
        key: dict(value) if isinstance(value, dict) else value for key, value in data.items()
    }
    mistakes: list[str] = []
    while True:
        try:
            settings = Settings.model_validate(left)
        except ValidationError as err:
            errors = err.errors(include_url=False, include_input=False)
        else:
            break
        mistakes += [f"{source}: {_sentence(error)}" for error in errors]
        # A rule that joins several keys is only checked once each key is right by itself:
        # go on without the wrong ones, so that one reading of the file finds everything.
        if not all(_forget(left, error["loc"]) for error in errors):
            break
    if mistakes:
        raise ConfigError(mistakes)
    return settings


def _sentence(error: ErrorDetails) -> str:
    key = ".".join(str(part) for part in error["loc"])
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return _unknown(error["loc"])
        case "model_type":
            return f"{key} must be a table, written [{key}]"
        case "greater_than_equal" | "less_than_equal":
            return f"{key} is out of range: {_range(error['loc'])}"
        case "literal_error":
            return f"{key} must be one of {context['expected'].replace(chr(39), chr(34))}"
        case "string_too_short":
            return f"{key} must not be empty"
        case "string_pattern_mismatch":
            return f'{key} must be two small letters, like "en"'
        case "value_error":
            return f"{_place(key)}{context['error']}"
        case kind if kind in _TYPES:
            return f"{key} must be {_TYPES[kind]}"
        case _:
            return f"{key} is wrong: {error['msg']}"


def _place(key: str) -> str:
    if not key:
        return ""
    return f"{key} " if "." in key else f"[{key}] "


def _unknown(loc: tuple[int | str, ...]) -> str:
    *table, name = (str(part) for part in loc)
    model = _model_at(table)
    key = ".".join((*table, name))
    valid: Iterable[str] = model.model_fields
    near = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.5)
    if near:
        return f"{key} is unknown; did you mean {'.'.join((*table, near[0]))}?"
    if others := [where for where in _tables() if name in _model_at([where]).model_fields]:
        return f"{key} is unknown; did you mean {others[0]}.{name}?"
    return f"{key} is unknown; there are {', '.join(valid)}"


def _tables() -> list[str]:
    return list(Settings.model_fields)


def _model_at(table: list[str]) -> type[BaseModel]:
    model: type[BaseModel] = Settings
    for name in table:
        annotation = model.model_fields[name].annotation
        assert isinstance(annotation, type)
        assert issubclass(annotation, BaseModel)
        model = annotation
    return model


def _range(loc: tuple[int | str, ...]) -> str:
    *table, name = (str(part) for part in loc)
    low, high = bounds(_model_at(table), name)
    return f"it may be {low:g} to {high:g}"


def bounds(model: type[BaseModel], name: str) -> tuple[float, float]:
    """Return the least and the greatest value of a knob that has a range."""
    marks = model.model_fields[name].metadata
    (low,) = (mark.ge for mark in marks if hasattr(mark, "ge"))
    (high,) = (mark.le for mark in marks if hasattr(mark, "le"))
    return low, high


def _forget(data: dict[str, Any], loc: tuple[int | str, ...]) -> bool:
    """Take the key at ``loc`` out; False when there is none, so nothing would change."""
    at: Any = data
    for part in loc[:-1]:
        at = at[part]
    return bool(loc) and at.pop(loc[-1], None) is not None
