"""The baselines: oracles are scikit-learn's own vectoriser, classifiers and pipelines."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sartor.core.candidate import Job
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.tune.baseline import ABSENT_MARGIN, Majority, TfidfLinear
from sartor.tune.ngrams import ANALYSERS, learn_block, weighted_counts

BANKING77 = Path(__file__).parents[2].parent / "shared" / "data" / "banking77" / "train.jsonl.gz"
TEXTS = [
    "Where is my order?",
    "where IS my  parcel, please",
    "I want my money back!",
    "money back for the coat",
    "Thank you, lovely coat 😀",
    "thank you so much",
]
SINGLE = np.array([0, 0, 1, 1, 2, 2])
MULTI = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=bool)
SCORE = np.array([1.0, 1.5, -2.0, -1.5, 4.0, 5.0])
TARGETS = {OutputKind.SINGLE: SINGLE, OutputKind.MULTI: MULTI, OutputKind.SCORE: SCORE}
ODD_TEXTS = ["", "  \n ", "zzz qqq", "日本語 ünïcode", "a", json.loads('"my \\ud83d order"')]


def job(texts=TEXTS, targets=SINGLE, *, labels=("order", "refund", "thanks"), **settings):
    kind = next(k for k in TARGETS if TARGETS[k].dtype == targets.dtype)
    labels = () if kind is OutputKind.SCORE else tuple(labels)
    facts = TaskFacts(
        output_kind=kind,
        labels=labels,
        descriptions={},
        num_fit=len(texts),
        smallest_class=2,
        mean_tokens=8.0,
        max_tokens=256,
    )
    rows = Split(texts, targets, np.arange(len(texts)), [f"a.csv:{i}" for i in range(len(texts))])
    given = {dial.name: dial.default for dial in TfidfLinear().dials(facts, None)} | settings
    return Job(facts=facts, settings=given, base=None, rows=rows, seed=3)


def fit(method, job):
    learning = method.begin(job, engine=None)
    learning.advance(0)
    return learning


def test_the_majority_class_is_the_answer_to_everything():
    targets = np.array([1, 1, 1, 0, 2, 1])
    logits = fit(Majority(), job(targets=targets)).scores(["a", "", "b"])
    assert logits.shape == (3, 3)
    assert (logits.argmax(axis=1) == 1).all()
    assert np.allclose(np.exp(logits).sum(axis=1), 1)


def test_for_several_labels_the_majority_is_asked_of_each_label():
    targets = np.array([[1, 0], [1, 0], [1, 0], [1, 1], [0, 0], [1, 0]], dtype=bool)
    logits = fit(Majority(), job(targets=targets, labels=("often", "seldom"))).scores(["a"])
    assert logits[0, 0] > 0 > logits[0, 1]


def test_for_a_score_the_baseline_is_the_mean():
    assert fit(Majority(), job(targets=SCORE)).scores(["a"])[0, 0] == pytest.approx(SCORE.mean())


def words(text):
    """Words and pairs of words, edges included, written down anew."""
    import re
    import unicodedata

    plain = unicodedata.normalize("NFKC", text).lower()
    pieces = ["▁", *re.findall(r"\w+|[^\w\s]", plain), "▁"]
    return [p for p in pieces if p != "▁"] + [
        f"{a} {b}" for a, b in pairwise(pieces) if (a, b) != ("▁", "▁")
    ]


def characters(text):
    """Runs of 2 to 5 characters within each padded word, written down anew."""
    import unicodedata

    padded = unicodedata.normalize("NFKC", text).lower().split()
    return [
        f"▁{word}▁"[start : start + size]
        for word in padded
        for size in range(2, 6)
        for start in range(len(word) + 3 - size)
    ]


@pytest.mark.parametrize(("unit", "grams"), [("word", words), ("character", characters)])
@pytest.mark.parametrize("min_df", [1, 2])
def test_weighted_counts_are_those_of_scikit_learn(unit, grams, min_df):
    from sklearn.feature_extraction.text import TfidfVectorizer

    oracle = TfidfVectorizer(analyzer=grams, sublinear_tf=True, min_df=min_df).fit(TEXTS)
    block = learn_block(TEXTS, analyser=ANALYSERS[unit], min_df=min_df, max_tokens=256)
    assert len(block.idf) == len(oracle.vocabulary_)
    texts = [*TEXTS, "my my MY order where", "Thank you for nothing, 😀", "", "zzz"]
    found, expected = weighted_counts(texts, block), oracle.transform(texts)
    # Columns are ordered differently: compare what a linear model sees, all inner products.
    difference = (found @ found.T).toarray() - (expected @ expected.T).toarray()
    assert np.abs(difference).max() < 1e-6


@pytest.mark.parametrize("ngrams", ["word", "character", "word+character"])
def test_scores_are_the_margins_of_linear_svc(ngrams):
    from scipy.sparse import hstack
    from sklearn.svm import LinearSVC

    learned = fit(TfidfLinear(), job(ngrams=ngrams))
    blocks = [
        learn_block(TEXTS, analyser=ANALYSERS[unit], min_df=1, max_tokens=256)
        for unit in ngrams.split("+")
    ]
    features = hstack([weighted_counts(TEXTS, block) for block in blocks])
    oracle = LinearSVC(C=1.0, random_state=0).fit(features, SINGLE).decision_function(features)
    assert np.abs(learned.scores(TEXTS) - oracle).max() < 1e-3


def test_a_score_is_predicted_as_ridge_regression_does():
    from scipy.sparse import hstack
    from sklearn.linear_model import Ridge

    learned = fit(TfidfLinear(), job(targets=SCORE, alpha=0.1))
    blocks = [
        learn_block(TEXTS, analyser=ANALYSERS[unit], min_df=1, max_tokens=256)
        for unit in ("word", "character")
    ]
    features = hstack([weighted_counts(TEXTS, block) for block in blocks]).toarray()
    oracle = Ridge(alpha=0.1, solver="svd").fit(features, SCORE).predict(features)
    assert np.abs(learned.scores(TEXTS)[:, 0] - oracle).max() < 1e-2


@pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)
def test_every_kind_of_label_is_learned_and_odd_texts_are_scored(targets):
    learned = fit(TfidfLinear(), job(targets=targets, C=10.0, alpha=0.01))
    logits = learned.scores(TEXTS)
    if targets is SINGLE:
        assert (logits.argmax(axis=1) == SINGLE).all()
    elif targets is MULTI:
        assert ((logits > 0) == MULTI).all()
    else:
        assert np.abs(logits[:, 0] - SCORE).max() < 0.5
    odd = learned.scores(ODD_TEXTS)
    assert odd.dtype == np.float32
    assert np.isfinite(odd).all()
    assert np.abs(odd[0] - learned.fitted().arrays["bias"]).max() < 1e-6, "empty: bias alone"


def test_two_labels_get_opposite_margins():
    logits = fit(TfidfLinear(), job(targets=SINGLE.clip(max=1), labels=("a", "b"))).scores(TEXTS)
    assert np.allclose(logits[:, 0], -logits[:, 1])
    assert (logits.argmax(axis=1) == SINGLE.clip(max=1)).all()


def test_a_label_that_the_rows_lack_is_never_given():
    logits = fit(TfidfLinear(), job(targets=SINGLE * 2, labels=("a", "b", "c", "d", "e"))).scores(
        [*TEXTS, *ODD_TEXTS]
    )
    assert (logits[:, [1, 3]] == ABSENT_MARGIN).all()
    assert set(logits.argmax(axis=1)) <= {0, 2, 4}


def test_rows_of_one_label_only_give_that_label():
    logits = fit(TfidfLinear(), job(targets=np.full(6, 2))).scores(TEXTS)
    assert (logits.argmax(axis=1) == 2).all()


def test_where_no_word_is_frequent_enough_the_majority_answers():
    texts = ["aa bb", "cc dd", "ee ff", "gg hh", "ii jj", "kk ll"]
    learned = fit(TfidfLinear(), job(texts, np.array([0, 1, 1, 1, 2, 1]), min_df=3, ngrams="word"))
    assert (learned.scores(texts).argmax(axis=1) == 1).all()


def test_the_same_seed_gives_the_same_bits_and_a_restored_fit_goes_on():
    first, second = (fit(TfidfLinear(), job()) for _ in range(2))
    restored = TfidfLinear().begin(job(), engine=None)
    restored.restore(first.state())
    restored.advance(0)
    for name, array in first.state().arrays.items():
        assert array.tobytes() == second.state().arrays[name].tobytes()
    assert first.scores(TEXTS).tobytes() == restored.scores(TEXTS).tobytes()


def test_all_that_was_learned_survives_json_and_plain_arrays():
    from dataclasses import replace

    from sartor.tune.baseline import tfidf_scores

    fitted = fit(TfidfLinear(), job()).fitted()
    copy = replace(fitted, facts=json.loads(json.dumps(fitted.facts)))
    assert all(array.dtype != object for array in fitted.arrays.values())
    assert tfidf_scores(copy, TEXTS).tobytes() == tfidf_scores(fitted, TEXTS).tobytes()


def test_what_lies_beyond_the_longest_text_is_not_read():
    from dataclasses import replace

    short = job()
    short = replace(short, facts=short.facts.with_(max_tokens=4))
    learned = fit(TfidfLinear(), short)
    assert np.array_equal(
        learned.scores(["thank you so much " * 9]),
        learned.scores(["thank you so much " * 9 + "money back"]),
    )


def test_the_dials_fit_the_kind_of_label():
    method = TfidfLinear()
    names = {
        kind: {dial.name for dial in method.dials(job(targets=TARGETS[kind]).facts, None)}
        for kind in OutputKind
    }
    assert names[OutputKind.SINGLE] == names[OutputKind.MULTI] == {"ngrams", "min_df", "C"}
    assert names[OutputKind.SCORE] == {"ngrams", "min_df", "alpha"}


@pytest.mark.slow
@pytest.mark.needs_shared
@pytest.mark.skipif(not BANKING77.exists(), reason="BANKING77 is not beside the repository")
def test_on_banking77_it_is_no_worse_than_scikit_learns_pipeline():
    """Held out from the training file; its test file is left alone."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    with gzip.open(BANKING77, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    names = sorted({row["label"] for row in rows})
    texts = np.array([row["text"] for row in rows], dtype=object)
    targets = np.array([names.index(row["label"]) for row in rows])
    order = np.random.default_rng(0).permutation(len(rows))
    held, kept = order[:1500], order[1500:]
    learned = fit(TfidfLinear(), job(list(texts[kept]), targets[kept], labels=names))
    ours = (learned.scores(list(texts[held])).argmax(axis=1) == targets[held]).mean()
    pipeline = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        ),
        LinearSVC(random_state=0),
    ).fit(texts[kept], targets[kept])
    theirs = (pipeline.predict(texts[held]) == targets[held]).mean()
    assert ours >= 0.90
    assert ours >= theirs - 0.005
