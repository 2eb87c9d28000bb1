"""The baseline's package: the ONNX graph says what numpy says, for any text there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import package_samples as samples
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sartor.core.candidate import Job
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.engines.packages import check_package, load_package, write_package
from sartor.tune.baseline import Majority, TfidfLinear, tfidf_scores

TRAIN = [
    "Where is my order?",
    "where IS my  parcel, please",
    "I want my money back!",
    "money back for the coat",
    "Thank you, lovely coat 😀",
    "thank you sooooo much ünïcode naïve ﬁne",
]
TARGETS = {
    OutputKind.SINGLE: np.array([0, 0, 1, 1, 2, 2]),
    OutputKind.MULTI: np.eye(3, dtype=bool)[[0, 0, 1, 1, 2, 2]],
    OutputKind.SCORE: np.array([1.0, 1.5, -2.0, -1.5, 4.0, 5.0]),
}
TEXTS = [
    *TRAIN,
    "",
    " \n\t\u00a0",
    "a",
    "where where where is the coat",
    "totally unseen wörds",
    "日本語 👩‍👩‍👧 e\u0301clair",
    "[UNK] ▁ ▁my▁ order",
    "money " * 3000,
    json.loads('"my \\ud83d order"'),
]


def fitted(kind=OutputKind.SINGLE, method=None, **dials):
    labels = () if kind is OutputKind.SCORE else samples.LABELS
    facts = TaskFacts(kind, labels, {}, len(TRAIN), 2, 6.0, 256)
    method = method or TfidfLinear()
    chosen = {dial.name: dial.default for dial in method.dials(facts, None)} | dials
    rows = Split(TRAIN, TARGETS[kind], np.arange(len(TRAIN)), [""] * len(TRAIN))
    learning = method.begin(Job(facts, chosen, None, rows, 0), engine=None)
    learning.advance(0)
    return learning.fitted()


def written(learned, folder):
    folder.mkdir(exist_ok=True)
    write_package(learned, folder, card=samples.card(method="tfidf", method_title="counts"))
    return folder


@pytest.mark.parametrize("kind", list(OutputKind))
@pytest.mark.parametrize("ngrams", ["word", "character", "word+character"])
def test_the_package_says_what_numpy_says(kind, ngrams, tmp_path):
    learned = fitted(kind, ngrams=ngrams)
    expected = tfidf_scores(learned, TEXTS)
    assert np.ptp(expected, axis=0).min() > 0.1
    served = load_package(written(learned, tmp_path / "p"))
    assert np.abs(served.logits(TEXTS) - expected).max() < 1e-5
    check_package(served.folder, TEXTS, expected, 1e-4)


@pytest.mark.parametrize("kind", list(OutputKind))
def test_the_majority_class_has_a_package_too(kind, tmp_path):
    learned = fitted(kind, Majority())
    served = load_package(written(learned, tmp_path / "p"))
    assert np.array_equal(served.logits(TEXTS), tfidf_scores(learned, TEXTS))


@pytest.fixture(scope="module")
def packaged(tmp_path_factory):
    learned = fitted()
    return learned, load_package(written(learned, tmp_path_factory.mktemp("tfidf")))


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(),
        st.lists(st.sampled_from([*"aehimorstwy ▁'?", "where", "my ", "\n", "😀", "İ", "ß"])).map(
            "".join
        ),
    )
)
def test_any_text_at_all_gets_the_same_logits(packaged, text):
    learned, served = packaged
    assert np.abs(served.logits([text]) - tfidf_scores(learned, [text])).max() < 1e-5


def test_the_package_is_small_quick_and_free_of_pickles(packaged):
    _, served = packaged
    files = {path.name for path in served.folder.iterdir()}
    assert files == {
        "README.md",
        "labels.json",
        "model.onnx",
        "sartor.json",
        "tokenizer_character.json",
        "tokenizer_word.json",
    }
    assert served.size_bytes < 1_000_000
    p50, _ = served.measure_latency(TRAIN)
    assert p50 < 50


def test_the_script_of_the_model_card_needs_onnxruntime_tokenizers_and_numpy_only(packaged):
    learned, served = packaged
    texts = [text for text in TEXTS if "\ud83d" not in text] + samples.messages(500)
    page = (served.folder / "README.md").read_text()
    (script,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    script = re.sub(r"^texts = .*$", lambda _: f"texts = {texts!r}", script, flags=re.M)
    script += "import sys\nheavy = {'torch', 'sklearn', 'sartor'} & set(sys.modules)\n"
    script += "print('RESULT', json.dumps({'logits': logits.tolist(), 'heavy': sorted(heavy)}))\n"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=served.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout.rpartition("RESULT")[2])
    assert result["heavy"] == []
    assert np.abs(np.array(result["logits"]) - tfidf_scores(learned, texts)).max() < 1e-5
