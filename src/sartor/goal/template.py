"""The commented `sartor.yaml` that `sartor init` writes: what was found, and what may be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from pydantic.fields import FieldInfo

from sartor.core.goal import OutputKind
from sartor.core.metric import DEFAULT_METRIC, METRICS
from sartor.goal.emit import comment, flow, scalar
from sartor.goal.shape import check_task
from sartor.goal.spec import GoalSpec, subspec

LABELS_SHOWN = 3
"""Labels shown as a pattern for descriptions; a list of all would hide the rest of the file."""
ABOUT_AT = 42
"""Column at which the effect of a setting begins."""
EXAMPLE = "[example]"
"""Says that a value is no default."""
HEADER = "What good means. Behind each # stands a default, or an [example] where there is none."
WRITTEN = ("task", "data", "columns", "output_kind", "labels", "targets", "description")
"""Settings that the upper part shows itself."""


def render_template(
    *,
    task: str,
    data: Sequence[str] | Mapping[str, Sequence[str]],
    columns: dict[str, str],
    output_kind: OutputKind | str | None,
    labels: Sequence[str],
    num_examples: int,
    notes: Sequence[str],
) -> str:
    """A goal that loads as it is.

    Args:
        task: `classify`.
        data: Files, or files by split.
        columns: Role to the column that was recognised for it.
        output_kind: `single`, `multi` or `score`; None: nobody knows yet.
        labels: Labels found, most frequent first; three are shown.
        num_examples: Rows found.
        notes: What was noticed about the data, a line each.

    Raises:
        GoalError: The task is unknown or not built yet.
    """
    check_task(task, where="--task")
    kind = OutputKind(output_kind) if output_kind else None
    lines = [
        *comment(HEADER),
        *comment(_found(num_examples, kind, labels)),
        *(line for note in notes for line in comment(note)),
        "",
        _line("", "task", scalar(task), _help("task")),
        _line("", "data", flow(data), _help("data")),
        *_recognised(columns, kind),
        "",
        *_goal_lines(kind, labels),
        "",
        *_optional_lines(),
    ]
    return "\n".join(lines) + "\n"


def _found(num_examples: int, kind: OutputKind | None, labels: Sequence[str]) -> str:
    rows = f"Found {num_examples:,} examples"
    is_labelled = bool(labels) and kind is not OutputKind.SCORE
    return f"{rows} with {len(labels)} labels." if is_labelled else f"{rows}."


def _recognised(columns: Mapping[str, str], kind: OutputKind | None) -> Iterator[str]:
    if columns:
        yield _line("", "columns", flow(columns), "Recognised; correct it where it is wrong.")
    if kind:
        yield _line("", "output_kind", str(kind), _help("output_kind"))


def _goal_lines(kind: OutputKind | None, labels: Sequence[str]) -> Iterator[str]:
    """What only the user knows: the task in words, the marks, what the labels mean."""
    about = f"{EXAMPLE} {_help('description')}"
    yield _line("# ", "description", _example(GoalSpec.model_fields["description"]), about)
    yield _line("# ", "targets", _example_target(kind), f"{EXAMPLE} {_help('targets')}")
    if kind is not OutputKind.SCORE:
        yield _line("# ", "labels", "", _help("labels"))
        for label in islice(labels or ["refund"], LABELS_SHOWN):
            yield f"#   {scalar(label)}: what a text with this label says"
        if len(labels) > LABELS_SHOWN:
            yield f"#   # ... and {len(labels) - LABELS_SHOWN} more"


def _example_target(kind: OutputKind | None) -> str:
    name = DEFAULT_METRIC[kind or OutputKind.SINGLE]
    return flow({name: 0.9 if METRICS[name].is_share else 0.5})


def _optional_lines() -> Iterator[str]:
    for name, field in GoalSpec.model_fields.items():
        if name in WRITTEN:
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
