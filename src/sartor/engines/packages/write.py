"""Writes a fitted candidate as a folder that loads without Sartor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sartor.core.candidate import Fitted
from sartor.engines.packages.card import (
    API_PROMPT,
    RULE_KINDS,
    TAGGER,
    WRITTEN_KINDS,
    PackageCard,
    manifest_of,
    max_tokens_of,
    write_json,
    write_manifest,
)


def write_package(fitted: Fitted, folder: Path, *, card: PackageCard) -> None:
    """Fill an empty folder with the model, its ONNX form or its prompt, its tokenizer and its model card.

    safetensors, ONNX and JSON only. The same `fitted` and `card` give the same files.

    Args:
        fitted: What was learned.
        folder: A staging folder; the store renames it into place once it is whole.
        card: What the decision knows of it.

    Raises:
        PackageError: The learned tensors do not fit the base model, or leave some of it random.
    """
    from sartor.engines.packages.model_card import write_model_card

    pad_id = _writer(fitted.kind)(fitted, folder)
    manifest = manifest_of(fitted, card, pad_id=pad_id, stop_ids=_stop_ids(fitted))
    write_manifest(manifest, folder)
    if manifest.scores_labels or (manifest.is_written and manifest.labels):
        write_json(_labels(fitted), folder / "labels.json")
    write_model_card(manifest, folder)


def _stop_ids(fitted: Fitted) -> tuple[int, ...]:
    """Tokens that end an answer; none where no model writes one."""
    if fitted.kind not in WRITTEN_KINDS - {API_PROMPT} or fitted.base is None:
        return ()
    from sartor.engines.rendering import Renderer

    return (Renderer(fitted.base, max_tokens=max_tokens_of(fitted)).stop_id,)


def _writer(kind: str) -> Callable[[Fitted, Path], int]:
    """The function that writes one kind of folder; it returns the id that pads a batch.

    Imported on use: the baseline's folder needs no torch.
    """
    if kind == "tfidf":
        from sartor.engines.packages.tfidf_folder import write_tfidf_folder

        return write_tfidf_folder
    if kind == "pooled_head":
        from sartor.engines.packages.sentence_folder import write_sentence_folder

        return write_sentence_folder
    if kind in WRITTEN_KINDS:
        return _writer_of_texts(kind)
    if kind in RULE_KINDS:
        return _writer_of_rules(kind)
    if kind == TAGGER:
        from sartor.engines.packages.tagger_folder import write_tagger_folder

        return write_tagger_folder
    from sartor.engines.packages.transformer_folder import (
        write_adapter_folder,
        write_transformer_folder,
    )

    return {"class_head": write_transformer_folder, "adapter": write_adapter_folder}[kind]


def _writer_of_texts(kind: str) -> Callable[[Fitted, Path], int]:
    if kind == API_PROMPT:
        from sartor.engines.packages.api_folder import write_api_folder

        return write_api_folder
    from sartor.engines.packages import prompt_folder

    if kind == "nearest_answer":
        return prompt_folder.write_examples_folder
    if kind == "phrases":
        return prompt_folder.write_phrases_folder
    if kind == "prompt":
        return prompt_folder.write_prompt_folder
    from sartor.engines.packages.writer_folder import (
        write_writer_adapter_folder,
        write_writer_folder,
    )

    return {"writer": write_writer_folder, "writer_adapter": write_writer_adapter_folder}[kind]


def _writer_of_rules(kind: str) -> Callable[[Fitted, Path], int]:
    from sartor.engines.packages.rules_folder import (
        write_crf_folder,
        write_gazetteer_folder,
        write_rules_folder,
    )

    return {
        "crf": write_crf_folder,
        "gazetteer": write_gazetteer_folder,
        "field_rules": write_rules_folder,
    }[kind]


def _labels(fitted: Fitted) -> dict[str, list[str]]:
    """Name of each logit of the ONNX model, and of each output of the native one.

    They differ where several outputs stand for one label (its nearest example decides).
    """
    names = list(fitted.labels) or ["score"]
    outputs = fitted.facts.get("output_labels") or range(len(names))
    return {"labels": names, "output_labels": [names[label] for label in outputs]}
