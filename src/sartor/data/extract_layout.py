"""How rows to extract from are spelled: tagged tokens, texts with spans, or texts with records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sartor.core.errors import DataError
from sartor.core.goal import DataFormat, Goal, OutputKind
from sartor.data.columns import listed_columns, not_recognised, recognise, refuse_absent
from sartor.data.layout import Layout, Remark, question, unused, with_shared_roles
from sartor.data.output_kind import as_list
from sartor.data.row import RawRow
from sartor.data.span_items import has_place, is_span

TOKEN_NAMES = ("tokens", "words")
TAG_NAMES = ("tags", "ner_tags", "bio_tags", "iob_tags", "ner", "labels")
TEXT_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "input": (
        ("text", "input", "sentence", "message", "utterance", "prompt", "document", "texts"),
        ("body", "content", "question", "query", "description", "title", "article", "completion"),
    ),
}
"""Names of the column with the text, by tier as in `columns`."""
KINDS = {
    DataFormat.TAGS: OutputKind.SPANS,
    DataFormat.SPANS: OutputKind.SPANS,
    DataFormat.FIELDS: OutputKind.FIELDS,
}
KEYS = {
    DataFormat.TAGS: "`tokens` with a tag each",
    DataFormat.SPANS: "a list of spans, each with its label",
    DataFormat.FIELDS: "a record, as one object or as a column for each of its fields",
}
"""What a format is recognised by, in words."""


def extract_layout(
    rows: Sequence[RawRow], there: Sequence[str], goal: Goal, *, where: str
) -> Layout:
    """Format and columns of the rows to extract from.

    Raises:
        GoalError: Two formats fit.
        DataError: No column is recognised, or a named one is absent.
    """
    for role in ("input", "output"):
        if (name := getattr(goal.columns, role)) is not None:
            refuse_absent(name, role=role, there=there, where=where)
    output = _outputs(rows, there, goal)
    fitting = [form for form in output if _is_wanted(form, goal)]
    if len(fitting) > 1:
        first, second = fitting[:2]
        raise question(where, KEYS[first], KEYS[second], setting="format", words=fitting[:2])
    if not fitting:
        raise _no_answers(there, goal, where=where)
    return _layout(fitting[0], output[fitting[0]], rows, there, goal, where=where)


def _no_answers(there: Sequence[str], goal: Goal, *, where: str) -> DataError:
    what = {OutputKind.SPANS: "spans", OutputKind.FIELDS: "a record"}
    wanted = what.get(goal.output_kind or OutputKind.TEXT, "spans or a record")
    more = (
        "" if goal.output_kind is OutputKind.SPANS else ", or a `schema` whose fields are columns"
    )
    return DataError(
        where=where,
        problem=f"no column was recognised as {wanted}; the columns are {listed_columns(there)}.",
        fix=f"Add `columns: {{output: NAME}}`{more} to sartor.yaml.",
    )


def _is_wanted(form: DataFormat, goal: Goal) -> bool:
    if goal.format is not None:
        return form is goal.format
    return goal.output_kind in (None, KINDS[form])


def _outputs(
    rows: Sequence[RawRow], there: Sequence[str], goal: Goal
) -> dict[DataFormat, list[str]]:
    """Every format that fits, with the columns that may hold its answers."""
    names = [goal.columns.output] if goal.columns.output else list(there)
    spans = [name for name in names if _mostly(rows, name, _is_span_list)]
    placed = [name for name in spans if _mostly(rows, name, _are_placed)]
    records = [name for name in names if _mostly(rows, name, _is_record)]
    tags = [name for name in names if _mostly(rows, name, _is_word_list)]
    tags = [name for name in tags if goal.columns.output or name in TAG_NAMES]
    found: dict[DataFormat, list[str]] = {}
    if tags and any(name in there for name in TOKEN_NAMES):
        found[DataFormat.TAGS] = tags
    if placed:
        found[DataFormat.SPANS] = placed
    if records:
        found[DataFormat.FIELDS] = records
    elif goal.schema and set(goal.schema["properties"]) & set(there) and not goal.columns.output:
        found[DataFormat.FIELDS] = []
    if spans and (not found or goal.format is DataFormat.SPANS):
        found[DataFormat.SPANS] = spans
    return found


def _layout(
    form: DataFormat,
    outputs: list[str],
    rows: Sequence[RawRow],
    there: Sequence[str],
    goal: Goal,
    *,
    where: str,
) -> Layout:
    if len(outputs) > 1:
        one, other = outputs[:2]
        readings = f"`{one}`", f"`{other}`"
        raise question(
            where, *readings, setting="columns", words=[f"{{output: {n}}}" for n in outputs[:2]]
        )
    fields = _field_columns(there, goal) if not outputs else ()
    columns = {"output": outputs[0]} if outputs else {}
    if form is DataFormat.TAGS:
        columns["tokens"] = next(name for name in TOKEN_NAMES if name in there)
        text = goal.columns.input or ("text" if "text" in there else None)
        if text is not None and text != columns["tokens"]:
            columns["input"] = text
    else:
        free = [name for name in there if name not in (*columns.values(), *fields)]
        text = goal.columns.input or recognise("input", free, where=where, known=TEXT_NAMES)
        if text is None:
            raise not_recognised("input", there=there, where=where)
        columns["input"] = text
    origins = {
        role: "given" if getattr(goal.columns, role, None) == name else "recognised"
        for role, name in columns.items()
    }
    columns, remarks = with_shared_roles(columns, origins, rows, there, goal, where=where)
    if fields:
        note = f"The fields of the record are read from {', '.join(f'`{n}`' for n in fields)}."
        remarks += (Remark("columns of the record", note),)
    return Layout(
        kind=KINDS[form],
        format=form,
        columns=columns,
        origins=origins,
        note="The goal names the format."
        if goal.format
        else f"Recognised as `{form}` by {KEYS[form]}.",
        is_given=goal.format is not None,
        remarks=remarks + unused([name for name in there if name not in fields], columns),
        field_columns=fields,
    )


def _field_columns(there: Sequence[str], goal: Goal) -> tuple[str, ...]:
    assert goal.schema is not None
    return tuple(name for name in goal.schema["properties"] if name in there)


def _mostly(rows: Sequence[RawRow], name: str | None, is_one: Any) -> bool:
    """Whether most filled cells are of a shape; one that is always empty is of none."""
    filled = [v for row in rows if (v := row.fields.get(name)) not in (None, "", [], "[]")]  # type: ignore[arg-type]
    return bool(filled) and 2 * sum(map(is_one, filled)) > len(filled)


def _is_span_list(value: Any) -> bool:
    listed = as_list(value)
    return bool(listed) and all(map(is_span, listed or ()))


def _are_placed(value: Any) -> bool:
    return all(map(has_place, as_list(value) or ()))


def _is_word_list(value: Any) -> bool:
    listed = as_list(value)
    return bool(listed) and all(isinstance(item, str | int) for item in listed or ())


def _is_record(value: Any) -> bool:
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        import json

        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return False
    return isinstance(value, Mapping)
