"""BLEU and chrF equal sacrebleu's, ROUGE-L that of rouge-score; the rest is counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from random_answers import SENTENCES, objects, random_case
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from sartor.core.goal import OutputKind
from sartor.evaluate.answer_words import rouge_words
from sartor.evaluate.metrics import is_right, metric_value
from sartor.evaluate.text_metrics import signature

SEEDS = range(300)


def sacrebleu(name: str, targets: np.ndarray, decided: np.ndarray) -> float:
    """Corpus score over 100, the references as sacrebleu wants them: by rank, None where none is left."""
    if not len(targets):
        return 0.0
    most = max(len(references) for references in targets)
    ranks = [[(*refs, *[None] * most)[rank] for refs in targets] for rank in range(most)]
    scorer = {"bleu": BLEU(), "chrf": CHRF()}[name]
    return scorer.corpus_score(list(decided), ranks).score / 100


class AnyScript:
    """rouge-score's door for other tokenizers."""

    def tokenize(self, text: str) -> list[str]:
        return rouge_words(text)


def rouge_l(targets: np.ndarray, decided: np.ndarray, tokenizer: AnyScript | None) -> float:
    scorer = RougeScorer(["rougeL"], use_stemmer=False, tokenizer=tokenizer)
    scores = [
        scorer.score_multi(list(references), answer)["rougeL"].fmeasure
        for references, answer in zip(targets, decided, strict=True)
    ]
    return float(np.mean(scores))


@pytest.mark.parametrize("name", ["bleu", "chrf"])
def test_bleu_and_chrf_equal_sacrebleus_on_300_random_sets(name: str) -> None:
    values = []
    for seed in SEEDS:
        _, targets, decided_R = random_case(OutputKind.TEXT, seed)
        values.append(metric_value(name, targets, decided_R[0], 0))
        assert values[-1] == pytest.approx(sacrebleu(name, targets, decided_R[0]), abs=1e-9), seed
    assert 0 in values
    assert len(set(values)) > 200


@pytest.mark.parametrize("name", ["bleu", "chrf"])
@pytest.mark.parametrize(
    ("answers", "references"),
    [
        (SENTENCES, [(sentence,) for sentence in SENTENCES]),
        (SENTENCES, [(sentence,) for sentence in SENTENCES[1:] + SENTENCES[:1]]),
        (["", ""], [("nothing came",), ("", "or this")]),
        ([""], [("",)]),
        (["a"], [("a",)]),
        (["a b c d"], [("a b c d", "a b", "a b c d e f")]),
        (["w x y z a b c"], [("a b c",)]),
        (["a b c", "nothing in common"], [("a b c", "a"), ("",)]),
        (["tab\tand\nline", "  spaces  "], [("tab and line",), ("spaces",)]),
        (["&quot;quoted&quot; &amp; done"], [('"quoted" & done',)]),
    ],
)
def test_bleu_and_chrf_equal_sacrebleus_at_the_edges(name, answers, references) -> None:
    targets, decided = objects(list(references)), objects(list(answers))
    ours = metric_value(name, targets, decided, 0)
    assert ours == pytest.approx(sacrebleu(name, targets, decided), abs=1e-9)
    assert 0 <= ours <= 1


@pytest.mark.parametrize("name", ["bleu", "chrf"])
def test_a_weighted_row_counts_as_often_for_sacrebleu(name: str) -> None:
    for seed in SEEDS[:100]:
        _, targets, decided_R = random_case(OutputKind.TEXT, seed)
        counts = np.random.default_rng(seed).integers(0, 4, len(targets))
        rows = np.repeat(np.arange(len(targets)), counts)
        ours = metric_value(name, targets, decided_R[0], 0, counts)
        theirs = sacrebleu(name, targets[rows], decided_R[0][rows])
        assert ours == pytest.approx(theirs, abs=1e-9), seed


def test_the_signature_is_the_one_that_sacrebleu_prints() -> None:
    targets = objects([("a", "b"), ("c", "d")])
    scorer = BLEU()
    scorer.corpus_score(["a", "c"], [["a", "c"], ["b", "d"]])
    assert signature("bleu", targets) == str(scorer.get_signature())
    assert signature("chrf", targets).startswith("nrefs:2|case:mixed|eff:yes|nc:6|nw:0|space:no")
    assert signature("bleu", objects([("a",), ("a", "b")])).startswith("nrefs:var|")
    assert signature("bleu").startswith("nrefs:var|")


