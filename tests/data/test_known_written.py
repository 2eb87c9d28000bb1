"""Real sets of texts, translations, spans and records: all rows that their authors count are found."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from small_data import prepared
from written_data import counted, spoken, wanted

from sartor.core.goal import Columns, OutputKind

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs_shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent"),
]
LINES = ("exact duplicates", "rows joined to another's answers", "bad rows")
"""Counted lines that take rows away from the splits."""


def load(folder: Path, task: str, *names: str, skip_bad: bool = False, **changes: Any):
    """A set in one file, or in a file for each of train, valid and test."""
    files = [str(DATA / f"{name}.jsonl.gz") for name in names]
    if len(files) > 1:
        splits = ("train", "test") if len(files) == 2 else ("train", "valid", "test")
        changes["data"] = {split: (file,) for split, file in zip(splits, files, strict=True)}
        files = []
    return prepared(folder, wanted(task, *files, **changes), skip_bad=skip_bad)


def num_rows(dataset) -> int:
    """Rows of all splits and of every line that took some away."""
    counts = counted(dataset)
    return sum(dataset.card.num_examples.values()) + sum(counts.get(line, 0) for line in LINES)


def raw(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


def test_e2e_has_several_texts_for_a_meaning(tmp_path):
    dataset = load(tmp_path, "generate", "e2e_clean/dev", "e2e_clean/test")
    assert num_rows(dataset) == 4_299 + 4_693
    assert dataset.card.columns == {"input": "mr", "output": "ref"}
    references = {}
    for row in raw("e2e_clean/test"):
        references.setdefault(row["mr"], set()).add(row["ref"])
    opened = dataset.test.open("a test")
    found = {text: set(target) for text, target in zip(opened.texts, opened.targets, strict=True)}
    assert found == references
    assert not set(found) & set(dataset.development.texts)


def test_e2e_the_other_way_round_has_records(tmp_path):
    dataset = load(tmp_path, "extract", "e2e_clean/dev", columns=Columns(input="ref"))
    assert dataset.output_kind is OutputKind.FIELDS
    assert num_rows(dataset) == 4_299
    assert {"name", "area", "familyFriendly"} <= dataset.schema["properties"].keys()


def test_bitext_and_office_are_pairs(tmp_path):
    dataset = load(tmp_path / "a", "generate", "bitext_support/responses_4k")
    assert num_rows(dataset) == 4_514
    assert dataset.card.columns == {"input": "instruction", "output": "response"}
    named = Columns(input="symptoms", output="resolution")
    assert num_rows(load(tmp_path / "b", "generate", "office_support/qa", columns=named)) == 1_624


def test_dstc9_answers_and_knowledge(tmp_path):
    names = ("dstc9_faq/responses_val", "dstc9_faq/responses_test")
    assert num_rows(load(tmp_path / "a", "generate", *names)) == 2_673 + 1_981
    assert num_rows(load(tmp_path / "b", "generate", "dstc9_faq/knowledge_train")) == 2_900


def test_wnut_has_six_labels_and_the_spans_that_it_lists(tmp_path):
    names = ("wnut17/train", "wnut17/dev", "wnut17/test")
    dataset = load(tmp_path, "extract", *names)
    assert num_rows(dataset) == 3_394 + 1_009 + 1_287
    assert dataset.labels == (
        *("corporation", "creative-work", "group", "location", "person", "product"),
    )
    listed = [sorted(e["value"] for e in row["entities"]) for row in raw("wnut17/dev")]
    split = dataset.valid
    found = [
        sorted(text[start:end] for start, end, _ in spans)
        for text, spans in zip(split.texts, split.targets, strict=True)
    ]
    assert found == listed


def test_tatoeba_keeps_every_spanish_sentence(tmp_path):
    names = ("tatoeba_en_es/train", "tatoeba_en_es/dev", "tatoeba_en_es/test")
    dataset = load(tmp_path, "translate", *names, languages={"from": "en", "to": "es"})
    assert num_rows(dataset) == 113_528 + 2_319 + 2_274
    opened = dataset.test.open("a test")
    assert len(opened) == len({row["en"].strip() for row in raw("tatoeba_en_es/test")})


def test_tatoeba_is_read_in_the_direction_that_is_named(tmp_path):
    named = Columns(input="es", output="en")
    dataset = load(tmp_path, "translate", "tatoeba_en_es/dev", columns=named)
    assert num_rows(dataset) == 2_319
    assert dataset.languages == {"from": "Spanish", "to": "English"}


def test_multidogo_slots_are_found_by_their_words(tmp_path):
    dataset = load(tmp_path, "extract", "multidogo/dev", skip_bad=True)
    assert num_rows(dataset) == 11_585
    assert counted(dataset)["bad rows"] == 7
    assert dataset.card.columns == {"input": "text", "output": "slots", "group": "conv"}
    tested = dataset.test.open("a test")
    assert not set(dataset.development.groups) & set(tested.groups)


def test_hh_is_read_as_conversations_with_worse_answers(tmp_path):
    dataset = load(tmp_path, "chat", "hh_harmless/test", skip_bad=True)
    assert num_rows(dataset) == 2_312
    assert counted(dataset)["bad rows"] == 8
    assert all(len(worse) == 1 for worse in dataset.train.rejected[:100])
    assert spoken(dataset.train.texts[0])[0].startswith("user: ")


@pytest.mark.parametrize(
    ("name", "task", "number", "form"),
    [
        ("alpaca_en", "generate", 999, "alpaca"),
        ("alpaca_en", "chat", 999, "alpaca"),
        ("identity", "generate", 91, "alpaca"),
        ("dpo_en", "chat", 300, "preference"),
        ("kto_en", "chat", 300, "kto"),
    ],
)
def test_demonstration_sets_are_recognised(tmp_path, name, task, number, form):
    dataset = load(tmp_path, task, f"llamafactory_demo/{name}")
    left_out = counted(dataset).get("rejected rows of held-out inputs", 0)
    assert num_rows(dataset) + left_out == number
    note = next(c.note for c in dataset.card.counts if c.what == "format")
    assert f"`{form}`" in note


def test_chats_with_tools_have_a_row_for_each_turn_of_the_assistant(tmp_path):
    dataset = load(tmp_path, "chat", "llamafactory_demo/toolcall_en")
    rows = raw("llamafactory_demo/toolcall_en")
    turns = [turn["from"] for row in rows for turn in row["conversations"]]
    assert len(rows) == 300
    assert num_rows(dataset) == turns.count("gpt") + turns.count("function_call")
