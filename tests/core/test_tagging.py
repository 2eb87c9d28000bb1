"""Words in any script, tags as CoNLL reads them, and the best path against all paths."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from seqeval.metrics.sequence_labeling import get_entities

from sartor.core.tagging import (
    best_path,
    bio_steps,
    num_tags,
    path_log_probability,
    spans_of,
    tag_names,
    tags_of,
    words_of,
)

LABELS = ("name", "place")
ASTRONAUT = "\U0001f469\U0001f3fd\u200d\U0001f680"
TEXTS = {
    "two  spaces\tand\nlines": ["two", "spaces", "and", "lines"],
    f"hi {ASTRONAUT}! \U0001f1f3\U0001f1f1": ["hi", ASTRONAUT, "!", "\U0001f1f3\U0001f1f1"],
    "e\u0301te\u0301 @ann_b": ["e\u0301te\u0301", "@", "ann_b"],
    "שָׁלוֹם דב": ["שָׁלוֹם", "דב"],
    "नमस्ते दुनिया": ["नमस्ते", "दुनिया"],
    "東京に行く": ["東", "京", "に", "行", "く"],
    "Ann's 3.5 km": ["Ann", "'", "s", "3", ".", "5", "km"],
    "": [],
    " \u00a0\n": [],
}


@pytest.mark.parametrize("text", TEXTS)
def test_words_stand_where_their_characters_are(text):
    assert [text[start:end] for start, end in words_of(text)] == TEXTS[text]


@pytest.mark.parametrize("text", TEXTS)
def test_no_character_but_space_is_left_out(text):
    kept = "".join(text[start:end] for start, end in words_of(text))
    assert kept == "".join(text.split())


def test_spans_become_tags_and_come_back():
    text = "Ann and Bert de Vries went to New Delhi Oslo"
    words = words_of(text)
    spans = ((0, 3, "name"), (8, 21, "name"), (30, 39, "place"), (40, 44, "place"))
    tags_W = tags_of(words, spans, LABELS)
    names = [tag_names(LABELS)[tag] for tag in tags_W]
    assert names[2:5] == ["B-name", "I-name", "I-name"]
    assert names[-3:] == ["B-place", "I-place", "B-place"], "neighbours of one label stay two"
    assert spans_of(words, tags_W, LABELS) == spans


def test_any_tags_are_read_as_seqeval_reads_them():
    rng = np.random.default_rng(0)
    names = tag_names(LABELS)
    for _ in range(300):
        tags = rng.integers(0, len(names), size=rng.integers(0, 9))
        words = [(2 * at, 2 * at + 1) for at in range(len(tags))]
        found = [
            (label, start // 2, end // 2) for start, end, label in spans_of(words, tags, LABELS)
        ]
        assert found == get_entities([names[tag] for tag in tags])


def test_the_best_path_is_the_best_of_all_paths_that_bio_allows():
    rng = np.random.default_rng(1)
    num = num_tags(LABELS)
    for length in (1, 2, 3, 4):
        scores_WT = rng.normal(size=(length, num))
        learned_ST = np.concatenate([np.zeros((1, num)), rng.normal(size=(num, num))])
        steps_ST = learned_ST + bio_steps(num)
        totals = {}
        for path in product(range(num), repeat=length):
            before = [0, *(tag + 1 for tag in path[:-1])]
            totals[path] = scores_WT[range(length), path].sum() + steps_ST[before, path].sum()
        best = max(totals, key=totals.__getitem__)
        path_W = best_path(scores_WT, steps_ST)
        assert tuple(path_W) == best
        assert totals[best] > -1e6, "no forbidden step"
        whole = np.logaddexp.reduce(np.array(list(totals.values())))
        assert path_log_probability(path_W, scores_WT, steps_ST) == pytest.approx(
            totals[best] - whole
        )


def test_an_inside_never_begins_or_changes_its_label():
    names = tag_names(LABELS)
    steps_ST = bio_steps(len(names))
    for before, row in zip(["start", *names], steps_ST, strict=True):
        for after, score in zip(names, row, strict=True):
            is_fine = after[0] != "I" or before[2:] == after[2:] != ""
            assert (score == 0) == is_fine, (before, after)
