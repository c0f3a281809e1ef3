"""Texts compared by the words, word pairs and letter groups they share, rare ones counting most.

TF-IDF with the cosine as measure. Letter groups forgive what speech recognition gets nearly
right; what no example knows still counts against a match, so that a question about
something else stays below any sensible floor. About 0.3 ms a question (measured).
"""

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from kiosk.core.spoken.words import word_set

_WORD: Final = re.compile(r"[a-z]+|\d+")
_LETTERS: Final = 4
_PAIR_WEIGHT: Final = 0.7
_LETTERS_WEIGHT: Final = 0.45
_CONTRACTIONS: Final = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"\b(what|where|when|who|how|that|it|there|here|he|she)'s\b"), r"\1 is"),
    (re.compile(r"\b(i)'m\b"), r"\1 am"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"'s\b"), ""),
)


_FILLERS: Final = word_set(
    "uh um er erm hmm mm ah eh well please okay ok so like just hey hi hello"
)
_ENDINGS: Final = (
    ("ies", "y", 5), ("sses", "ss", 6), ("ing", "", 6), ("ed", "", 5), ("es", "", 6),
    ("s", "", 4), ("e", "", 4), ("y", "i", 4),
)  # fmt: skip


def words(text: str) -> list[str]:
    """Return the plain words of a text: lower case, contractions written out."""
    plain = text.lower().replace("\u2019", "'")
    if not plain.isascii():
        parted = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    for pattern, instead in _CONTRACTIONS:
        plain = pattern.sub(instead, plain)
    return _WORD.findall(plain)


def content(text: str) -> list[str]:
    """Return the words of a text without hesitations; all of them when nothing else is left."""
    every = words(text)
    return [word for word in every if word not in _FILLERS] or every


def stem(word: str) -> str:
    """Return a word without its ending, so that ``returns`` and ``returning`` are one."""
    for ending, instead, least in _ENDINGS:
        if len(word) >= least and word.endswith(ending) and not word.endswith("ss"):
            word = word.removesuffix(ending) + instead
            break
    return word


def stems(text: str) -> list[str]:
    """Return the stems of the words of a text, hesitations left out."""
    return [stem(word) for word in content(text)]


class Examples:
    """Example sentences, each with a label; finds the label of the nearest one."""

    def __init__(self, labelled: Sequence[tuple[str, str]]) -> None:
        """Take (label, sentence) pairs."""
        self._labels = [label for label, _ in labelled]
        counts = [_features(sentence) for _, sentence in labelled]
        seen = Counter(feature for features in counts for feature in features)
        self._row = {feature: at for at, feature in enumerate(seen)}
        total = len(labelled)
        self._rarity = {
            feature: math.log((1 + total) / (1 + count)) + 1 for feature, count in seen.items()
        }
        self._unseen = math.log(1 + total) + 1
        # One row for each feature: a question has few, and a small product stays on one core.
        self._weights: npt.NDArray[np.float32] = np.zeros((len(seen), total), np.float32)
        for example, features in enumerate(counts):
            weights, norm = self._weigh(features)
            for feature, weight in weights.items():
                self._weights[self._row[feature], example] = weight / norm

    def nearest(self, text: str) -> list[tuple[str, float]]:
        """Return every label with its nearest example's likeness (0 to 1), nearest first."""
        weights, norm = self._weigh(_features(text))
        shared = [feature for feature in weights if feature in self._row]
        rows = [self._row[feature] for feature in shared]
        query = np.array([weights[feature] / norm for feature in shared], np.float32)
        likeness = query @ self._weights[rows] if rows else np.zeros(len(self._labels))
        best: dict[str, float] = {}
        for label, score in zip(self._labels, likeness, strict=True):
            best[label] = max(best.get(label, 0.0), float(score))
        return sorted(best.items(), key=lambda pair: -pair[1])

    def _weigh(self, features: Counter[str]) -> tuple[dict[str, float], float]:
        weights = {
            feature: self._rarity.get(feature, self._unseen) * _kind_weight(feature)
            for feature in features
        }
        return weights, math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0


def _features(text: str) -> Counter[str]:
    known = stems(text)
    pairs = (f"{left} {right}" for left, right in itertools.pairwise(known))
    return Counter([*known, *pairs, *_letter_groups(known)])


def _letter_groups(known: Iterable[str]) -> Iterable[str]:
    for word in known:
        padded = f"_{word}_"
        for at in range(len(padded) - _LETTERS + 1):
            yield f"#{padded[at : at + _LETTERS]}"


def _kind_weight(feature: str) -> float:
    if feature.startswith("#"):
        return _LETTERS_WEIGHT
    return _PAIR_WEIGHT if " " in feature else 1.0
