"""Files that state what is known of models and licences: read, checked, every slip with its place.

The schema is that of the dataclasses; shipped files and those of users go through the same door.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from sartor.base.documents import CONFIGURATION_BYTES
from sartor.core.errors import BaseModelError, did_you_mean

T = TypeVar("T")
FORBIDDING = ConfigDict(extra="forbid")
"""Of dataclasses whose keys are all that a file may say."""
Whole = Annotated[int, Field(strict=True, gt=0)]
"""A whole number above 0."""
Truth = Annotated[bool, Field(strict=True)]
"""`true` or `false`, no other word."""
Month = Annotated[str, Field(pattern=r"^\d{4}(-(0[1-9]|1[0-2]))?$")]
"""A year, or a month of one."""
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}
"""Made once for all entries: to make one takes longer than to check a thousand."""
MAX_SHOWN = 60
"""Characters of an offending value that a message repeats."""
WANTED = {
    "int_type": "a whole number",
    "string_type": "a text; put it in quotes",
    "bool_type": "`true` or `false`",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "dataclass_type": "a mapping of its own keys",
    "greater_than": "above 0",
    "string_pattern_mismatch": 'a year or a month in quotes, such as "2025-04"',
}
"""Type of a pydantic error to what is wanted."""


def read_statements(path: Path) -> dict[str, Any]:
    """The document of a YAML file, a mapping.

    Raises:
        BaseModelError: It is too large, no YAML, says a key twice, or is no mapping.
    """
    import yaml

    num_bytes = path.stat().st_size
    if num_bytes > CONFIGURATION_BYTES:
        problem = f"has {num_bytes:,} bytes; at most {CONFIGURATION_BYTES:,} are read."
        raise BaseModelError(where=str(path), problem=problem, fix="Keep the entries you need.")
    try:
        document = yaml.load(path.read_bytes(), Loader=_loader())
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or f"{error}".split("\n")[0]
        raise BaseModelError(
            where=f"{path}:{mark.line + 1}" if mark else str(path),
            problem=f"cannot be read as YAML: {said}.",
            fix="Mend this line; a text with a colon in it stands in quotes.",
        ) from error
    if not isinstance(document, dict):
        problem = f"holds a {type(document).__name__}, not a mapping."
        raise BaseModelError(where=str(path), problem=problem, fix="Begin with `models:`.")
    return document


def checked(document: Any, schema: type[T], *, where: str) -> T:
    """A mapping as the dataclass that it should be.

    Args:
        document: What a file holds at a place.
        schema: The dataclass.
        where: The place.

    Raises:
        BaseModelError: With the place of the first slip, its value and what is wanted.
    """
    try:
        if schema not in _ADAPTERS:
            _ADAPTERS[schema] = TypeAdapter(schema)
        found: T = _ADAPTERS[schema].validate_python(document)
        return found
    except ValidationError as error:
        raise _slip(error, where, schema) from error


def _slip(error: ValidationError, where: str, schema: type) -> BaseModelError:
    first = error.errors()[0]
    names = [str(part) for part in first["loc"]]
    place, kind, value = " > ".join([where, *names]), first["type"], first["input"]
    if kind == "unexpected_keyword_argument":
        known = _keys_at(schema, names[:-1])
        return BaseModelError(
            where=place, problem="is no key that has a meaning.", fix=did_you_mean(names[-1], known)
        )
    if kind == "missing":
        return BaseModelError(where=place, problem="is missing.", fix="Add it.")
    wanted = WANTED.get(kind) or first["msg"].removeprefix("Input should be ").replace("'", "`")
    return BaseModelError(
        where=place, problem=f"`{_short(value)}` stands here.", fix=f"Write {wanted}."
    )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _keys_at(schema: type, names: list[str]) -> Iterator[str]:
    """Keys of the dataclass that stands at a place within another one."""
    from typing import get_args, get_type_hints

    for name in names:
        hint = get_type_hints(schema).get(name)
        parts = [part for part in (hint, *get_args(hint)) if hasattr(part, "__dataclass_fields__")]
        schema = parts[0] if parts else schema
    yield from schema.__dataclass_fields__  # type: ignore[attr-defined]


def _loader() -> Any:
    """YAML's safe loader, the quick one where it is there, that refuses a key said twice."""
    import yaml

    start = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(start):  # type: ignore[misc, valid-type]
        pass

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        pairs: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, str) or key in pairs:
                said = "is said twice" if key in pairs else "is no text"
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key}` {said}", key_node.start_mark
                )
            pairs[key] = loader.construct_object(value_node, deep=True)
        return pairs

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    return Loader
