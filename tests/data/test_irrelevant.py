"""Rows that do not belong: by rules, by features, by a language model."""

from __future__ import annotations

import time

import numpy as np
import pytest
from feature_sets import kinds
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

from sartor.data.irrelevant import drop_irrelevant, irrelevant_rows
from sartor.data.irrelevant_rules import CODE, EMPTY, GREETING, NOISE, rule_of


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", EMPTY),
        (" ... !!", EMPTY),
        ("🙂🙂", EMPTY),
        ("thanks!", GREETING),
        ("ok", GREETING),
        ("Guten Tag", GREETING),
        ("merci beaucoup", GREETING),
        ("спасибо", GREETING),
        ("ありがとう", GREETING),
        ("asdfghjkl", NOISE),
        ("jjjjjjjjj", NOISE),
        ("xkcvbw qwrtpsd", NOISE),
        ("def load(path):\n    return json.loads(path.read_text())", CODE),
        ('{"id": 17, "tags": ["a", "b"], "ok": true}', CODE),
        ("2024-03-01 12:33:01 ERROR [main] c.e.Service - timeout(3000)", CODE),
        ('<div class="row"><span>x</span></div>', CODE),
        ("Hi, where is my order?", None),
        ("thanks, but the card never arrived", None),
        ("no money came out of the machine", None),
        ("My order is AB12-77X9, where is it?", None),
        ("What does error 0x80070005 mean (on Windows)?", None),
        ("Die Rechtschreibprüfung funktioniert nicht.", None),
        ("kde je moje objednávka", None),
        ("カードが届きません", None),
        ("IBAN DE89 3704 0044 0532 0130 00", None),
        ("I typed qwerty as my password, is that bad?", None),
        ("The app (version 3.2; iOS) crashes; can you help?", None),
    ],
)
def test_rules_tell_noise_from_messages(text, rule):
    assert rule_of(text) == rule


def test_rules_take_linear_time():
    for text in (
        "a" * 10**6,
        "a(" * 10**6,
        "<a " * 10**6,
        "\n;" * 10**6,
        "x=" * 10**6,
        "b" * 10**6,
    ):
        start = time.perf_counter()
        rule_of(text)
        assert time.perf_counter() - start < 1


def mixed(num_rows: int = 400, num_foreign: int = 20):
    """Messages of eight kinds, and foreign rows that are near to each other."""
    features_ND, _ = kinds(8, num_rows, noise=0.1)
    features_ND += 0.5  # messages of one service have much in common
    foreign_ND, _ = kinds(1, num_foreign, noise=0.02, seed=9)
    texts = [f"message number {row} of the service" for row in range(num_rows + num_foreign)]
    is_foreign_N = np.arange(num_rows + num_foreign) >= num_rows
    return texts, np.concatenate([features_ND, foreign_ND]), is_foreign_N


def precision(found, is_foreign_N) -> float:
    rank_N = np.zeros(len(is_foreign_N))
    for rank, one in enumerate(found):
        rank_N[one.row] = -rank
    return float(average_precision_score(is_foreign_N, rank_N))


def test_foreign_rows_are_found_though_they_are_near_to_each_other():
    texts, features_ND, is_foreign_N = mixed()
    found = irrelevant_rows(texts, features_ND)
    assert precision(found, is_foreign_N) > 0.95
    assert found[0].what == "far from all others"
    assert 0 <= found[0].nearest < 400
    assert len(found) == len(texts)


def test_a_language_model_finds_what_the_features_do_not():
    texts, features_ND, _ = mixed()
    features_ND, texts = features_ND[:400], texts[:400]
    bits_N = np.random.default_rng(0).normal(2, 0.2, 400)
    bits_N[7], bits_N[8] = 6.0, np.nan
    first = irrelevant_rows(texts, features_ND, bits_per_byte_N=bits_N)[0]
    assert (first.row, first.what) == (7, "unusual language")


def test_nothing_is_dropped_without_a_threshold():
    texts, features_ND, is_foreign_N = mixed()
    texts[3], texts[5] = "asdfghjkl", "thank you"
    places = [f"m.csv:{row + 2}" for row in range(len(texts))]
    found = irrelevant_rows(texts, features_ND)
    dropped_N, counts = drop_irrelevant(found, texts, places)
    assert not dropped_N.any()
    assert {count.what: count.num_rows for count in counts} == {
        "keyboard noise": 1,
        "greeting or thanks only": 1,
    }
    dropped_N, counts = drop_irrelevant(found, texts, places, above=5)
    assert dropped_N[3]
    assert dropped_N[is_foreign_N].mean() > 0.8
    assert dropped_N[:400].mean() < 0.05
    assert dropped_N.sum() == sum(count.num_rows for count in counts)


def test_the_same_ranking_on_every_number_of_threads():
    texts, features_ND, _ = mixed()
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(irrelevant_rows(texts, features_ND))
    assert found[0] == found[1]


def test_few_rows_have_no_usual():
    assert {one.score for one in irrelevant_rows(["a question"] * 9, np.eye(9))} == {0.0}
