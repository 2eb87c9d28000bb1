"""Splits: the user's are respected, the rest is drawn fairly and always the same."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import goal, messages, prepared, test_texts, two_classes, write_rows

from sartor.core.goal import Columns, OutOfScope, OutputKind
from sartor.data.draw import Pool, hold_out

SPLIT_DATA = {split: (f"{split}.jsonl",) for split in ("train", "test")}


def _what(dataset):
    return {count.what: count.num_rows for count in dataset.card.counts}


def test_labels_keep_their_shares_within_one_row(tmp_path):
    sizes = {"a": 1_700, "b": 800, "c": 113, "d": 17, "e": 4}
    write_rows(tmp_path / "rows.jsonl", [r for name, n in sizes.items() for r in messages(name, n)])
    dataset = prepared(tmp_path, goal())
    tested = Counter(text.split()[0] for text in test_texts(dataset))
    chosen = Counter(dataset.labels[at] for at in dataset.valid.targets)
    for name, size in sizes.items():
        assert abs(tested[name] - 0.2 * size) <= 1
        assert abs(chosen[name] - 0.15 * (size - tested[name])) <= 1
    assert len(dataset.train) + len(dataset.valid) + dataset.test.num_examples == sum(
        sizes.values()
    )


def test_several_labels_keep_their_shares_within_a_tenth(tmp_path):
    generator = np.random.default_rng(0)
    names = ["a", "b", "c", "d", "e"]
    rows = [
        {"text": f"text {n}", "labels": [x for x in names if generator.random() < 0.25]}
        for n in range(1_000)
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    dataset = prepared(tmp_path, goal())
    test = dataset.test.open("a test")
    assert test.targets.shape == (len(test), 5)
    assert test.targets.dtype == bool
    whole = test.targets.sum(0) + dataset.train.targets.sum(0)
    assert np.allclose(test.targets.sum(0), 0.2 * whole, rtol=0.1, atol=1)
    assert abs((~test.targets.any(1)).sum() - 0.2 * sum(not r["labels"] for r in rows)) <= 3


def test_scores_are_spread_over_both_sides(tmp_path):
    rows = [{"text": f"text {n}", "score": n / 7} for n in range(500)]
    write_rows(tmp_path / "rows.jsonl", rows)
    dataset = prepared(tmp_path, goal())
    assert dataset.output_kind is OutputKind.SCORE
    assert dataset.labels == ()
    test = dataset.test.open("a test")
    assert len(test) == 100
    assert np.histogram(test.targets, bins=10, range=(0, 500 / 7))[0].tolist() == [10] * 10


def _sides(dataset):
    parts = [dataset.train, dataset.valid, dataset.test.open("a test")]
    return [part for part in parts if part is not None]


def _share_nothing(sets):
    return sum(map(len, sets)) == len(set().union(*sets))


def test_groups_and_equal_texts_never_straddle(tmp_path):
    generator = np.random.default_rng(1)
    rows = [
        {
            "text": f"text {n if generator.random() < 0.8 else n - 1}",
            "label": "ab"[generator.integers(2)],
            "conversation": f"c{n // 3}" if generator.random() < 0.5 else None,
        }
        for n in range(4_000)
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    sides = _sides(prepared(tmp_path, goal()))
    assert len(sides) == 3
    assert _share_nothing([set(side.groups.tolist()) for side in sides])
    assert _share_nothing([set(side.texts) for side in sides])
    conversation = {row["text"]: row["conversation"] for row in rows if row["conversation"]}
    assert _share_nothing([{conversation.get(text, text) for text in side.texts} for side in sides])


def test_greetings_do_not_chain_all_conversations_into_one(tmp_path):
    rows = [
        {"text": text, "label": label, "conversation": f"c{n}"}
        for n in range(300)
        for text, label in ((["hi", "hello"][n % 2], "greeting"), (f"question {n}", "ab"[n % 2]))
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    dataset = prepared(tmp_path, goal())
    assert _what(dataset)["rows chained by equal texts"] == 300
    assert _what(dataset)["test texts in train"] == 60
    assert dataset.test.num_examples == 120
    assert _share_nothing([set(side.groups.tolist()) for side in _sides(dataset)])


def test_a_chain_of_groups_and_texts_is_one_group(tmp_path):
    chain = [
        {"text": f"link {n + at}", "label": "ab"[n % 2], "thread": f"t{n}"}
        for n in range(15)
        for at in (0, 1)
    ]
    loose = [{**row, "thread": None} for row in two_classes(200)]
    write_rows(tmp_path / "rows.jsonl", [*chain, *loose])
    dataset = prepared(tmp_path, goal(columns=Columns(group="thread")))
    parts = [dataset.train, dataset.test.open("a test")]
    holding = [part for part in parts if any(text.startswith("link") for text in part.texts)]
    assert len(holding) == 1
    groups = {g for g, t in zip(holding[0].groups, holding[0].texts, strict=True) if "link" in t}
    assert len(groups) == 1


def test_the_order_of_rows_does_not_change_the_splits(tmp_path):
    rows = [row for name in "abc" for row in messages(name, 900, group=None)]
    rows = [{**row, "group": f"g{n // 3}"} for n, row in enumerate(rows)]
    write_rows(tmp_path / "rows.jsonl", rows)
    first = prepared(tmp_path, goal())
    order = np.random.default_rng(0).permutation(len(rows))
    write_rows(tmp_path / "rows.jsonl", [rows[at] for at in order])
    second = prepared(tmp_path, goal())
    assert test_texts(first) == test_texts(second)
    assert set(first.valid.texts) == set(second.valid.texts)


def test_another_seed_draws_another_test_split(tmp_path):
    write_rows(tmp_path / "rows.jsonl", two_classes(100))
    first, second = (prepared(tmp_path, goal(seed=seed)) for seed in (0, 1))
    assert test_texts(first) != test_texts(second)
    assert first.hash != second.hash


def test_a_further_row_moves_few_others(tmp_path):
    rows = two_classes(300)
    write_rows(tmp_path / "rows.jsonl", rows)
    first = test_texts(prepared(tmp_path, goal()))
    write_rows(tmp_path / "rows.jsonl", [*messages("refund", 5, start=999), *rows])
    assert len(first - test_texts(prepared(tmp_path, goal()))) <= 5


def test_small_labels_stay_in_train(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [*two_classes(), *messages("rare", 2)])
    dataset = prepared(tmp_path, goal())
    assert not {text for text in test_texts(dataset) if text.startswith("rare")}
    assert _what(dataset)["rows of rare labels"] == 2
    assert _what(dataset)["few rows"] == 42
    assert dataset.valid is None


def test_two_examples_per_class_leave_no_test(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [row for name in "abcdef" for row in messages(name, 2)])
    dataset = prepared(tmp_path, goal())
    assert dataset.test is None
    assert len(dataset.train) == 12
    assert "too few rows" in dataset.card.split_rule


@pytest.mark.parametrize(("num_each", "has_valid"), [(1_249, False), (1_260, True)])
def test_valid_is_drawn_where_it_has_three_hundred_rows(tmp_path, num_each, has_valid):
    write_rows(tmp_path / "rows.jsonl", two_classes(num_each))
    assert (prepared(tmp_path, goal()).valid is not None) is has_valid


def test_the_users_splits_are_respected(tmp_path):
    parts = {
        "train": two_classes(150),
        "valid": [*messages("refund", 150, start=500), *messages("delivery", 150, start=500)],
        "test": messages("refund", 7, start=900),
    }
    for name, rows in parts.items():
        write_rows(tmp_path / f"{name}.jsonl", rows)
    dataset = prepared(tmp_path, goal(data={name: (f"{name}.jsonl",) for name in parts}))
    assert list(dataset.train.texts) == [row["text"] for row in parts["train"]]
    assert list(dataset.valid.texts) == [row["text"] for row in parts["valid"]]
    assert test_texts(dataset) == {row["text"] for row in parts["test"]}
    assert dataset.card.split_rule == "Splits by the user: train, valid, test."


def test_a_split_column_and_files_in_a_folder_say_the_same(tmp_path):
    rows = two_classes(150)
    words = ["train", "Test", "train", "training"]
    marked = [{**row, "split": words[n % 4]} for n, row in enumerate(rows)]
    write_rows(tmp_path / "rows.jsonl", marked)
    by_column = prepared(tmp_path, goal())
    (tmp_path / "parts").mkdir()
    is_test = [word["split"] == "Test" for word in marked]
    for name, wanted in (("train-00", False), ("test", True)):
        part = [row for row, test in zip(rows, is_test, strict=True) if test is wanted]
        write_rows(tmp_path / "parts" / f"{name}.jsonl.gz", part)
    (tmp_path / "parts" / "README.md").write_text("what this is")
    by_folder = prepared(tmp_path, goal("parts"))
    assert test_texts(by_column) == test_texts(by_folder)
    assert list(by_column.train.texts) == list(by_folder.train.texts)
    assert _what(by_folder)["other files"] == 0


def test_a_small_valid_split_joins_train_and_says_so(tmp_path):
    for name, rows in {"train": two_classes(50), "valid": two_classes(60)[50:60]}.items():
        write_rows(tmp_path / f"{name}.jsonl", rows)
    dataset = prepared(tmp_path, goal(data={n: (f"{n}.jsonl",) for n in ("train", "valid")}))
    assert dataset.valid is None
    assert _what(dataset)["valid rows moved to train"] == 10
    assert dataset.test.num_examples == 22


def test_a_test_split_drawn_beside_a_given_valid_shares_no_text_with_it(tmp_path):
    valid = [*messages("refund", 120), *messages("delivery", 120)]
    write_rows(tmp_path / "train.jsonl", two_classes(400))
    write_rows(tmp_path / "valid.jsonl", valid)
    dataset = prepared(tmp_path, goal(data={n: (f"{n}.jsonl",) for n in ("train", "valid")}))
    assert len(dataset.valid) == 240
    assert len(test_texts(dataset)) == 160
    assert not test_texts(dataset) & set(dataset.valid.texts)


def test_copies_are_dropped_conflicts_kept_and_both_counted(tmp_path):
    rows = [
        *two_classes(100),
        {"text": "REFUND  message number 3", "label": "refund"},
        {"text": "refund message number 4", "label": "delivery"},
    ]
    write_rows(tmp_path / "train.jsonl", rows)
    write_rows(tmp_path / "test.jsonl", messages("refund", 6))
    dataset = prepared(tmp_path, goal(data=SPLIT_DATA))
    assert _what(dataset)["exact duplicates"] == 1
    assert _what(dataset)["label conflicts"] == 2
    assert _what(dataset)["test texts in train"] == 6
    assert len(dataset.train) == 201
    assert dataset.test.num_examples == 6
    (conflict,) = [c for c in dataset.card.counts if c.what == "label conflicts"]
    assert conflict.examples == ("train.jsonl:5 = train.jsonl:202",)


def test_what_stands_in_test_changes_nothing_else(tmp_path):
    """Law 1: junk in test rows must not move, drop, regroup or rename a row to learn from."""
    train = [{**row, "group": f"g{n // 2}"} for n, row in enumerate(two_classes(1_200))]
    write_rows(tmp_path / "train.jsonl", train)
    write_rows(tmp_path / "test.jsonl", messages("refund", 50, start=5_000, group="other"))
    clean = prepared(tmp_path, goal(data=SPLIT_DATA))
    junk = [{**train[2 * n], "group": f"g{n + 600}"} for n in range(300)]
    junk += [{**row, "text": "secret-word " * 400} for row in junk[:9]]
    write_rows(tmp_path / "test.jsonl", junk)
    dirty = prepared(tmp_path, goal(data=SPLIT_DATA))
    for name in ("train", "valid"):
        before, after = getattr(clean, name), getattr(dirty, name)
        assert list(before.texts) == list(after.texts)
        assert np.array_equal(before.targets, after.targets)
        assert np.array_equal(before.groups, after.groups)
    assert clean.labels == dirty.labels
    assert clean.card.length_words == dirty.card.length_words
    assert clean.card.label_counts == dirty.card.label_counts


def test_out_of_scope_texts_are_no_class_and_are_halved(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [*two_classes(40), *messages("oos", 31)])
    dataset = prepared(tmp_path, goal(out_of_scope=OutOfScope(label="oos")))
    assert dataset.labels == ("delivery", "refund")
    assert len(dataset.out_of_scope["valid"]) == 16
    assert dataset.out_of_scope_test.num_examples == 15
    assert set(dataset.out_of_scope["valid"].targets) == {-1}
    hidden = set(dataset.out_of_scope_test.open("a test").texts)
    assert not hidden & set(dataset.out_of_scope["valid"].texts)
    assert all(text.startswith("oos") for text in hidden)


def test_out_of_scope_texts_stay_on_the_users_side(tmp_path):
    write_rows(tmp_path / "train.jsonl", [*two_classes(40), *messages("oos", 9)])
    test = [*messages("refund", 9, start=70), *messages("oos", 4, start=70)]
    write_rows(tmp_path / "test.jsonl", test)
    wanted = goal(data=SPLIT_DATA, out_of_scope=OutOfScope(label="oos"), labels={"refund": "money"})
    wanted.labels["delivery"] = ""
    dataset = prepared(tmp_path, wanted)
    assert len(dataset.out_of_scope["valid"]) == 9
    assert dataset.out_of_scope_test.num_examples == 4
    assert dataset.test.num_examples == 9
    assert dataset.descriptions == {"refund": "money"}


def test_max_examples_is_a_fixed_draw_that_spares_rare_labels(tmp_path):
    rows = [*two_classes(500), *messages("rare", 12)]
    write_rows(tmp_path / "rows.jsonl", rows)
    first = prepared(tmp_path, goal(max_examples=100))
    write_rows(tmp_path / "rows.jsonl", rows[::-1])
    second = prepared(tmp_path, goal(max_examples=100))
    assert len(first.train) + first.test.num_examples == 100
    assert set(first.train.texts) == set(second.train.texts)
    assert _what(first)["rows beyond max_examples"] == 912
    kept = set(first.train.texts) | test_texts(first)
    assert sum(text.startswith("rare") for text in kept) >= 10


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_held_out_rows_are_whole_units_and_leave_every_stratum_something(data):
    num_rows = data.draw(st.integers(1, 60))
    units = data.draw(st.lists(st.integers(0, 20), min_size=num_rows, max_size=num_rows))
    unit_R = np.unique(units, return_inverse=True)[1]
    strata = data.draw(
        st.lists(st.sets(st.integers(0, 4), min_size=1), min_size=num_rows, max_size=num_rows)
    )
    row_E = np.repeat(np.arange(num_rows), [len(each) for each in strata])
    stratum_E = np.array([label for each in strata for label in sorted(each)])
    share = data.draw(st.sampled_from([0.1, 0.3, 0.6, 0.95]))
    locked_U = np.array(data.draw(st.lists(st.booleans(), min_size=21, max_size=21)))
    pool = Pool(
        unit_R=unit_R,
        key_R=np.arange(num_rows, dtype=np.uint64),
        row_E=row_E,
        stratum_E=stratum_E,
        num_strata=5,
        is_locked_U=locked_U[: unit_R.max() + 1],
    )
    taken_R = hold_out(pool, share=share, seed=0, purpose="test")
    for unit in range(pool.num_units):
        assert len(set(taken_R[unit_R == unit])) == 1
    assert not taken_R[pool.is_locked_U[unit_R]].any()
    for stratum in set(stratum_E.tolist()):
        assert not taken_R[row_E[stratum_E == stratum]].all()


def test_out_of_scope_texts_of_train_files_are_never_shown_to_a_given_test(tmp_path):
    write_rows(tmp_path / "train.jsonl", [*two_classes(40), *messages("oos", 9)])
    write_rows(tmp_path / "test.jsonl", messages("refund", 9, start=70))
    dataset = prepared(tmp_path, goal(data=SPLIT_DATA, out_of_scope=OutOfScope(label="oos")))
    assert len(dataset.out_of_scope["valid"]) == 9
    assert dataset.out_of_scope_test is None
