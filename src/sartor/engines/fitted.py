"""From a tuned model to the value that packages are made of, by the names others use."""

from __future__ import annotations

from typing import Any

import numpy as np

from sartor.core.answer_schema import answer_schema
from sartor.core.candidate import Fitted, Job
from sartor.core.decoding import MAX_NEW_TOKENS, decoding_of
from sartor.core.tagging import tag_names
from sartor.engines.adapt import Adapted, NativeClassifier
from sartor.engines.probe import output_layer


def fitted_of(adapted: Adapted, job: Job, *, mean: float, scale: float) -> Fitted:
    """What was learned, as arrays by name.

    Args:
        adapted: The classifier, holding the weights to keep.
        job: What it was trained for.
        mean: Undoes the standardising of scores; 0 for labels.
        scale: Likewise; 1 for labels.

    Returns:
        `class_head` (names of AutoModelForSequenceClassification), `pooled_head` (`trunk.` and
        `weight_0`, `bias_0`) or `adapter` (PEFT's names).
    """
    learned, trains = _learned(adapted), adapted.trains
    is_native = isinstance(adapted.model, NativeClassifier)
    _undo_standard(learned, adapted, job, mean=mean, scale=scale)
    arrays = _native_names(learned) if is_native else _pooled_names(learned, trains)
    if trains == "lora":
        arrays = {_peft_name(name): array for name, array in arrays.items()}
    return Fitted(
        kind="adapter" if trains == "lora" else "class_head" if is_native else "pooled_head",
        base=job.base,
        labels=job.facts.labels,
        arrays=arrays,
        facts=_facts(adapted, job),
    )


def sentence_encoder_of(
    adapted: Adapted, job: Job, weight_CD: np.ndarray, bias_C: np.ndarray
) -> Fitted:
    """An encoder of unit vectors that learned, and the linear layer that reads labels off them.

    Returns:
        `pooled_head`: `trunk.` and the names of the trunk, `weight_0` and `bias_0`.
    """
    arrays = _pooled_names(_learned(adapted), adapted.trains)
    arrays |= {"weight_0": weight_CD.astype(np.float32), "bias_0": bias_C.astype(np.float32)}
    facts = _facts(adapted, job) | {"normalise": True}
    return Fitted("pooled_head", job.base, job.facts.labels, arrays, facts)


def writer_of(adapted: Adapted, job: Job) -> Fitted:
    """What a writer learned, by the names of transformers (`writer`) or PEFT (`writer_adapter`)."""
    arrays = {
        _peft_name(name) if adapted.trains == "lora" else name: array
        for name, array in _learned(adapted).items()
    }
    facts: dict[str, Any] = {
        "task": job.facts.task,
        "output_kind": str(job.facts.output_kind),
        "trained": adapted.trains,
        "max_tokens": job.facts.max_tokens,
        "max_answer_tokens": job.settings.get(MAX_NEW_TOKENS, job.facts.max_answer_tokens),
        "decoding": decoding_of(job.settings),
        "schema": answer_schema(job.facts),
    }
    if adapted.lora is not None:
        facts["lora_config"] = _lora_facts(adapted.lora) | {
            "task_type": str(adapted.lora.task_type)
        }
    kind = "writer" if adapted.lora is None else "writer_adapter"
    return Fitted(kind, job.base, job.facts.labels, arrays, facts)


def tagger_of(adapted: Adapted, job: Job) -> Fitted:
    """What a tagger learned.

    Args:
        adapted: The tagger, holding the weights to keep.
        job: What it was trained for.

    Returns:
        `tagger`: `weight_0` and `bias_0` of the output layer, one output a tag of `facts["tags"]`; besides,
        of the trunk what learned, as `trunk.` and its name or by PEFT's names.
    """
    arrays = _pooled_names(_learned(adapted), adapted.trains)
    if adapted.trains == "lora":
        arrays = {_peft_name(name): array for name, array in arrays.items()}
    facts: dict[str, Any] = {
        "task": job.facts.task,
        "output_kind": str(job.facts.output_kind),
        "tags": tag_names(job.facts.labels),
        "max_tokens": job.facts.max_tokens,
        "trained": adapted.trains,
    }
    if adapted.lora is not None:
        facts["lora_config"] = _lora_facts(adapted.lora)
    return Fitted("tagger", job.base, job.facts.labels, arrays, facts)


def _learned(adapted: Adapted) -> dict[str, np.ndarray]:
    """Trained tensors by their names in the classifier, a word table whole."""
    arrays = {
        name: weight.detach().cpu().numpy().copy()
        for name, weight in [*adapted.head.items(), *adapted.body.items()]
    }
    if adapted.learns_words:
        table = adapted.model.trunk.get_input_embeddings().weight
        name = next(n for n, p in adapted.model.named_parameters() if p is table)
        arrays[name] = table.detach().cpu().numpy().copy()
    return arrays


def _undo_standard(
    learned: dict[str, np.ndarray], adapted: Adapted, job: Job, *, mean: float, scale: float
) -> None:
    """Let the output layer give scores in the user's units."""
    layer = output_layer(adapted.model, job.facts.num_labels)
    for name, parameter in adapted.head.items():
        if parameter is layer.weight:
            learned[name] = learned[name] * np.float32(scale)
        if parameter is layer.bias:
            learned[name] = learned[name] * np.float32(scale) + np.float32(mean)


def _native_names(learned: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix("model."): array for name, array in learned.items()}


def _pooled_names(learned: dict[str, np.ndarray], trains: str) -> dict[str, np.ndarray]:
    """The trunk keeps its names; the output layer becomes `weight_0` and `bias_0`."""
    names = {"head.weight": "weight_0", "head.bias": "bias_0"}
    prefix = "" if trains == "lora" else "trunk."
    return {
        names.get(name, prefix + name.removeprefix("trunk.")): array
        for name, array in learned.items()
    }


def _peft_name(name: str) -> str:
    """The name under which PEFT saves it: no adapter name, `base_model.model.` in front."""
    if name in ("weight_0", "bias_0"):
        return name
    return "base_model.model." + name.replace(".lora_A.default.", ".lora_A.").replace(
        ".lora_B.default.", ".lora_B."
    )


def _facts(adapted: Adapted, job: Job) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "output_kind": str(job.facts.output_kind),
        "problem_type": getattr(adapted.model.config, "problem_type", None),
        "max_tokens": job.facts.max_tokens,
        "thresholds": None,
        "pooling": job.settings["pooling"],
        "trained": adapted.trains,
    }
    if job.settings["pooling"] != "native":
        facts |= {
            "normalise": False,
            "activation": "identity",
            "scale": 1.0,
            "output_labels": list(range(job.facts.num_labels)),
        }
    if adapted.lora is not None:
        facts["lora_config"] = _lora_facts(adapted.lora)
    return facts


def _lora_facts(lora: Any) -> dict[str, Any]:
    return {
        "r": lora.r,
        "lora_alpha": lora.lora_alpha,
        "lora_dropout": lora.lora_dropout,
        "target_modules": lora.target_modules,
        "fan_in_fan_out": lora.fan_in_fan_out,
    }
