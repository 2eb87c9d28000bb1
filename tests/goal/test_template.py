"""The file that `sartor init` writes, and the schema for editors."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sartor.core.errors import GoalError
from sartor.core.goal import CLASSIFIED, TASK_KINDS, Columns, Goal, OutputKind
from sartor.core.metric import METRICS
from sartor.goal import check_task, goal_schema, load_goal, render_template
from sartor.goal.spec import ONLY_FOR, GoalSpec, subspec

METHODS = ("head", "lora", "full")


@pytest.fixture(autouse=True)
def _hub_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def loaded(text: str, folder: Path) -> Goal:
    path = folder / "sartor.yaml"
    path.write_text(text, encoding="utf-8")
    return load_goal(path, methods=METHODS)


def template(**changed: Any) -> str:
    found: dict[str, Any] = {
        "task": "classify",
        "data": ["messages.csv"],
        "columns": {"input": "body", "output": "queue"},
        "output_kind": OutputKind.SINGLE,
        "labels": ["refund", "late", "praise", "other"],
        "num_examples": 1523,
        "notes": ["12 rows are exact duplicates."],
    }
    return render_template(**{**found, **changed})


def uncommented(text: str) -> str:
    """Every setting of the template switched on; prose stays a comment."""
    return "\n".join(
        re.sub(r"^# ((  )?\S+: |(  )?[a-z_]+:$|\s+# )", r"\1", line) for line in text.splitlines()
    )


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"output_kind": None, "columns": {}, "labels": []},
        {"output_kind": "score", "labels": []},
        {"output_kind": "multi", "data": {"train": ["a.csv"], "test": ["b c.csv"]}},
        {
            "data": [
                "no",
                "a: b # c.csv",
                "ünï/코.csv",
                "x, y].csv",
                "'q\".csv",
                "1e3",
                "tab\there"[:3],
            ]
        },
        {"columns": {"input": "on", "output": "Label: final # 2"}},
        {"labels": ["yes", "a: b", "line\nbreak", "# c", "\x07", "- d", "\u2028"]},
        {"notes": ["two\nlines", "a bell \x07 and \ud800 half", "colon: and [brackets"]},
    ],
)
def test_the_template_loads_without_change(changed: dict[str, Any], tmp_path: Path):
    goal = loaded(template(**changed), tmp_path)
    data = changed.get("data", ["messages.csv"])
    files = data if isinstance(data, dict) else {"all": data}
    columns = changed.get("columns", {"input": "body", "output": "queue"})
    assert goal.data == {split: tuple(paths) for split, paths in files.items()}
    assert goal.columns == Columns(**columns)
    assert goal.output_kind == changed.get("output_kind", "single")


def test_what_is_commented_out_is_the_default(tmp_path: Path):
    plain = Goal(task="classify", data={"all": ("messages.csv",)})
    text = template(columns={}, output_kind=None)
    assert replace(loaded(text, tmp_path), origins={}) == plain


@pytest.mark.parametrize("kind", sorted(CLASSIFIED))
def test_the_template_loads_with_every_setting_switched_on(kind: OutputKind, tmp_path: Path):
    text = uncommented(template(output_kind=kind))
    if kind is OutputKind.SCORE:
        text = text.replace("label: out_of_scope", "label: null")
    goal = loaded(text, tmp_path)
    given = {name for name, origin in goal.origins.items() if origin == "given"}
    assert {"budget.hours", "constraints.offline", "settings.lora.learning_rate"} <= given
    assert len(goal.targets) == 1
    if kind is not OutputKind.SCORE:
        assert list(goal.labels) == ["refund", "late", "praise"]


@pytest.mark.parametrize("task", sorted(TASK_KINDS))
def test_the_template_shows_every_setting_that_the_task_has(task: str):
    text = template(task=task, output_kind=None)
    text += template(task=task, data_format="pairs", languages={"from": "a", "to": "b"})
    for name in GoalSpec.model_fields:
        if task not in ONLY_FOR.get(name, {task}):
            assert not re.search(rf"^# {name}: ?", text, re.MULTILINE), name
            continue
        if name in ("output_kind", "labels", "schema", "targets") and task != "classify":
            continue  # shown where the kind is known and open; see the next test
        assert re.search(rf"^(# )?{name}: ?", text, re.MULTILINE), name
        spec = subspec(name)
        if spec and name not in ("data", "columns"):
            for child, field in spec.model_fields.items():
                is_shown = task in ONLY_FOR.get(f"{name}.{child}", {task})
                line = rf"^#   {child}: .*{re.escape(field.description)}$"
                assert bool(re.search(line, text, re.MULTILINE)) == is_shown


def test_the_template_stays_a_page():
    lines = template(labels=[f"label {i}" for i in range(150)]).splitlines()
    assert len(lines) < 55
    assert max(map(len, lines)) < 160


WRITTEN = {
    "generate": ("text", "alpaca", {}),
    "chat": ("text", "chat", {}),
    "translate": ("text", "pairs", {"languages": {"from": "English", "to": "no"}}),
    "extract": ("spans", "tags", {}),
}


@pytest.mark.parametrize("task", sorted(WRITTEN))
def test_the_template_of_a_written_task_loads_as_it_is_and_switched_on(task, tmp_path: Path):
    kind, form, more = WRITTEN[task]
    text = template(task=task, output_kind=kind, data_format=form, **more)
    goal = loaded(text, tmp_path)
    assert (goal.task, goal.output_kind, goal.format) == (task, kind, form)
    assert goal.languages == more.get("languages", {})
    switched_on = loaded(uncommented(text), tmp_path)
    assert switched_on.description
    assert bool(switched_on.labels) == (task == "extract")


def test_a_record_to_extract_is_shown_with_a_schema():
    text = template(task="extract", output_kind="fields", data_format="fields", labels=[])
    assert re.search(r"^# schema: record.schema.json ", text, re.MULTILINE)
    assert "labels:" not in text


def test_an_unknown_task_is_refused_where_it_was_asked():
    with pytest.raises(GoalError, match=r"--task: `clasify` .* Did you mean `classify`"):
        check_task("clasify", where="--task")
    for task in TASK_KINDS:
        check_task(task, where="--task")


def test_the_schema_describes_every_setting():
    schema = goal_schema()
    assert schema["required"] == ["task", "data"]
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == list(GoalSpec.model_fields)
    for name, setting in schema["properties"].items():
        assert setting["description"] == GoalSpec.model_fields[name].description, name
    assert set(schema["properties"]["targets"]["properties"]) == {
        name for name, metric in METRICS.items() if metric.picks
    }


def test_the_schema_takes_the_short_forms_of_the_reader():
    schema = goal_schema()
    data = schema["properties"]["data"]["anyOf"]
    assert {"type": "string", "minLength": 1} in data
    assert {part.get("type") for part in schema["properties"]["labels"]["anyOf"]} == {
        "object",
        "array",
    }
    hours = schema["$defs"]["BudgetSpec"]["properties"]["hours"]["anyOf"]
    assert re.search(hours[1]["pattern"], "1h30m")
    assert not re.search(hours[1]["pattern"], "soon")


def test_every_setting_says_what_it_does():
    specs = [GoalSpec, *filter(None, map(subspec, GoalSpec.model_fields))]
    for spec in specs:
        for name, field in spec.model_fields.items():
            assert field.description, f"{spec.__name__}.{name}"
            assert field.description.endswith("."), f"{spec.__name__}.{name}"
            assert field.examples, f"{spec.__name__}.{name}"
