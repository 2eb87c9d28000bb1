"""Folders without a language model that extract: JSON, and for a conditional random field its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.candidate import Fitted
from sartor.core.tagging import word_pattern
from sartor.engines.packages.card import write_json


def write_crf_folder(fitted: Fitted, folder: Path) -> int:
    """`weights.safetensors` (`weight` (A, T) by feature and tag, `steps` (1 + T, T)), `features.json` with
    the features' names, and the known wordings (`crf`)."""
    from safetensors.numpy import save_file

    arrays = {name: np.ascontiguousarray(fitted.arrays[name]) for name in ("weight", "steps")}
    save_file(arrays, folder / "weights.safetensors")
    names = fitted.arrays["features"].tobytes().decode("utf-8")
    write_json(names.split("\n") if names else [], folder / "features.json")
    return _write_list(fitted, folder, is_cased=False)


def write_gazetteer_folder(fitted: Fitted, folder: Path) -> int:
    """The known wordings (`gazetteer`)."""
    return _write_list(fitted, folder, is_cased=bool(fitted.facts["is_cased"]))


def write_rules_folder(fitted: Fitted, folder: Path) -> int:
    """`rules.json`: path and rule of each field (`field_rules`)."""
    rules = [{"path": list(path), "rule": dict(rule)} for path, rule in fitted.facts["rules"]]
    write_json(rules, folder / "rules.json")
    return 0


def _write_list(fitted: Fitted, folder: Path, *, is_cased: bool) -> int:
    """`surfaces.json`: words and label of each wording; and how words are made."""
    listed = [{"words": list(w), "label": label} for w, label in fitted.facts["surfaces"]]
    write_json({"is_cased": is_cased, "surfaces": listed}, folder / "surfaces.json")
    write_tagging(fitted, folder)
    return 0


def write_tagging(fitted: Fitted, folder: Path, **more: Any) -> None:
    """`tagging.json`: labels and words for people's programs. Sartor itself reads none of it."""
    document = {"labels": list(fitted.labels), "words": word_pattern().pattern, **more}
    write_json(document, folder / "tagging.json")
