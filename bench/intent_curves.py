"""Learning curves of cheap classifiers on real messages: accuracy and recall over nested subsets.

    python -m bench.intent_curves --cache FOLDER [--sets multidogo,banking77,nlupp,bitext]

Words (TF-IDF) and frozen MiniLM features, each under a logistic regression with fixed settings. What has been
computed lies in the folder as JSON and is not computed again. `bench.choose` reads it.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from bench.document import SHARED, read_rows

NUM_DRAWS = 3
NUM_HALVINGS = 6
"""Sizes are all rows, half of them, and so on."""
MOST_TEST = 3000
LEARN_SHARE = 0.75
"""Where a set comes without a split."""
MOST_MULTIDOGO = 8192
CLASSIFIERS = ("words", "features")
Rows = tuple[list[Any], list[tuple[str, ...]]]
"""Texts, and the labels of each."""


def main() -> None:
    """Compute what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cache", required=True, help="folder of the curves")
    parser.add_argument("--sets", default=",".join(SETS), help="which of the sets")
    arguments = parser.parse_args()
    for name in arguments.sets.split(","):
        curves_of(name, Path(arguments.cache))


def curves_of(name: str, cache: Path) -> list[dict[str, Any]]:
    """The curves of one set, from the cache where they are there.

    Returns:
        `name`, `classifier`, `draw`, `sizes`, `accuracy`, `num_scored`; `labels` to `train` and `recall` by
        size and `num_scored`, where a message has one label.
    """
    file = cache / f"curves_{name}.json"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        found = [curve for part in SETS[name](cache) for curve in part]
        file.write_text(json.dumps(found), "utf-8")
    return json.loads(file.read_text("utf-8"))


def banking77(cache: Path) -> Iterator[list[dict[str, Any]]]:
    """77 intents of a bank's customers; its own split."""
    folder = SHARED / "data" / "banking77"
    learn, test = (single(read_rows(folder / f"{part}.jsonl.gz")) for part in ("train", "test"))
    for classifier in CLASSIFIERS:
        yield list(draws(f"banking77 {classifier}", classifier, learn, test, cache))


def nlupp(cache: Path) -> Iterator[list[dict[str, Any]]]:
    """Several intents a message: a row is right where all of them are."""
    for part in ("banking", "hotels"):
        rows = read_rows(SHARED / "data" / "nlupp" / f"{part}.jsonl.gz")
        learn, test = split(
            ([r["text"] for r in rows], [tuple(sorted(r["intents"])) for r in rows])
        )
        for classifier in CLASSIFIERS:
            yield list(draws(f"nlupp {part} {classifier}", classifier, learn, test, cache))


def bitext(cache: Path) -> Iterator[list[dict[str, Any]]]:
    """27 intents, written by templates: nearly all are right with a few hundred rows."""
    rows = read_rows(SHARED / "data" / "bitext_support" / "templates_6k.jsonl.gz")
    unique = {r["instruction"]: (r["intent"],) for r in rows}
    learn, test = split((list(unique), list(unique.values())))
    for classifier in CLASSIFIERS:
        yield list(draws(f"bitext {classifier}", classifier, learn, test, cache))


def multidogo(cache: Path) -> Iterator[list[dict[str, Any]]]:
    """Turns of six service domains with one intent; words alone."""
    folder = SHARED / "data" / "multidogo"
    parts = [read_rows(folder / f"{part}.jsonl.gz") for part in ("train", "test")]
    for domain in sorted({row["domain"] for row in parts[0]}):
        learn, test = (
            single(
                [
                    {"text": r["text"], "label": r["intents"][0]}
                    for r in rows
                    if r["domain"] == domain and len(r["intents"]) == 1
                ]
            )
            for rows in parts
        )
        order = np.random.default_rng(0).permutation(len(learn[0]))[:MOST_MULTIDOGO]
        yield list(draws(f"multidogo {domain} words", "words", picked(learn, order), test, cache))


