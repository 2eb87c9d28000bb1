"""An answer names one label or none; nothing is guessed."""

from __future__ import annotations

import numpy as np
import pytest

from sartor.core.goal import OutputKind
from sartor.core.prediction import NO_LABEL
from sartor.evaluate.decisions import decide
from sartor.evaluate.details import confusions, instructive_errors
from sartor.evaluate.metrics import is_right, metric_value
from sartor.tune.named_labels import name_tokens, named_logits

LABELS = ("card_payment", "card_payment_fee", "Refund_not_showing_up", "other: mixed")
NAMED = {
    "card payment": 0,
    "Card_Payment.": 0,
    "**card payment fee**": 1,
    "Category: refund not showing up": 2,
    '"refund_not_showing_up"\n': 2,
    "other: mixed": 3,
    "Other: Mixed": 3,
    "": NO_LABEL,
    "I do not know": NO_LABEL,
    "card payment or refund not showing up": NO_LABEL,
    "not card payment": NO_LABEL,
    "card": NO_LABEL,
    "The text is unclear.\nCategory: card payment": NO_LABEL,
    "mixed": NO_LABEL,
}


@pytest.mark.parametrize(("answer", "label"), NAMED.items())
def test_only_the_name_of_a_label_names_it(answer: str, label: int) -> None:
    logits_NC, num_unknown = named_logits([answer], LABELS)
    assert decide(OutputKind.SINGLE, logits_NC).tolist() == [label]
    assert num_unknown == (label == NO_LABEL)


def test_names_that_two_labels_share_mean_neither() -> None:
    logits_NC, num_unknown = named_logits(
        ["card payment", "card-payment"], ("card_payment", "Card-Payment")
    )
    assert num_unknown == 2
    assert (decide(OutputKind.SINGLE, logits_NC) == NO_LABEL).all()


def test_an_answer_that_names_nothing_is_wrong_everywhere_and_shown_as_such() -> None:
    targets = np.array([0, 1, 0, 2])
    decided = np.array([0, NO_LABEL, NO_LABEL, 2])
    assert is_right(targets, decided).tolist() == [True, False, False, True]
    from sklearn.metrics import f1_score

    for average in ("macro", "micro"):
        ours = metric_value(f"{average}_f1", targets, decided, 3)
        theirs = f1_score(targets, decided, labels=[0, 1, 2], average=average, zero_division=0)
        assert ours == pytest.approx(theirs)
    names = ("a", "b", "c")
    assert {line["predicted"] for line in confusions(targets, decided, names)} == {"(no label)"}
    errors = instructive_errors(targets, decided, names, confidence=np.full(4, 0.5))
    assert {error["predicted"] for error in errors} == {"(no label)"}


def test_every_name_has_room() -> None:
    assert name_tokens(LABELS) >= len("refund not showing up")
    assert name_tokens(("退款",)) >= 16
