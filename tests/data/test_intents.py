"""Intents of messages without labels, and the file in which people name them."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from feature_sets import kinds
from sklearn.metrics import adjusted_mutual_info_score
from threadpoolctl import threadpool_limits

from sartor.core.errors import DataError
from sartor.data import intents as intents_module
from sartor.data.intent_file import intents_yaml, read_intents
from sartor.data.intents import propose_intents
from sartor.data.spectral import clusters_of

SUBJECTS = ("card", "refund", "login", "invoice", "parcel", "voucher")


def messages(num_rows: int = 400):
    features_ND, kind_N = kinds(6, num_rows, noise=0.08)
    texts = [
        f"please look at my {SUBJECTS[kind]} number{row}, write to a{row}@b.com"
        for row, kind in enumerate(kind_N)
    ]
    return texts, features_ND, kind_N


@pytest.mark.parametrize("num_kinds", [3, 6, 15])
def test_the_number_of_kinds_is_found(num_kinds):
    features_ND, kind_N = kinds(num_kinds, 600, noise=0.08)
    cluster_N = clusters_of(features_ND)
    assert adjusted_mutual_info_score(kind_N, cluster_N) > 0.9
    assert 0.8 * num_kinds <= cluster_N.max() + 1 <= 2 * num_kinds
    sizes = np.bincount(cluster_N)
    assert (np.diff(sizes) <= 0).all()


def test_the_same_clusters_on_every_number_of_threads():
    features_ND, _ = kinds(6, 300)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(clusters_of(features_ND).tolist())
    assert found[0] == found[1]


def test_intents_are_named_by_what_tells_them_apart_and_show_no_personal_data():
    texts, features_ND, kind_N = messages()
    found = propose_intents(texts, features_ND)
    assert sum(one.num_messages for one in found.intents) == len(texts)
    for k, one in enumerate(found.intents):
        kind = np.bincount(kind_N[found.intent_N == k]).argmax()
        assert SUBJECTS[kind] in one.words
        assert len(one.examples) == 3
        assert all("@" not in example for example in one.examples)
    assert len({one.name for one in found.intents}) == len(found.intents)
    assert found.counts()[0].num_rows == len(texts)


def test_copies_share_an_intent_and_empty_messages_have_none():
    texts, features_ND, _ = messages(200)
    texts += [texts[0].upper() + "  "] * 50 + ["", " "]
    features_ND = np.concatenate([features_ND, np.repeat(features_ND[:1], 52, 0)])
    found = propose_intents(texts, features_ND)
    assert set(found.intent_N[200:250]) == {found.intent_N[0]}
    assert found.intent_N[250:].tolist() == [-1, -1]


def test_beyond_the_sample_messages_join_the_nearest_cluster(monkeypatch):
    monkeypatch.setattr(intents_module, "MAX_TEXTS", 200)
    texts, features_ND, kind_N = messages(600)
    found = propose_intents(texts, features_ND)
    assert adjusted_mutual_info_score(kind_N, found.intent_N) > 0.9


def test_too_few_messages_are_refused():
    with pytest.raises(DataError, match=r"m\.csv: holds 1 different message"):
        propose_intents(["a question"] * 90, np.ones((90, 4)), where="m.csv")


def test_scripts_without_words_still_have_names():
    features_ND, _ = kinds(2, 40)
    found = propose_intents([f"{row} ?" for row in range(40)], features_ND)
    assert all(one.name for one in found.intents)


def edited(change):
    texts, features_ND, _ = messages()
    found = propose_intents(texts, features_ND)
    content = yaml.safe_load(intents_yaml(found.intents))
    change(content["intents"])
    ids = [one.id for one in found.intents]
    return found, read_intents(yaml.safe_dump(content), where="intents.yaml", known_ids=ids)


def test_the_file_as_written_gives_every_message_its_proposed_name():
    found, named = edited(lambda entries: None)
    names = [one.name for one in found.intents]
    assert named.labels(found) == [names[at] for at in found.intent_N]


def test_intents_are_renamed_merged_and_dropped():
    def change(entries):
        entries[0]["name"] = entries[1]["name"] = "both"
        entries[2]["name"] = None

    found, named = edited(change)
    labels = named.labels(found)
    assert {label for label, at in zip(labels, found.intent_N, strict=True) if at < 2} == {"both"}
    assert {label for label, at in zip(labels, found.intent_N, strict=True) if at == 2} == {None}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.pop(1), r"intents\.yaml > intents: `i002` is missing"),
        (lambda e: e.append({"id": "i001", "name": "x"}), r"`i001` stands in the file twice"),
        (lambda e: e[0].update(id="i999"), r"intents > 1 > id: `i999` is the id of no proposal"),
        (lambda e: e[1].update(name=7), r"intents > 2 > name: `7` is no name"),
        (lambda e: e[1].update(name=" "), r"is no name"),
        (lambda e: e[0].update(nmae="x"), r"> nmae: .*Did you mean `name`"),
        (lambda e: e[0].pop("name"), r"needs an `id` and a `name`"),
        (lambda e: e[0].update(id=["i001"]), r"is the id of no proposal"),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_place(change, message):
    with pytest.raises(DataError, match=message):
        edited(change)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("intents:\n - id: [\n", r"line 3: is not YAML"),
        ("", "does not begin with a list"),
        ("intents: {}", "does not begin with a list"),
        ("a: &a [x]\nintents: [*a, *a]", r"line 2: refers to an anchor"),
        ("intents: !!python/object:os.system x", "is not YAML"),
        ("[" * 100_000, "is nested more than 8 deep"),
        ("{a: " * 100_000, "is nested more than 8 deep"),
        ("x" * 1_000_001, "at most 1,000,000 are read"),
    ],
)
def test_a_file_of_another_form_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        read_intents(text, where="intents.yaml", known_ids=["i001"])
