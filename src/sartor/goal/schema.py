"""JSON Schema of `sartor.yaml`, for editors: completion, and help under the cursor."""

from __future__ import annotations

from typing import Any

from sartor.core.metric import METRICS
from sartor.goal.spec import GoalSpec

DURATION = r"^\s*([0-9.]+\s*h)?\s*([0-9.]+\s*m(in)?)?\s*$"
TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}}


def goal_schema() -> dict[str, Any]:
    """The schema (draft 2020-12): the spec, and the shorthands that the reader takes."""
    schema = GoalSpec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "sartor.yaml"
    _drop_file_examples(schema)
    settings = schema["properties"]
    for name, field in GoalSpec.model_fields.items():
        settings[name]["description"] = field.description
    settings["labels"]["additionalProperties"] = {"type": ["string", "null"]}
    settings["labels"].pop("patternProperties", None)
    _also(settings["data"], {"type": "string", "minLength": 1}, {**TEXTS, "minItems": 1})
    _also(settings["labels"], {**TEXTS, "uniqueItems": True})
    for name in ("agents", "bases", "methods"):
        _also(settings[name], {"type": "string", "minLength": 1})
    _also(
        schema["$defs"]["BudgetSpec"]["properties"]["hours"],
        {"type": "string", "pattern": DURATION},
    )
    _also(settings["schema"], {"type": "string", "minLength": 1}, {"type": "object"})
    settings["schema"]["anyOf"].pop(0)  # the spec says anything
    settings["languages"].update({"minProperties": 2, "maxProperties": 2})
    settings["targets"] = _targets(settings["targets"])
    return schema


def _also(setting: dict[str, Any], *shapes: dict[str, Any]) -> None:
    """Let a setting have other shapes too; its help stays outside of them."""
    own = {key: setting.pop(key) for key in list(setting) if key not in ("description", "default")}
    setting["anyOf"] = [own, *shapes]


def _targets(setting: dict[str, Any]) -> dict[str, Any]:
    mark = {"anyOf": [{"type": "number"}, {"$ref": "#/$defs/TargetSpec"}]}
    metrics = {
        name: {**mark, "description": metric.doc}
        for name, metric in METRICS.items()
        if metric.picks
    }
    return {
        "type": "object",
        "description": setting["description"],
        "properties": metrics,
        "additionalProperties": False,
    }


def _drop_file_examples(part: Any) -> None:
    """The spec's examples are pieces of YAML, which an editor would take for texts."""
    if isinstance(part, dict):
        if isinstance(part.get("examples"), list):
            del part["examples"]
        for child in part.values():
            _drop_file_examples(child)
