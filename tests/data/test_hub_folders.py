"""Datasets in the forms of the Hugging Face hub: splits and names of classes as they say themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_data import goal, prepared, two_classes

from sartor.core.errors import DataError
from sartor.core.goal import Constraints
from sartor.data.copies import Copies
from sartor.data.files import find_files
from sartor.data.peek import peek
from sartor.data.readers import read_rows
from sartor.store.artifacts import DiskArtifacts

CLASSES = ["delivery", "refund"]
NUMBERED = [{"text": r["text"], "label": CLASSES.index(r["label"])} for r in two_classes(20)]
README = """---
license: apache-2.0
configs:
- config_name: default
  data_files:
  - split: train
    path: data/tr-*.parquet
  - split: validation
    path: [data/held.parquet]
  - split: unsupervised
    path: data/rest.parquet
dataset_info:
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '1': refund
          '0': delivery
---
# Mails of Hem & Co.
"""


def write_parquet(path: Path, rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path)


def told_folder(folder: Path, readme: str = README) -> Path:
    write_parquet(folder / "data" / "tr-0.parquet", NUMBERED[::2])
    write_parquet(folder / "data" / "held.parquet", NUMBERED[1::2])
    write_parquet(folder / "data" / "rest.parquet", [{"text": "u", "label": -1}])
    (folder / "README.md").write_text(readme)
    return folder


def found_in(folder: Path, *entries: str, is_offline: bool = False):
    copies = Copies(DiskArtifacts(folder / ".artifacts"), is_offline=is_offline)
    return find_files({"all": entries}, folder=folder, copies=copies)


def test_a_readme_says_splits_and_names_of_classes(tmp_path):
    told_folder(tmp_path / "mails")
    found = found_in(tmp_path, "mails")
    assert [(file.name, file.split) for file in found.files] == [
        ("mails/data/tr-0.parquet", "train"),
        ("mails/data/held.parquet", "valid"),
    ]
    assert found.passed_over == ("mails/data/rest.parquet",)
    labels = {row.fields["label"] for file in found.files for row in read_rows(file)}
    assert labels == set(CLASSES)
    guess = peek(["mails"], tmp_path)
    assert (guess.data, set(guess.labels)) == ({"all": ("mails",)}, set(CLASSES))


def test_a_changed_name_of_a_class_is_another_dataset(tmp_path):
    told_folder(tmp_path / "mails")
    first = prepared(tmp_path, goal("mails"))
    told_folder(tmp_path / "mails", README.replace("refund", "money back"))
    second = prepared(tmp_path, goal("mails"))
    assert first.labels == ("delivery", "refund")
    assert second.labels == ("delivery", "money back")
    assert first.hash != second.hash


def test_splits_of_a_folder_are_never_mixed_with_others(tmp_path):
    told_folder(tmp_path / "mails")
    (tmp_path / "more.jsonl").write_text('{"text": "a", "label": "x"}\n')
    with pytest.raises(DataError, match=r"holds splits of its own \(train, valid\)"):
        found_in(tmp_path, "mails", "more.jsonl")


def test_several_configurations_are_a_question(tmp_path):
    configs = "".join(
        f"- config_name: {name}\n  data_files: data/{file}.parquet\n"
        for name, file in (("en", "tr-0"), ("es", "held"))
    )
    told_folder(tmp_path / "mails", f"---\nconfigs:\n{configs}---\n")
    with pytest.raises(DataError, match="`mails#en`, `mails#es`"):
        found_in(tmp_path, "mails")
    found = found_in(tmp_path, "mails#es")
    assert [(file.name, file.split) for file in found.files] == [("mails/data/held.parquet", "all")]
    with pytest.raises(DataError, match="There are: en, es"):
        found_in(tmp_path, "mails#fr")


def test_names_of_files_alone_say_splits(tmp_path):
    for name, rows in (("train", NUMBERED), ("test", NUMBERED[:2])):
        write_parquet(tmp_path / "mails" / "data" / f"{name}-00000-of-00001.parquet", rows)
    (tmp_path / "mails" / "dataset_infos.json").write_text("{}")
    assert {file.split for file in found_in(tmp_path, "mails").files} == {"train", "test"}


def save_to_disk(folder: Path, split: str, rows) -> None:
    folder.mkdir(parents=True)
    table = pa.Table.from_pylist(list(rows))
    with pa.ipc.new_stream(str(folder / "data-00000-of-00001.arrow"), table.schema) as writer:
        writer.write_table(table)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": split}
    (folder / "state.json").write_text(json.dumps(state))
    features = {"label": {"names": CLASSES, "_type": "ClassLabel"}, "text": {"dtype": "string"}}
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))


def test_what_save_to_disk_leaves_is_read(tmp_path):
    for split, rows in (("train", NUMBERED), ("test", NUMBERED[:4])):
        save_to_disk(tmp_path / "saved" / split, split, rows)
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    found = found_in(tmp_path, "saved")
    assert [(file.name, file.split) for file in found.files] == [
        ("saved/train/data-00000-of-00001.arrow", "train"),
        ("saved/test/data-00000-of-00001.arrow", "test"),
    ]
    assert {row.fields["label"] for row in read_rows(found.files[0])} == set(CLASSES)
    alone = found_in(tmp_path, "saved/train")
    assert [file.split for file in alone.files] == ["all"]


def test_the_library_of_the_hub_writes_what_is_read(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        text=datasets.Value("string"), label=datasets.ClassLabel(names=CLASSES)
    )
    made = datasets.Dataset.from_list(NUMBERED, features=features)
    datasets.DatasetDict(train=made, test=made.select(range(6))).save_to_disk(tmp_path / "saved")
    made.to_parquet(tmp_path / "one.parquet")
    found = found_in(tmp_path, "saved")
    assert {file.split for file in found.files} == {"train", "test"}
    train = next(file for file in found.files if file.split == "train")
    rows = [row.fields for row in read_rows(train)]
    assert rows == [{"text": r["text"], "label": r["label"]} for r in two_classes(20)]
    (parquet,) = found_in(tmp_path, "one.parquet").files
    assert [row.fields for row in read_rows(parquet)] == rows


HOSTILE_HEADS = [
    "configs:\n- data_files: ../secret.jsonl\n",
    "configs:\n- data_files: /etc/passwd\n",
    "configs:\n- data_files: https://x.example/a.csv\n",
    "configs:\n- data_files: data/none-*.parquet\n",
    "configs:\n- data_dir: ../..\n  data_files: a.jsonl\n",
    "a: &a [x, x]\nb: &b [*a, *a]\nconfigs: [*b, *b]\n",
    "configs: " + "[" * 5_000,
    "configs: {a: b\n",
    "x: " + "y" * 300_000,
]


@pytest.mark.parametrize("head", HOSTILE_HEADS, ids=range(len(HOSTILE_HEADS)))
def test_hostile_descriptions_are_refused(tmp_path, head):
    (tmp_path / "secret.jsonl").write_text('{"text": "a", "label": "b"}\n')
    told_folder(tmp_path / "mails", f"---\n{head}---\n")
    with pytest.raises(DataError) as caught:
        found_in(tmp_path, "mails")
    assert caught.value.where.startswith("mails")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("state.json", '{"_data_files": [{"filename": "../../secret.arrow"}]}'),
        ("state.json", "[1]"),
        ("state.json", "{" * 100),
        ("state.json", '{"_data_files": [{"filename": 7}]}'),
        ("dataset_dict.json", '{"splits": "train"}'),
        ("dataset_dict.json", '{"splits": ["../../x"]}'),
    ],
)
def test_hostile_states_are_refused(tmp_path, name, content):
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / name).write_text(content)
    with pytest.raises(DataError):
        found_in(tmp_path, "mails")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of the hub with one dataset in it."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    repository = tmp_path / "cache" / "datasets--hem--mails"
    told_folder(repository / "snapshots" / ("a" * 40))
    (repository / "snapshots" / ("a" * 40) / "mails.py").write_text(
        "raise SystemExit('a program ran')"
    )
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    return tmp_path


def test_a_dataset_of_the_hub_is_read_from_the_cache(cache):
    wanted = goal("hf://datasets/hem/mails", constraints=Constraints(offline=True))
    dataset = prepared(cache, wanted)
    assert dataset.labels == ("delivery", "refund")
    assert dataset.train.sources[0].startswith("hf://datasets/hem/mails/data/tr-0.parquet:")
    (count,) = [count for count in dataset.card.counts if count.what == "hub dataset"]
    assert "a" * 40 in count.note


def test_a_file_of_a_hub_dataset_may_be_named(cache):
    found = found_in(cache, "hf://datasets/hem/mails/data/held.parquet", is_offline=True)
    assert [file.name for file in found.files] == ["hf://datasets/hem/mails/data/held.parquet"]
    for path in ("../../../refs/main", "data/none.parquet"):
        with pytest.raises(DataError):
            found_in(cache, f"hf://datasets/hem/mails/{path}", is_offline=True)


def test_what_is_not_cached_is_refused_offline(cache):
    with pytest.raises(DataError, match="nothing may be fetched"):
        found_in(cache, "hf://datasets/hem/others", is_offline=True)
    for entry in ("hf://models/hem/mails", "hf://datasets/hem", "hf://buckets/hem/mails"):
        with pytest.raises(DataError, match="is no dataset of the hub"):
            found_in(cache, entry, is_offline=True)