def test_rouge_l_equals_rouge_scores_in_ascii() -> None:
    sentences = [sentence for sentence in SENTENCES if sentence.isascii()]
    rng = np.random.default_rng(0)
    values = []
    for _ in range(300):
        words = " ".join(rng.permutation(sentences)[:2]).split(" ")
        targets = objects([(" ".join(rng.permutation(words)), sentences[int(rng.integers(5))])])
        decided = objects(["" if rng.random() < 0.1 else " ".join(rng.permutation(words))])
        values.append(metric_value("rouge_l", targets, decided, 0))
        assert values[-1] == pytest.approx(rouge_l(targets, decided, None), abs=1e-12)
    assert len(set(values)) > 50


def test_rouge_l_equals_rouge_scores_with_words_of_any_script() -> None:
    for seed in SEEDS:
        _, targets, decided_R = random_case(OutputKind.TEXT, seed)
        ours = metric_value("rouge_l", targets, decided_R[0], 0)
        assert ours == pytest.approx(rouge_l(targets, decided_R[0], AnyScript()), abs=1e-12), seed


@pytest.mark.parametrize(
    ("answer", "references", "value"),
    [
        ("the red car", ("a red car",), 2 / 3),
        ("red red car", ("red car car",), 2 / 3),
        ("red", ("blue", "a red one", "red hat"), 2 / 3),
        ("Red Car!", ("red car",), 1.0),
        ("", ("red",), 0.0),
        ("red", ("",), 0.0),
        ("", ("",), 1.0),
        ("5 %", ("5",), 2 / 3),
        ("我们明天到", ("明天到",), 2 * 3 / 8),
    ],
)
def test_word_f1_by_hand(answer: str, references: tuple[str, ...], value: float) -> None:
    assert metric_value("token_f1", objects([references]), objects([answer]), 0) == pytest.approx(
        value
    )


@pytest.mark.parametrize(
    ("answer", "reference", "is_same"),
    [
        ("The RED car.", "the red car", True),
        ("red car", "the red car", False),
        ("A", "B", False),
        ("3.5 GB", "35 GB", False),
        ("-5 degrees", "5 degrees", False),
        ("a range of 3-5", "a range of 3–5", True),
        ("5 %", "5%", True),
        ("5%", "5", False),
        ("C++", "C", False),
        ("C#", "C", False),
        ("👍", "👎", False),
        ("❤\ufe0f", "❤", True),
        ("STRASSE", "straße", True),
        ("caf\u00e9", "cafe\u0301", True),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width", True),
        ("明天 到达。", "明天到达", True),
        ("«Oui», dit-il.", "oui dit il", True),
        ("नमस्ते दुनिया", "नमस्ते  दुनिया!", True),
        ("?", "!", False),
        ("?", "? ", True),
        ("", "", True),
        ("", "yes", False),
    ],
)
def test_an_answer_is_right_as_a_whole_after_the_stated_normalisation(answer, reference, is_same):
    targets = objects([("something else entirely", reference)])
    assert is_right(targets, objects([answer])).tolist() == [is_same]
    assert metric_value("exact_match", targets, objects([answer]), 0) == float(is_same)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("", 0.0),
        ("one two three", 0.0),
        ("one two three four", 0.0),
        ("one two three four one two three four", 1 / 5),
        ("no no no no no no no", 3 / 4),
        ("No, no! no no no no no", 3 / 4),
    ],
)
def test_repetition_is_the_share_of_four_word_runs_said_before(answer: str, value: float) -> None:
    ours = metric_value("repetition", objects([("anything",)]), objects([answer]), 0)
    assert ours == pytest.approx(value)


def test_length_ratio_sums_characters_and_takes_the_reference_closest_in_length() -> None:
    targets = objects([("12345", "1234567890"), ("123",)])
    assert metric_value("length_ratio", targets, objects(["12345678", " "]), 0) == 8 / 13
    assert metric_value("length_ratio", targets, objects(["", "123"]), 0) == 3 / 8
    assert metric_value("length_ratio", objects([("",)]), objects([""]), 0) == 0.0


def test_means_over_rows_are_means_of_the_rows() -> None:
    targets = objects([("red car",), ("blue",), ("red",)])
    decided = objects(["red", "blue", "green"])
    for name in ("token_f1", "rouge_l"):
        ours = metric_value(name, targets, decided, 0, np.array([3, 1, 0]))
        assert ours == pytest.approx((3 * 2 / 3 + 1) / 4)
