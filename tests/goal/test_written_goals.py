"""Goals whose answers are written or cut out of the input: what they may say, and what not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from sartor.core.errors import GoalError
from sartor.core.goal import TASK_FORMATS, TASK_KINDS, DataFormat, Goal, OutputKind, Target
from sartor.goal import goal_schema, load_goal, resolved_yaml
from sartor.goal.spec import GoalSpec

RECORD = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "stars": {"type": "integer", "maximum": 5}},
    "required": ["name"],
}


@pytest.fixture(autouse=True)
def _hub_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, *overrides: str) -> Goal:
        path = tmp_path / "sartor.yaml"
        path.write_text(text)
        return load_goal(path, overrides=overrides, methods=("head",))

    return load


def refusal(load, text: str) -> str:
    with pytest.raises(GoalError) as caught:
        load(text)
    return str(caught.value)


@pytest.mark.parametrize("task", ["generate", "chat", "translate"])
def test_two_lines_are_a_goal_of_texts(load, task: str):
    goal = load(f"task: {task}\ndata: [rows.jsonl]")
    assert (goal.task, goal.output_kind, goal.format) == (task, OutputKind.TEXT, None)
    assert (goal.origins["output_kind"], goal.origins["format"]) == ("derived", "default")


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("", None),
        ("labels: {person: a name}", OutputKind.SPANS),
        ("labels: [person, place]", OutputKind.SPANS),
        ("format: tags", OutputKind.SPANS),
        ("schema: {properties: {a: {type: string}}}", OutputKind.FIELDS),
        ("format: fields", OutputKind.FIELDS),
        ("output_kind: spans", OutputKind.SPANS),
    ],
)
def test_what_is_extracted_follows_from_labels_schema_and_format(load, lines: str, kind):
    goal = load(f"task: extract\ndata: [a.jsonl]\n{lines}")
    assert goal.output_kind == kind


def test_input_and_answer_get_more_room_than_a_text_to_classify(load):
    assert load("task: classify\ndata: [a]").max_tokens == 256
    goal = load("task: chat\ndata: [a]")
    assert (goal.max_tokens, goal.origins["max_tokens"]) == (1024, "derived")
    assert load("task: chat\ndata: [a]\nmax_tokens: 256").max_tokens == 256


def test_languages_are_names_and_never_truth_values(load):
    goal = load("task: translate\ndata: [a]\nlanguages: {from: no, to: Klingon}")
    assert goal.languages == {"from": "no", "to": "Klingon"}


def test_a_schema_is_read_from_the_goal_and_from_a_file_beside_it(load, tmp_path: Path):
    inline = load(
        "task: extract\ndata: [a]\nschema:\n  type: object\n  properties:\n"
        "    name: {type: string}\n    stars: {type: integer, maximum: 5}\n  required: [name]\n"
    )
    (tmp_path / "record.json").write_text(json.dumps(RECORD))
    from_file = load("task: extract\ndata: [a]\nschema: record.json")
    assert inline.schema == from_file.schema == RECORD


def test_a_goal_written_out_in_full_loads_to_the_same_goal(load, tmp_path: Path):
    (tmp_path / "record.json").write_text(json.dumps({"$schema": "x", "title": "no", **RECORD}))
    for text in (
        "task: extract\ndata: [a]\nschema: record.json\nformat: fields",
        "task: translate\ndata: [a]\nlanguages: {from: English, to: no}\nformat: pairs",
        "task: extract\ndata: [a]\nlabels: {person: }",
        "task: chat\ndata: [a]\ndescription: Be kind.",
        "task: classify\ndata: [a]\noutput_kind: score",
    ):
        goal = load(text)
        again = load(resolved_yaml(goal))
        assert replace(again, origins={}) == replace(goal, origins={})


def test_a_metric_that_another_room_registers_may_be_a_target(load):
    goal = load("task: translate\ndata: [a]\ntargets: {chrf: 0.5}")
    assert goal.targets == (Target("chrf", at_least=0.5),)


START = "task: {task}\ndata: [a]\n"
SCHEMA = "{properties: {a: {type: string}}}"
REFUSED = [
    (
        "chat",
        "labels: [a]",
        "sartor.yaml:3 > labels: has no effect: it is for classify or extract.",
    ),
    ("chat", "out_of_scope: {label: x}", "out_of_scope: has no effect: it is for classify."),
    ("chat", "automation: {precision: 0.9}", "automation: has no effect: it is for classify."),
    (
        "classify",
        "output_kind: score\nautomation: {precision: 0.9}",
        "automation: has no effect: scores have no labels.",
    ),
    (
        "classify",
        "output_kind: score\nout_of_scope: {keep_share: 0.9}",
        "out_of_scope: has no effect: scores have no labels.",
    ),
    ("chat", "languages: {from: a, to: b}", "languages: has no effect: it is for translate."),
    ("generate", f"schema: {SCHEMA}", "schema: has no effect: it is for extract."),
    (
        "classify",
        "format: chat",
        "`chat` does not go with `task: classify`. For `classify` there is: in",
    ),
    ("classify", "output_kind: text", "`text` does not go with `task: classify`. For `classify`"),
    (
        "chat",
        "output_kind: single",
        "`single` does not go with `task: chat`. For `chat` there is: text",
    ),
    ("chat", "format: tags", "`tags` does not go with `task: chat`. For `chat` there is: alpaca,"),
    ("extract", "format: chat", "`chat` does not go with `task: extract`."),
    (
        "chat",
        "format: chta",
        "sartor.yaml:3 > format: `chta` is not known here. Did you mean `chat`?",
    ),
    ("translate", "languages: {English: Spanish}", "languages: wants `from` and `to`."),
    ("translate", "languages: {from: en, to: EN}", "languages: names one language twice."),
    ("translate", "languages: [en, es]", "languages: a list is given where a mapping is wanted."),
    (
        "extract",
        f"labels: [a]\nschema: {SCHEMA}",
        "sartor.yaml:4 > schema: stands beside `labels`.",
    ),
    (
        "extract",
        f"output_kind: spans\nschema: {SCHEMA}",
        "schema: has no effect: spans have labels.",
    ),
    (
        "extract",
        "output_kind: fields\nlabels: [a]",
        "labels: has no effect: records have a schema.",
    ),
    ("extract", "schema: absent.json", "`absent.json` cannot be read (No such file or directory)."),
    ("extract", "schema: [a]", "a list is given where a file or a JSON Schema is wanted."),
    ("extract", "schema: {type: array}", "describes no record: `type: object` with `properties`"),
    ("extract", "schema: {properties: {}}", "a record without fields"),
    (
        "extract",
        "schema: {properties: {a: {type: strnig}}}",
        "is no JSON Schema: at `properties/a/type`",
    ),
    (
        "extract",
        "schema: {properties: {a: {$ref: 'http://x'}}}",
        "refers to `http://x`, and nothing",
    ),
    (
        "chat",
        "targets: {accuracy: 0.9}",
        "`accuracy` is for labels of kind single, and these are text.",
    ),
]


@pytest.mark.parametrize(("task", "lines", "words"), REFUSED)
def test_a_setting_that_does_not_go_with_the_task_is_refused(load, task, lines, words):
    message = refusal(load, START.format(task=task) + lines)
    assert words in message


def test_a_metric_of_another_kind_is_refused_with_those_that_fit(load):
    message = refusal(load, "task: chat\ndata: [a]\ntargets: {f1: 1}")
    assert "`f1` is not a metric" in message
    assert "chrf" in message
    assert "accuracy" not in message


@pytest.mark.parametrize("content", ["{", "[1]", "[" * 100_000, '{"properties": {"a": NaN}}'])
def test_a_file_that_is_no_schema_is_refused_in_words(load, tmp_path: Path, content: str):
    (tmp_path / "record.json").write_text(content)
    message = refusal(load, "task: extract\ndata: [a]\nschema: record.json")
    assert message.startswith("sartor.yaml:3 > schema: ")
    assert "Write for example `schema: {type: object" in message


def test_the_words_of_the_spec_are_those_of_the_core():
    def words(name: str) -> set[str]:
        found: set[str] = set()
        for part in get_args(GoalSpec.model_fields[name].annotation):
            found |= {part} if isinstance(part, str) else set(get_args(part))
        return found

    assert words("format") == {*DataFormat} == {f for forms in TASK_FORMATS.values() for f in forms}
    assert words("output_kind") == {*OutputKind} == {k for ks in TASK_KINDS.values() for k in ks}
    assert set(get_args(GoalSpec.model_fields["task"].annotation)) == set(TASK_KINDS)


def test_the_schema_for_editors_takes_a_file_and_a_schema():
    shapes = goal_schema()["properties"]["schema"]["anyOf"]
    assert {shape["type"] for shape in shapes} == {"string", "object"}


def test_documents_are_for_answers_and_for_nothing_else(load):
    goal = load("task: chat\ndata: [rows.jsonl]\ndocuments: faq.md")
    assert goal.documents == ("faq.md",)
    said = refusal(load, "task: classify\ndata: [rows.csv]\ndocuments: [faq.md]")
    assert "documents" in said
    assert "chat or generate" in said
    goal = load("task: chat\ndata: [rows.jsonl]\nguidelines: voice.md")
    assert goal.guidelines == "voice.md"
    assert load(resolved_yaml(goal)).guidelines == "voice.md"
    assert "guidelines" in refusal(load, "task: classify\ndata: [rows.csv]\nguidelines: voice.md")
    twice = refusal(load, "task: chat\ndata: [rows.jsonl]\ndocuments: [faq.md, faq.md]")
    assert "named twice" in twice


def test_agents_are_addresses_domains_or_names(load):
    goal = load(
        "task: chat\ndata: [inbox.mbox]\nagents: [support@hem.example, '@hem.example', Ida]"
    )
    assert goal.agents == ("support@hem.example", "@hem.example", "Ida")
    assert load("task: classify\ndata: [a.csv]\nagents: ida@hem.example").agents == (
        "ida@hem.example",
    )
    assert load("task: classify\ndata: [a.csv]").agents == ()


@pytest.mark.parametrize(
    ("agents", "fix"),
    [
        ("['Ida <ida@hem.example>']", "Write `ida@hem.example`."),
        ("['@']", "Write `support@hem.example` or `@hem.example`."),
        ("[hem.example]", "A domain has an `@` in front: `@hem.example`."),
        ("[Ida, Ida]", "named twice"),
        ("{a: b}", "a list"),
    ],
)
def test_what_is_no_agent_is_refused_with_what_was_meant(load, agents: str, fix: str):
    message = refusal(load, f"task: chat\ndata: [inbox.mbox]\nagents: {agents}")
    assert "sartor.yaml:3 > agents" in message
    assert fix in message


def test_the_schema_for_editors_takes_agents_as_a_list_or_one_text():
    shapes = goal_schema()["properties"]["agents"]["anyOf"]
    assert [shape["type"] for shape in shapes] == ["array", "string"]
