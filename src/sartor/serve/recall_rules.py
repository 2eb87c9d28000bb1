"""Packages without a language model that extract, as the methods answer that learned them.

Shape letters: A features, T tags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from sartor.core.candidate import Answers, Fitted
from sartor.core.tagging import num_tags
from sartor.serve.package_files import broken, json_of
from sartor.tune.crf import CrfDecoder
from sartor.tune.field_rules import ruled_answers
from sartor.tune.gazetteer import listed_answers
from sartor.tune.surfaces import Surfaces
from sartor.tune.value_rules import check_rule

AnswersOf = Callable[[Sequence[str]], Answers]


def _crf(folder: Path, about: Mapping[str, Any]) -> AnswersOf:
    labels = tuple(about["labels"])
    names = _feature_names(folder / "features.json")
    arrays = _weights(folder / "weights.safetensors", len(names), num_tags(labels))
    joined = "\n".join(names).encode("utf-8")
    arrays["features"] = np.frombuffer(joined, dtype=np.uint8)
    facts = {"surfaces": _listed(folder / "surfaces.json", labels).facts()}
    return CrfDecoder(Fitted("crf", None, labels, arrays, facts)).answers


def _gazetteer(folder: Path, about: Mapping[str, Any]) -> AnswersOf:
    listed = _listed(folder / "surfaces.json", tuple(about["labels"]))
    return partial(listed_answers, listed)


def _field_rules(folder: Path, about: Mapping[str, Any]) -> AnswersOf:
    path = folder / "rules.json"
    try:
        rules = [(_path(line["path"]), line["rule"]) for line in json_of(path)]
        for _, rule in rules:
            check_rule(rule)
    except (KeyError, TypeError, ValueError) as error:
        raise broken(path, error) from error
    return partial(ruled_answers, rules)


RULES: dict[str, Callable[[Path, Mapping[str, Any]], AnswersOf]] = {
    "crf": _crf,
    "gazetteer": _gazetteer,
    "field_rules": _field_rules,
}
"""Kind of package to what answers in its place: its folder and `sartor.json` in, texts to answers out."""


def _feature_names(path: Path) -> list[str]:
    names = json_of(path)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise broken(path, TypeError("no list of names"))
    if any("\n" in name for name in names):
        raise broken(path, ValueError("a name of two lines"))
    return names


def _weights(path: Path, num_features: int, num: int) -> dict[str, np.ndarray]:
    """`weight` (A, T) and `steps` (1 + T, T)."""
    try:
        arrays = load_file(path)
    except (OSError, SafetensorError) as error:
        raise broken(path, error) from error
    wanted = {"weight": (num_features, num), "steps": (1 + num, num)}
    found = {name: array.shape for name, array in arrays.items()}
    if found != wanted:
        raise broken(path, ValueError(f"shapes {found}, not {wanted}"))
    return arrays


def _listed(path: Path, labels: Sequence[str]) -> Surfaces:
    document = json_of(path)
    try:
        pairs = [(_path(line["words"]), line["label"]) for line in document["surfaces"]]
        is_cased = bool(document["is_cased"])
    except (KeyError, TypeError) as error:
        raise broken(path, error) from error
    if unknown := [label for _, label in pairs if label not in labels]:
        raise broken(path, ValueError(f"an unknown label {unknown[0]!r}"))
    return Surfaces.stored(pairs, is_cased=is_cased)


def _path(words: Any) -> tuple[str, ...]:
    if not isinstance(words, list) or not words or not all(isinstance(w, str) for w in words):
        raise TypeError("no list of words")
    return tuple(words)
