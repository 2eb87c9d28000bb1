"""Folders without weights: a prompt for a base model, examples whose answers are looked up, or phrases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sartor.core.candidate import Fitted
from sartor.core.conversation import Turn
from sartor.core.decoding import generation_keys
from sartor.core.prompt import Prompt
from sartor.core.tagging import word_pattern
from sartor.engines.packages.card import max_tokens_of, write_json
from sartor.engines.rendering import Renderer

LABEL_TOKENS = 32
"""Room for the name of a label, where a writer gives labels."""


def write_prompt_folder(fitted: Fitted, folder: Path) -> int:
    """`prompt.json`: all that is said to the base, which the package names and does not hold (`prompt`)."""
    assert fitted.base is not None
    facts = fitted.facts
    renderer = Renderer(fitted.base, max_tokens=max_tokens_of(fitted))
    pattern = prompt_of(facts["pattern"])
    document = {
        **said_of_prompt(fitted),
        "pattern": renderer.text(pattern),
        "adds_special_tokens": renderer.template is None or renderer.is_encoder_decoder,
        "control_texts": list(renderer.control_texts),
        "decoding": {
            **generation_keys(facts.get("decoding", {})),
            "max_new_tokens": int(facts["max_answer_tokens"]) or LABEL_TOKENS,
            "stop_ids": [renderer.stop_id],
            "stop_texts": list(pattern.stop_texts),
        },
    }
    write_json(document, folder / "prompt.json")
    return renderer.stop_id


def said_of_prompt(fitted: Fitted) -> dict[str, Any]:
    """What any prompt is made from, whoever is asked."""
    facts, settings = fitted.facts, fitted.facts["settings"]
    return {
        "instruction": facts["instruction"],
        "told": facts["told"],
        "format": settings["format"],
        "correction": settings.get("correction"),
        "picks": facts["picks"],
        "shots": settings.get("shots", 0),
        "examples": [{"input": text, "answer": answer} for text, answer in facts["examples"]],
        "passages": facts["passages"],
        "num_passages": settings.get("passages", 0),
        "looked_up_by": settings.get("looked_up_by"),
    }


def write_examples_folder(fitted: Fitted, folder: Path) -> int:
    """`examples.jsonl`, one input and its answer a line, and `index.json` (`nearest_answer`)."""
    lines = [
        json.dumps({"input": text, "answer": answer}, ensure_ascii=False) + "\n"
        for text, answer in fitted.facts["examples"]
    ]
    path = folder / "examples.jsonl"
    path.write_text("".join(lines), encoding="utf-8", errors="backslashreplace", newline="\n")
    write_json({"neighbours": int(fitted.facts["neighbours"])}, folder / "index.json")
    return 0


def write_phrases_folder(fitted: Fitted, folder: Path) -> int:
    """`phrases.jsonl`, a phrase, its translation and its cost a line, and `index.json` (`phrases`)."""
    lines = [json.dumps(phrase, ensure_ascii=False) + "\n" for phrase in fitted.facts["phrases"]]
    path = folder / "phrases.jsonl"
    path.write_text("".join(lines), encoding="utf-8", errors="backslashreplace", newline="\n")
    index = {"longest": int(fitted.facts["longest"]), "words": word_pattern().pattern}
    write_json(index, folder / "index.json")
    return 0


def prompt_of(stored: dict[str, Any]) -> Prompt:
    """`dataclasses.asdict` undone."""
    turns = tuple(
        Turn(t["role"], t["content"], tuple(t["tool_calls"]), t["name"]) for t in stored["turns"]
    )
    return Prompt(turns, stored["is_continued"], tuple(stored["stop_texts"]))
