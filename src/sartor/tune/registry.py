"""The methods by name, from the shallowest to the deepest change of a model."""

from __future__ import annotations

from sartor.core.protocols import Method
from sartor.core.registry import Registry

METHODS = Registry(
    "sartor.methods",
    {
        "majority": "sartor.tune.baseline:Majority",
        "tfidf": "sartor.tune.baseline:TfidfLinear",
        "gazetteer": "sartor.tune.gazetteer:Gazetteer",
        "crf": "sartor.tune.crf:Crf",
        "field_rules": "sartor.tune.field_rules:FieldRules",
        "nearest_answer": "sartor.tune.nearest_answer:NearestAnswer",
        "copy": "sartor.tune.phrases:Copy",
        "phrases": "sartor.tune.phrases:Phrases",
        "zero_shot": "sartor.tune.zero_shot:ZeroShot",
        "few_shot": "sartor.tune.few_shot:FewShot",
        "retrieval": "sartor.tune.retrieval:Retrieval",
        "head": "sartor.tune.head:LinearHead",
        "mlp_head": "sartor.tune.head:MlpHead",
        "token_head": "sartor.tune.token_head:TokenHead",
        "last_layers": "sartor.tune.last_layers:LastLayers",
        "lora": "sartor.tune.lora:Lora",
        "contrastive": "sartor.tune.contrastive:Contrastive",
        "full": "sartor.tune.full:Full",
    },
)

CLASS_HEADS = Registry(
    "sartor.class_heads",
    {
        "few_shot": "sartor.tune.class_head:FewShotVectors",
        "last_layers": "sartor.tune.class_head:LastLayersHead",
        "lora": "sartor.tune.class_head:LoraHead",
        "full": "sartor.tune.class_head:FullHead",
    },
)
"""The same methods where a decoder gets a new output layer; they compete beside the others."""


def load_methods(names: tuple[str, ...] = ()) -> list[Method]:
    """The named methods, or all, in the registry's order, in every form that they have."""
    wanted = [name for name in METHODS.names() if not names or name in names]
    headed = CLASS_HEADS.names()
    registries = [(name, registry) for name in wanted for registry in (METHODS, CLASS_HEADS)]
    return [r.load(name)() for name, r in registries if r is METHODS or name in headed]
