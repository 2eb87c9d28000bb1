"""Runs at the edge of what a report must bear: hostile texts, and hardly anything at all."""

from __future__ import annotations

from dataclasses import replace

from samples import RULE, banking, card, label_rows, left_behind

from sartor.core.dataset import DataCard
from sartor.core.decision import Decision, Verdict

SCRIPT = "<script>document.title='owned'</script>"
IMAGE = "<img src=x onerror=alert(1)>"
OVERRIDE = "account \u202egpj.exe\u202c"
ESCAPE = "\x1b[31mred\x1b[0m"
HEBREW = "שלום, החליפה שלי עדיין לא הגיעה"
LONG = "W" * 3000


def hostile() -> tuple[Decision, DataCard, str, list[str]]:
    """150 labels, several per text, each text an attack on the page."""
    decision = banking()[0]
    labels = [SCRIPT, "label_" * 40, HEBREW, OVERRIDE, *(f"topic {i:03d}" for i in range(146))]
    errors = [
        {"text": text, "true": [labels[i], labels[1]], "predicted": [], "confidence": 0.5,
         "source": f"{IMAGE}:{i}"}
        for i, text in enumerate([SCRIPT, IMAGE, OVERRIDE, ESCAPE, HEBREW, LONG, "\ud800 lone"])
    ]  # fmt: skip
    decision = replace(
        decision,
        headline=f"Ship {SCRIPT}",
        reason=IMAGE,
        advice=(SCRIPT, OVERRIDE),
        candidates=tuple(replace(r, title=f"{SCRIPT} {r.title}") for r in decision.candidates),
        details={
            "labels": label_rows(labels, 9, 0.8),
            "confusions": [
                {"true": labels[1], "predicted": labels[0], "num_examples": 3, "example": LONG}
            ],
            "errors": errors,
        },
        environment={"machine": SCRIPT, "seeds": [0]},
    )
    data = card(labels, {"train": 4000, "valid": 1000, "test": 1000}, SCRIPT)
    return decision, data, f"description: {SCRIPT}\n", [SCRIPT, ESCAPE]


def bare() -> tuple[Decision, DataCard, str, list[str]]:
    """Two labels, no test, no winner, every candidate failed or stopped."""
    decision = Decision(
        run="0",
        verdict=Verdict.NOT_YET,
        headline="Not yet: no candidate could be trained.",
        reason="Each one failed.",
        rule=RULE,
        metric="accuracy",
        winner=None,
        candidates=(
            left_behind("full", 0, 0, why="ran out of memory", state="failed"),
            left_behind("head", 1, 0.61, why="the clock"),
        ),
        targets=(),
        data={},
        advice=(),
        automation=None,
        details={},
        environment={},
        test_looks=0,
        seconds=3.0,
        is_cut_short=True,
    )
    data = DataCard(
        files=("a.csv",),
        columns={"input": "text", "output": "label"},
        origins={},
        num_examples={"train": 20},
        label_counts={"train": {"yes": 12, "no": 8}},
        length_words={},
        counts=(),
        split_rule="Repeated cross-validation, five folds, for want of rows.",
    )
    return decision, data, "", []


EDGES = {"hostile": hostile, "bare": bare}
