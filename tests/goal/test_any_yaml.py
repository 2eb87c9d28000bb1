"""Whatever the file holds, the answer is a goal or a message for the user."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sartor.core.errors import GoalError
from sartor.core.goal import Goal
from sartor.core.metric import METRICS
from sartor.goal import goal_schema, load_goal, render_template, resolved_yaml
from sartor.goal.problem import MAX_LISTED
from sartor.goal.spec import GoalSpec, subspec

METHODS = ("head", "lora")
SETTINGS = {
    name: list(spec.model_fields) if (spec := subspec(name)) else []
    for name in GoalSpec.model_fields
}
WORDS = [
    *SETTINGS,
    *(child for children in SETTINGS.values() for child in children),
    *METRICS,
    *METHODS,
    *("classify", "single", "multi", "score", "at_least", "at_most", "a.csv", "b.csv", "http://x"),
    *("no", "on", "~", "null", "1e-3", "1__", "0.5", "5", "90m", "1h30m", "..h", "1e999", ".inf"),
    *("010", "0x1F", "1:30", "2024-01-01", "<<", "=", "", " ", "*a", "&a", "!x", "9" * 5000),
]
scalars = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), inner, max_size=3),
    ),
    max_leaves=8,
)
files = st.lists(
    st.sampled_from(["a.csv", "b.csv", "c d.csv", "no"]), min_size=1, max_size=2, unique=True
)
goals = st.fixed_dictionaries(
    {"task": st.just("classify"), "data": files},
    optional={name: values for name in SETTINGS if name not in ("task", "data")},
)
SIGNS = [": ", "- ", "? ", "\n  ", "&a", "*a", "!!int ", "<<", "---", "...", "%YAML 1.1", "\\ud800"]
pieces = st.sampled_from(["task", "data", *SIGNS, *"[]{},:'\"|>#\t\n\x00é\ufeff"])
quick = settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(content: bytes, *, overrides: tuple[str, ...] = ()) -> Goal | None:
    """The goal, or None where it was refused as it should be."""
    os.environ.pop("HF_HUB_OFFLINE", None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sartor.yaml"
        path.write_bytes(content)
        try:
            return load_goal(path, overrides=overrides, methods=METHODS)
        except GoalError as error:
            refusal = error
    assert all((refusal.where, refusal.problem, refusal.fix))
    assert len(str(refusal).splitlines()) <= MAX_LISTED + 4
    str(refusal).encode()
    return None


def check(goal: Goal | None) -> None:
    """A goal can be stored, hashed and read again."""
    if goal is None:
        return
    json.dumps(asdict(goal), allow_nan=False, ensure_ascii=False).encode()
    again = read(resolved_yaml(goal).encode())
    assert again is not None
    assert replace(again, origins={}) == replace(goal, origins={})


@quick
@given(st.binary(max_size=60))
def test_arbitrary_bytes(content: bytes):
    check(read(content))


@quick
@given(st.lists(pieces, max_size=25))
@example(['"', "\\ud800", '"'])
def test_arbitrary_pieces_of_yaml(parts: list[str]):
    check(read("".join(parts).encode()))
    check(read(("task: classify\ndata: [a.csv]\n" + "".join(parts)).encode()))


@quick
@given(values)
def test_arbitrary_values(value: object):
    check(read(yaml.safe_dump(value, allow_unicode=True).encode()))


@quick
@given(goals)
def test_goals_with_arbitrary_settings(goal: dict[str, object]):
    check(read(yaml.safe_dump(goal, allow_unicode=True).encode()))
    check(read(json.dumps(goal).encode()))


@quick
@given(st.sampled_from(list(SETTINGS)), values)
def test_one_arbitrary_setting(name: str, value: object):
    goal = {"task": "classify", "data": ["a.csv"], name: value}
    check(read(yaml.safe_dump(goal, sort_keys=False).encode()))
    for child in SETTINGS[name]:
        goal[name] = {child: value}
        check(read(yaml.safe_dump(goal, sort_keys=False).encode()))


@quick
@given(st.sampled_from(WORDS), st.sampled_from(WORDS), st.one_of(st.sampled_from(WORDS), st.text()))
def test_arbitrary_overrides(name: str, child: str, value: str):
    start = b"task: classify\ndata: [a.csv]\n"
    check(read(start, overrides=(f"{name}={value}",)))
    check(read(start, overrides=(f"{name}.{child}={value}", value)))


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(str.strip)


@quick
@given(st.lists(names, min_size=1, max_size=3), st.lists(names, max_size=5), st.lists(st.text()))
def test_a_template_of_arbitrary_names_is_yaml(
    data: list[str], labels: list[str], notes: list[str]
):
    text = render_template(
        task="classify",
        data=data,
        columns={"input": data[0]},
        output_kind="single",
        labels=labels,
        num_examples=1,
        notes=notes,
    )
    loaded = yaml.safe_load(text)
    assert loaded["data"] == data
    assert loaded["columns"] == {"input": data[0]}
    assert set(loaded) == {"task", "data", "columns", "output_kind"}


def test_the_schema_is_json():
    assert json.loads(json.dumps(goal_schema()))["title"] == "sartor.yaml"