def hem(cache: Path) -> Iterator[list[dict[str, Any]]]:
    """The bundled inbox of a shop, 29 intents."""
    file = resources.files("sartor").joinpath("examples", "hem", "messages.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [{"text": r["message"], "label": r["intent"]} for r in csv.DictReader(lines)]
    learn, test = split(single(rows))
    yield list(draws("hem words", "words", learn, test, cache))


def digits(cache: Path) -> Iterator[list[dict[str, Any]]]:
    """No messages at all: handwritten digits of scikit-learn, by their pixels."""
    from sklearn.datasets import load_digits

    found = load_digits()
    rows = (list(found.data / 16), [(str(label),) for label in found.target])
    learn, test = split(rows)
    for draw in range(NUM_DRAWS):
        inputs = np.array(learn[0]), learn[1], np.array(test[0]), test[1]
        yield [{"name": "digits", "classifier": "pixels", "draw": draw} | curve(*inputs, draw=draw)]


SETS: dict[str, Callable[[Path], Iterator[list[dict[str, Any]]]]] = {
    "multidogo": multidogo,
    "banking77": banking77,
    "nlupp": nlupp,
    "bitext": bitext,
    "hem": hem,
    "digits": digits,
}


def single(rows: list[dict[str, Any]]) -> Rows:
    """Rows of one label each."""
    return [row["text"] for row in rows], [(row["label"],) for row in rows]


def picked(rows: Rows, order: np.ndarray) -> Rows:
    """Some of the rows."""
    return [rows[0][i] for i in order], [rows[1][i] for i in order]


def split(rows: Rows) -> tuple[Rows, Rows]:
    """Rows to learn from and rows to score, drawn once."""
    order = np.random.default_rng(0).permutation(len(rows[0]))
    num_learn = int(LEARN_SHARE * len(order))
    return picked(rows, order[:num_learn]), picked(rows, order[num_learn:])


def draws(
    name: str, classifier: str, learn: Rows, test: Rows, cache: Path
) -> Iterator[dict[str, Any]]:
    """One curve a draw."""
    test = picked(test, np.random.default_rng(1).permutation(len(test[0]))[:MOST_TEST])
    learn_X, test_X = INPUTS[classifier](learn[0], test[0], cache)
    for draw in range(NUM_DRAWS):
        print(f"{name}, draw {draw}", file=sys.stderr, flush=True)
        yield {"name": name, "classifier": classifier, "draw": draw} | curve(
            learn_X, learn[1], test_X, test[1], draw=draw
        )


def curve(
    learn_X: Any,
    learn: list[tuple[str, ...]],
    test_X: Any,
    test: list[tuple[str, ...]],
    *,
    draw: int,
) -> dict[str, Any]:
    """Accuracy on the same test rows after more and more of one order of the rows."""
    order = np.random.default_rng(100 + draw).permutation(len(learn))
    sizes = [len(learn) >> halving for halving in range(NUM_HALVINGS, -1, -1)]
    is_right, labels = [], sorted({row[0] for row in test if row})
    for size in sizes:
        rows = order[:size]
        is_right.append(right(learn_X[rows], [learn[i] for i in rows], test_X, test))
    is_single = all(len(row) == 1 for row in (*learn, *test))
    return {
        "sizes": sizes,
        "accuracy": [float(r.mean()) for r in is_right],
        "num_scored": len(test),
        "labels": {
            label: {
                "train": [sum(learn[i] == (label,) for i in order[:size]) for size in sizes],
                "recall": [float(r[[row == (label,) for row in test]].mean()) for r in is_right],
                "num_scored": sum(row == (label,) for row in test),
            }
            for label in (labels if is_single else [])
        },
    }


def right(
    learn_X: Any, learn: list[tuple[str, ...]], test_X: Any, test: list[tuple[str, ...]]
) -> np.ndarray:
    """Of which test rows every label is found, and no other."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import MultiLabelBinarizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if all(len(row) == 1 for row in (*learn, *test)):
            model = LogisticRegression(C=10, max_iter=100, tol=1e-3)
            found = model.fit(learn_X, [row[0] for row in learn]).predict(test_X)
            return np.asarray([a == b[0] for a, b in zip(found, test, strict=True)])
        names = MultiLabelBinarizer().fit([*learn, *test])
        many = OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear"))
        found_NC = many.fit(learn_X, names.transform(learn)).predict(test_X)
        return np.asarray((found_NC == names.transform(test)).all(axis=1))


def words(learn: list[str], test: list[str], cache: Path) -> tuple[Any, Any]:
    """TF-IDF of words and pairs of words; the words of all rows to learn from."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    return vectorizer.fit_transform(learn), vectorizer.transform(test)


def features(learn: list[str], test: list[str], cache: Path) -> tuple[Any, Any]:
    """Unit vectors of the embedded sentence encoder, one pass, kept."""
    from sartor.base.resolve import resolve
    from sartor.engines.encoder_engine import EncoderEngine
    from sartor.store.artifacts import DiskArtifacts

    base = resolve("minilm-l6", offline=True)
    engine = EncoderEngine(DiskArtifacts(cache), max_tokens=64, device="cpu")
    both_ND = engine.features(base, [*learn, *test], "mean")
    both_ND = both_ND / np.linalg.norm(both_ND, axis=1, keepdims=True)
    return both_ND[: len(learn)], both_ND[len(learn) :]


INPUTS = {"words": words, "features": features}

if __name__ == "__main__":
    main()
