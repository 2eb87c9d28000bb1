"""What an extracted answer may look like as JSON: a schema under which every answer ends.

Strings, lists and numbers are bounded, and fields that nobody named are refused: a writer held to it
cannot run on. Keys stand in the order of their names, as in the answers that are learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.hashing import canonical_json

LONGEST_STRING = 400
"""Characters of a value for which the schema names no bound."""
LONGEST_PASSAGE = 200
"""Characters of a marked passage."""
MOST_ITEMS = 50
"""Items of a list for which the schema names no bound."""
LARGEST_NUMBER = 10**15
"""Either way, where the schema names no bound: beyond it floating-point numbers are not exact."""
_KEPT = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "boolean": (),
    "null": (),
}
_SCALARS = ("string", "number", "boolean", "null")


def answer_schema(facts: TaskFacts) -> dict[str, Any] | None:
    """The JSON Schema of a task's answers; None where they are free text or no text."""
    if facts.output_kind is OutputKind.SPANS:
        passage = {"type": "string", "minLength": 1, "maxLength": LONGEST_PASSAGE}
        passages = {"type": "array", "items": passage, "minItems": 1, "maxItems": MOST_ITEMS}
        return _closed(dict.fromkeys(sorted(facts.labels), passages), ())
    if facts.output_kind is OutputKind.FIELDS:
        return bounded(facts.schema or {"type": "object"})
    return None


def described(facts: TaskFacts) -> str:
    """What a model that is not trained is told about the form of its answer; empty for free text."""
    if facts.output_kind is OutputKind.SPANS:
        named = [
            canonical_json(label)
            + (f" ({about})" if (about := facts.descriptions.get(label)) else "")
            for label in sorted(facts.labels)
        ]
        return (
            f"Answer with one JSON object. Its keys are those of {', '.join(named)} that occur; each "
            "holds the list of its passages, copied word for word from the text, in their order. "
            "Answer {} where there are none."
        )
    if facts.output_kind is OutputKind.FIELDS:
        schema = canonical_json(facts.schema or {"type": "object"})
        return f"Answer with one JSON object that keeps this JSON Schema: {schema}"
    return ""


def bounded(schema: Any) -> dict[str, Any]:
    """A schema that allows no more than the given one and ends everything that it begins.

    Kept are types, fields, lists, choices, references and bounds. What is only a remark goes, and so do rules
    that look at several fields at once.
    """
    if not isinstance(schema, Mapping):
        return _any_of([{"type": name} for name in _SCALARS])
    found = _of_node(schema)
    for place in ("$defs", "definitions"):
        if isinstance(schema.get(place), Mapping):
            found[place] = {name: bounded(inner) for name, inner in schema[place].items()}
    return found


def without_patterns(schema: Any) -> Any:
    """The schema without what prescribes the letters of a string."""
    if isinstance(schema, list):
        return [without_patterns(inner) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    is_string = schema.get("type") == "string"
    dropped = ("pattern", "format") if is_string else ()
    found = {n: without_patterns(inner) for n, inner in schema.items() if n not in dropped}
    return {**found, "maxLength": schema.get("maxLength", LONGEST_STRING)} if is_string else found


def required_only(schema: Any) -> Any:
    """The schema of its shortest records: no field or item that may be left out."""
    if isinstance(schema, list):
        return [required_only(inner) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {
        name: inner if name == "enum" else required_only(inner) for name, inner in schema.items()
    }
    if isinstance(schema.get("properties"), Mapping) and schema.get("type") == "object":
        wanted = schema.get("required", ())
        found["properties"] = {
            n: required_only(p) for n, p in schema["properties"].items() if n in wanted
        }
    if schema.get("type") == "array":
        found["maxItems"] = schema.get("minItems", 0)
    return found


def _of_node(schema: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    for name in ("const", "enum"):
        if name in schema:
            return {"enum": [schema["const"]] if name == "const" else list(schema["enum"])}
    for name in ("anyOf", "oneOf"):
        if isinstance(schema.get(name), list):
            return _any_of(schema[name])
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return _any_of([{**schema, "type": kind} for kind in kinds])
    if kinds == "object" or "properties" in schema:
        return _of_object(schema)
    if kinds == "array" or "items" in schema:
        return _of_list(schema)
    if kinds not in _KEPT:
        return _any_of([{"type": name} for name in _SCALARS])
    return _of_scalar(schema, str(kinds))


def _any_of(schemas: Sequence[Any]) -> dict[str, Any]:
    return {"anyOf": [bounded(inner) for inner in schemas]}


def _of_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        of_values = schema.get("additionalProperties")
        return {"type": "object", "additionalProperties": bounded(of_values)}
    inner = {name: bounded(properties[name]) for name in sorted(properties)}
    return _closed(inner, [name for name in schema.get("required", ()) if name in inner])


def _closed(properties: dict[str, Any], required: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(required),
        "additionalProperties": False,
    }


def _of_list(schema: Mapping[str, Any]) -> dict[str, Any]:
    least = schema.get("minItems", 0)
    return {
        "type": "array",
        "items": bounded(schema.get("items")),
        "minItems": least,
        "maxItems": schema.get("maxItems", max(MOST_ITEMS, least)),
    }


def _of_scalar(schema: Mapping[str, Any], kind: str) -> dict[str, Any]:
    found = {name: schema[name] for name in _KEPT[kind] if name in schema}
    if kind == "string" and not {"pattern", "format"} & set(found):
        found.setdefault("maxLength", max(LONGEST_STRING, found.get("minLength", 0)))
    if kind in ("number", "integer"):
        if not {"minimum", "exclusiveMinimum"} & set(found):
            found["minimum"] = -LARGEST_NUMBER
        if not {"maximum", "exclusiveMaximum"} & set(found):
            found["maximum"] = LARGEST_NUMBER
    return {"type": kind, **found}
