"""The JSON Schema of the records to extract: written out in `sartor.yaml`, or a file beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sartor.goal.problem import Problem, quoted
from sartor.goal.tree import HALF_CHARACTER, MAX_BYTES, Node, resolve

MAX_SCHEMA_DEPTH = 24
"""Deeper ones could not be stored in the goal of a run."""
EXAMPLE = "{type: object, properties: {name: {type: string}}}"


def read_record_schema(
    node: Node | None, *, folder: Path
) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The schema, and what is wrong with it.

    Args:
        node: What stands under `schema`.
        folder: Where the goal is; the name of a file is relative to it.
    """
    if node is None or node.is_broken or node.value is None or isinstance(node.value, list):
        return None, []
    if isinstance(node.value, dict):
        schema, problem = _resolved(node), ""
    else:
        schema, problem = _from_file(node.value.strip(), folder)
    problem = problem or _fault(schema)
    if problem:
        return None, [Problem(node.place, problem, f"Write for example `schema: {EXAMPLE}`.")]
    assert isinstance(schema, dict)
    return schema, []


def _resolved(node: Node) -> Any:
    """YAML as JSON means it: scalars without quotes are numbers, truth values or words."""
    if isinstance(node.value, dict):
        return {name: _resolved(child) for name, child in node.value.items()}
    if isinstance(node.value, list):
        return [_resolved(child) for child in node.value]
    return None if node.value is None else resolve(node.value)


def _from_file(name: str, folder: Path) -> tuple[Any, str]:
    """The document of a file, or why there is none."""
    try:
        with (folder / name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, f"{quoted(name)} cannot be read ({reason})."
    if len(content) > MAX_BYTES:
        return None, f"{quoted(name)} is larger than {MAX_BYTES // 1024} KiB."
    try:
        return json.loads(content), ""
    except (ValueError, RecursionError) as error:
        return None, f"{quoted(name)} is not JSON ({' '.join(str(error).split())})."


def _fault(schema: Any) -> str:
    """Why a document is no schema of records; empty where it is one."""
    if not isinstance(schema, dict):
        return "is no JSON Schema: it is not an object."
    if _depth(schema) > MAX_SCHEMA_DEPTH:
        return f"is nested more than {MAX_SCHEMA_DEPTH} deep."
    try:
        text = json.dumps(schema, allow_nan=False, ensure_ascii=False)
    except ValueError:
        return "holds a number that JSON does not know."
    if HALF_CHARACTER.search(text):
        return "holds half a character."
    if "$ref" in text and (address := _outside(schema)):
        return f"refers to {quoted(address)}, and nothing is fetched; only `#/...` is read."
    properties = schema.get("properties")
    if schema.get("type", "object") != "object" or not isinstance(properties, dict):
        return "describes no record: `type: object` with `properties` is wanted."
    if not properties:
        return "describes a record without fields: `properties` is empty."
    return _not_a_schema(schema)


def _depth(value: Any, *, at: int = 1) -> int:
    if at > MAX_SCHEMA_DEPTH or not isinstance(value, dict | list):
        return at
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(child, at=at + 1) for child in inner), default=at)


def _outside(value: Any) -> str:
    """A reference that leads out of the schema; empty where there is none."""
    if isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str) and not target.startswith("#"):
            return target
        value = list(value.values())
    if isinstance(value, list):
        return next((found for child in value if (found := _outside(child))), "")
    return ""


def _not_a_schema(schema: dict[str, Any]) -> str:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = "/".join(map(str, error.absolute_path)) or "the top"
        return f"is no JSON Schema: at {quoted(where)} {quoted(error.message)}."
    return ""
