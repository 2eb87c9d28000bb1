"""Writes a fitted candidate as a folder that loads without Sartor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sartor.core.candidate import Fitted
from sartor.engines.packages.card import PackageCard, manifest_of, write_json, write_manifest


def write_package(fitted: Fitted, folder: Path, *, card: PackageCard) -> None:
    """Fill an empty folder with the model, its ONNX form, its tokenizer and its model card.

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
    manifest = manifest_of(fitted, card, pad_id=pad_id)
    write_manifest(manifest, folder)
    write_json(_labels(fitted), folder / "labels.json")
    write_model_card(manifest, folder)


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
    from sartor.engines.packages.transformer_folder import (
        write_adapter_folder,
        write_transformer_folder,
    )

    return {"class_head": write_transformer_folder, "adapter": write_adapter_folder}[kind]


def _labels(fitted: Fitted) -> dict[str, list[str]]:
    """Name of each logit of the ONNX model, and of each output of the native one.

    They differ where several outputs stand for one label (its nearest example decides).
    """
    names = list(fitted.labels) or ["score"]
    outputs = fitted.facts.get("output_labels") or range(len(names))
    return {"labels": names, "output_labels": [names[label] for label in outputs]}
