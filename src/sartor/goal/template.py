"""The commented `sartor.yaml` that `sartor init` writes: what was found, and what may be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pydantic.fields import FieldInfo

from sartor.core.goal import TASK_KINDS, OutputKind
from sartor.core.metric import DEFAULT_METRIC, METRICS
from sartor.core.words import about
from sartor.goal.emit import comment, flow, scalar
from sartor.goal.shape import check_task
from sartor.goal.spec import ONLY_FOR, GoalSpec, Spec, subspec

LABELS_SHOWN = 3
"""Labels shown as a pattern for descriptions; a list of all would hide the rest of the file."""
ABOUT_AT = 42
"""Column at which the effect of a setting begins."""
EXAMPLE = "[example]"
"""Says that a value is no default."""
HEADER = "What good means. Behind each # stands a default, or an [example] where there is none."
WRITTEN = (
    *("task", "data", "columns", "format", "languages", "output_kind", "labels", "schema"),
    *("targets", "description"),
)
"""Settings that the upper part shows itself."""
DESCRIPTIONS = {
    "classify": "Which queue a support message belongs to.",
    "generate": "Answer a support message in our tone.",
    "chat": "Help customers with their orders; hand over what you do not know.",
    "translate": "Translate product texts; names of products stay as they are.",
    "extract": "Find the persons and places that a message names.",
}
"""Task to an example of how it may be described."""


def render_template(
    *,
    task: str,
    data: Sequence[str] | Mapping[str, Sequence[str]],
    columns: dict[str, str],
    output_kind: OutputKind | str | None,
    labels: Sequence[str],
    num_examples: int,
    is_counted: bool = True,
    notes: Sequence[str],
    data_format: str | None = None,
    languages: Mapping[str, str] | None = None,
    agents: Sequence[str] = (),
    documents: Sequence[str] = (),
    guidelines: str | None = None,
    intents: str | None = None,
) -> str:
    """A goal that loads as it is.

    Args:
        task: `classify`, `generate`, `chat`, `translate` or `extract`.
        data: Files, or files by split.
        columns: Role to the column that was recognised for it.
        output_kind: What the output column holds; None: nobody knows yet.
        labels: Labels found, most frequent first; three are shown.
        num_examples: Rows found.
        is_counted: Whether they were counted.
        notes: What was noticed about the data, a line each.
        data_format: How the rows are spelled, as recognised; None to classify.
        languages: To translate: `from` and `to`, as recognised; None: nobody knows.
        agents: Who answers in mail and chats, as given.
        documents: Files that answers may draw on, as found.
        guidelines: A file that says how answers should sound, as found.
        intents: A file with the names of the intents that the labels are.

    Raises:
        GoalError: The task is unknown.
    """
    check_task(task, where="--task")
    kind = OutputKind(output_kind) if output_kind else None
    recognised = {"columns": columns, "format": data_format, "languages": languages}
    beside = {
        "agents": list(agents),
        "documents": list(documents),
        "guidelines": guidelines,
        "prepare": {"intents": intents} if intents else None,
    }
    given = {name: value for name, value in beside.items() if value}
    lines = [
        *comment(HEADER),
        *comment(_found(about(num_examples, is_counted=is_counted), kind, labels)),
        *(line for note in notes for line in comment(note)),
        "",
        _line("", "task", scalar(task), _help("task")),
        _line("", "data", flow(data), _help("data")),
        *(_line("", name, flow(value), _help(name)) for name, value in given.items()),
        *_recognised(recognised, kind, task),
        "",
        *_goal_lines(kind, labels, task),
        "",
        *_optional_lines(task, shown=tuple(given)),
    ]
    return "\n".join(lines) + "\n"


def _found(num_examples: str, kind: OutputKind | None, labels: Sequence[str]) -> str:
    rows = f"Found {num_examples} examples"
    is_labelled = bool(labels) and kind is not OutputKind.SCORE
    return f"{rows} with {len(labels)} labels." if is_labelled else f"{rows}."


def _recognised(found: Mapping[str, Any], kind: OutputKind | None, task: str) -> Iterator[str]:
    for name, value in found.items():
        if value:
            yield _line("", name, flow(value), "Recognised; correct it where it is wrong.")
    if kind and len(TASK_KINDS[task]) > 1:
        yield _line("", "output_kind", str(kind), _help("output_kind"))


def _goal_lines(kind: OutputKind | None, labels: Sequence[str], task: str) -> Iterator[str]:
    """What only the user knows: the task in words, the marks, what the labels mean."""
    about = f"{EXAMPLE} {_help('description')}"
    yield _line("# ", "description", scalar(DESCRIPTIONS[task]), about)
    if target := _example_target(kind or _usual_kind(task)):
        yield _line("# ", "targets", target, f"{EXAMPLE} {_help('targets')}")
    if task == "extract" and kind is not OutputKind.SPANS:
        yield _line("# ", "schema", "record.schema.json", f"{EXAMPLE} {_help('schema')}")
    elif task in ONLY_FOR["labels"] and kind is not OutputKind.SCORE:
        yield _line("# ", "labels", "", _help("labels"))
        what = "a text with this label says" if task == "classify" else "is marked so"
        for label in islice(labels or ["refund"], LABELS_SHOWN):
            yield f"#   {scalar(label)}: what {what}"
        if len(labels) > LABELS_SHOWN:
            yield f"#   # ... and {len(labels) - LABELS_SHOWN} more"


def _usual_kind(task: str) -> OutputKind:
    return OutputKind.SINGLE if task == "classify" else min(TASK_KINDS[task])


def _example_target(kind: OutputKind) -> str:
    """A mark on the metric that picks the winner; empty where the kind has none."""
    name = DEFAULT_METRIC.get(kind)
    return flow({name: 0.9 if METRICS[name].is_share else 0.5}) if name else ""


def _optional_lines(task: str, *, shown: Sequence[str]) -> Iterator[str]:
    for name, field in GoalSpec.model_fields.items():
        if name in (*WRITTEN, *shown) or task not in ONLY_FOR.get(name, {task}):
            continue
        spec = subspec(name)
        if spec is None:
            yield _optional_line("# ", name, field)
        else:
            yield _line("# ", name, "", field.description or "")
            for child, child_field in spec.model_fields.items():
                yield _optional_line("#   ", child, child_field)


def _optional_line(prefix: str, name: str, field: FieldInfo) -> str:
    """A setting with its default, or with an example where nothing is set by default."""
    default = field.get_default(call_default_factory=True)
    if isinstance(default, Spec):
        default = default.model_dump()
    about = field.description or ""
    if default in (None, (), {}, ""):
        return _line(prefix, name, _example(field), f"{EXAMPLE} {about}")
    return _line(prefix, name, flow(default), about)


def _line(prefix: str, name: str, value: str, about: str) -> str:
    return f"{f'{prefix}{name}: {value}'.rstrip():<{ABOUT_AT}}  # {about}"


def _example(field: FieldInfo) -> str:
    return str((field.examples or [""])[0])


def _help(name: str) -> str:
    return GoalSpec.model_fields[name].description or ""
