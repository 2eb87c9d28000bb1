"""The words of the report, explained once; only those that a report uses are printed."""

from __future__ import annotations

from collections.abc import Sequence

from sartor.core.decision import Decision
from sartor.core.goal import OutputKind
from sartor.core.metric import METRICS
from sartor.report.words import metric_name

METHODS = (
    ("Baseline", "An answer without a language model: the most frequent label, or word counts."),
    ("Zero-shot", "The model as it comes, told only the names of the labels."),
    ("Few-shot", "The model as it comes, shown a few examples of each label."),
    ("Head", "Transfer learning: the trunk of the model stays frozen, a new output layer learns."),
    ("Last-k layers", "Transfer learning: the top k layers learn along with the output layer."),
    ("LoRA", "Transfer learning: small added matrices learn beside every frozen linear layer."),
    ("Full", "Full fine-tuning: every weight of the model learns."),
)

WRITING_METHODS = (
    (
        "Baseline",
        "An answer without a language model: that of the most similar example, or words and phrases "
        "that are looked up.",
    ),
    ("Zero-shot", "The model as it comes, told what to do."),
    ("Few-shot", "The model as it comes, shown a few examples, the same for every input."),
    (
        "Retrieval",
        "The model as it comes, shown the examples, or passages of your documents, that are most like "
        "the input.",
    ),
    ("Last-k layers", "Transfer learning: the top k layers learn to write the answers."),
    *METHODS[-2:],
)
"""The methods where answers are texts."""

GENERAL = (
    (
        "Interval",
        "Were the same measurement repeated on other rows of the same kind, 95 of 100 such "
        "intervals would hold the true value. A wide one means: too few rows to say more.",
    ),
    ("Finalist", "The best setting of a method, trained again on all rows but those of the test."),
    ("Train, valid, test", "Rows to learn from, rows to choose by, and rows to report on."),
    (
        "Not distinguishable",
        "The rows at hand do not show a difference between the two; that is a result as well.",
    ),
    (
        "No worse within the tolerance",
        "Shown, at 95 % confidence, to lose no more than the tolerance to the best candidate.",
    ),
    (
        "p",
        "How often chance alone would make a difference this large, corrected for the number "
        "of candidates compared (Holm).",
    ),
    ("Latency, p95", "Of 100 messages answered one at a time, 95 took no longer than this."),
    ("Seed", "The number that fixes every random draw, so that a run can be repeated."),
    (
        "Probability truly met",
        "How likely the mark is met on all future messages of this kind, given the test rows.",
    ),
)

LABELS = (
    ("Precision", "Of the texts given a label, the share that truly has it."),
    ("Recall", "Of the texts that truly have a label, the share that was given it."),
    ("F1", "The harmonic mean of precision and recall: high only where both are."),
)

TABLES: dict[OutputKind, tuple[tuple[str, str], ...]] = {
    OutputKind.SPANS: (
        ("Precision", "Of the passages marked, the share that is right to the character."),
        ("Recall", "Of the passages that should be marked, the share that was."),
    ),
    OutputKind.FIELDS: (
        ("Precision", "Of the values given, the share that is right."),
        ("Recall", "Of the values that should be given, the share that was."),
    ),
}
"""What precision and recall mean where something is extracted."""

BASELINES: dict[OutputKind, str] = {
    OutputKind.SPANS: "A list of the passages marked before, or a conditional random field: weights of "
    "words, their neighbours and their forms, without a language model.",
    OutputKind.FIELDS: "For each field a rule: its most frequent value, a known one that stands in the "
    "text, or what looks like the values so far.",
}

ANSWERS: dict[OutputKind, tuple[tuple[str, str], ...]] = {
    OutputKind.TEXT: (
        (
            "Reference",
            "An answer from your data that counts as right. Another wording may be as good; metrics "
            "of wording tell which candidate is closer, not how many answers are right.",
        ),
    ),
    OutputKind.SPANS: (
        ("Span", "A marked passage of the text: where it begins, where it ends, and its label."),
    ),
    OutputKind.FIELDS: (
        (
            "Record",
            "The values taken from one text, by field. A field left empty is as good as none; of a "
            "list, every item counts.",
        ),
    ),
}
"""What stands in an answer, by output kind."""

AUTOMATION = (
    (
        "Calibrated confidence",
        "One that means what it says: of the answers given with 80 %, 80 of 100 are right.",
    ),
    (
        "Automation rate",
        "The share of messages answered without a person at the promised precision.",
    ),
    ("Coverage", "The share of messages answered alone at some threshold of the confidence."),
    (
        "ECE",
        "Expected calibration error: the mean gap between confidence and the share that is right.",
    ),
    ("Out of scope", "A text that belongs to none of the labels."),
)


def glossary(decision: Decision) -> list[tuple[str, str]]:
    """Term and meaning, in the order of the alphabet.

    Returns:
        Every metric that the decision mentions, and the words of the sections it has.
    """
    names = [
        metric for result in decision.candidates for metric in [*result.valid, *(result.test or ())]
    ]
    known = [name for name in dict.fromkeys([decision.metric, *names]) if name in METRICS]
    terms = [(_capital(metric_name(name)), METRICS[name].doc) for name in known]
    kind = _kind(known)
    terms += [*GENERAL, *(WRITING_METHODS if kind is OutputKind.TEXT else METHODS)]
    terms += [("Baseline for what is extracted", BASELINES[kind])] if kind in BASELINES else []
    terms += ANSWERS.get(kind, ()) if kind else ()
    if decision.details.get("labels"):
        terms += [*TABLES[kind], LABELS[2]] if kind in TABLES else LABELS
    terms += AUTOMATION if decision.automation else ()
    return sorted(terms, key=lambda term: term[0].lower())


def _kind(names: Sequence[str]) -> OutputKind | None:
    """The output kind that all metrics have in common; None where there are several."""
    kinds = [METRICS[name].kinds for name in names]
    common = frozenset.intersection(*kinds) if kinds else frozenset()
    return next(iter(common)) if len(common) == 1 else None


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]
