"""From a tuned classifier to the value that packages are made of, by the names others use."""

from __future__ import annotations

from typing import Any

import numpy as np

from sartor.core.candidate import Fitted, Job
from sartor.core.tagging import tag_names
from sartor.engines.adapt import Adapted, NativeClassifier
from sartor.engines.probe import output_layer


def fitted_of(adapted: Adapted, job: Job, *, trains: str, mean: float, scale: float) -> Fitted:
    """What was learned, as arrays by name.

    Args:
        adapted: The classifier, holding the weights to keep.
        job: What it was trained for.
        trains: `last_layers`, `lora` or `all`.
        mean: Undoes the standardising of scores; 0 for labels.
        scale: Likewise; 1 for labels.

    Returns:
        `class_head` (names of AutoModelForSequenceClassification), `pooled_head` (`trunk.` and
        `weight_0`, `bias_0`) or `adapter` (PEFT's names).
    """
    learned = _learned(adapted)
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
        facts=_facts(adapted, job, trains),
    )


def tagger_of(adapted: Adapted, job: Job, *, trains: str) -> Fitted:
    """What a tagger learned.

    Args:
        adapted: The tagger, holding the weights to keep.
        job: What it was trained for.
        trains: `head`, `last_layers`, `lora` or `all`.

    Returns:
        `tagger`: `weight_0` and `bias_0` of the output layer, one output a tag of `facts["tags"]`; besides,
        of the trunk what learned, as `trunk.` and its name or by PEFT's names.
    """
    arrays = _pooled_names(_learned(adapted), trains)
    if trains == "lora":
        arrays = {_peft_name(name): array for name, array in arrays.items()}
    facts: dict[str, Any] = {
        "task": job.facts.task,
        "output_kind": str(job.facts.output_kind),
        "tags": tag_names(job.facts.labels),
        "max_tokens": job.facts.max_tokens,
        "trained": trains,
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


def _facts(adapted: Adapted, job: Job, trains: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "output_kind": str(job.facts.output_kind),
        "problem_type": getattr(adapted.model.config, "problem_type", None),
        "max_tokens": job.facts.max_tokens,
        "thresholds": None,
        "pooling": job.settings["pooling"],
        "trained": trains,
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
