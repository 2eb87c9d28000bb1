"""What is drawn from is what `transformers` draws from; draws follow it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers.generation import logits_process as oracle

from sartor.core.errors import TrialError
from sartor.engines.writing.decoding import (
    Chooser,
    Decoding,
    penalised,
    probabilities,
    row_seeds,
)

LOGITS_BV = 3 * torch.randn(6, 50, generator=torch.Generator().manual_seed(4))


@pytest.mark.parametrize(
    "decoding",
    [
        Decoding(temperature=0.7),
        Decoding(temperature=1.3, top_k=5),
        Decoding(temperature=1.0, top_k=500),
        Decoding(temperature=1.0, top_p=0.8),
        Decoding(temperature=2.5, top_k=20, top_p=0.6),
        Decoding(temperature=1.0, top_p=0.001),
    ],
)
def test_probabilities_are_those_of_transformers(decoding):
    steps = oracle.LogitsProcessorList([oracle.TemperatureLogitsWarper(decoding.temperature)])
    if decoding.top_k:
        steps.append(oracle.TopKLogitsWarper(decoding.top_k))
    if decoding.top_p < 1:
        steps.append(oracle.TopPLogitsWarper(decoding.top_p))
    truth_BV = steps(torch.zeros(6, 1, dtype=torch.long), LOGITS_BV.clone()).softmax(-1)
    found_BV = probabilities(LOGITS_BV, decoding)
    torch.testing.assert_close(found_BV, truth_BV, atol=1e-6, rtol=1e-5)
    assert ((found_BV == 0) == (truth_BV == 0)).all()


def test_the_penalty_is_that_of_transformers():
    held_BT = torch.tensor([[3, 3, 7]] * 6)
    truth_BV = oracle.RepetitionPenaltyLogitsProcessor(1.4)(held_BT, LOGITS_BV.clone())
    seen_BV = torch.zeros(6, 50, dtype=torch.bool)
    seen_BV[:, [3, 7]] = True
    assert torch.equal(penalised(LOGITS_BV, seen_BV, 1.4), truth_BV)


def test_draws_follow_the_probabilities():
    decoding = Decoding(temperature=1.0, top_k=6)
    logits_BV = LOGITS_BV[:1].expand(4000, -1)
    chooser = _chooser(decoding, num_rows=4000)
    shares_V = torch.bincount(chooser.choose(logits_BV), minlength=50) / 4000
    expected_V = probabilities(LOGITS_BV[:1], decoding)[0]
    assert (shares_V - expected_V).abs().max() < 0.03
    assert (shares_V[expected_V == 0] == 0).all()


def test_rows_that_stay_keep_their_streams():
    decoding = Decoding(temperature=5.0)
    whole, cut = _chooser(decoding, num_rows=6), _chooser(decoding, num_rows=6)
    assert whole.choose(LOGITS_BV).tolist() == cut.choose(LOGITS_BV).tolist()
    cut.keep([1, 4])
    assert whole.choose(LOGITS_BV)[[1, 4]].tolist() == cut.choose(LOGITS_BV[[1, 4]]).tolist()


def test_seeds_belong_to_the_prompt_and_not_to_its_place():
    one, other = np.array([1, 2, 3]), np.array([4, 5])
    assert row_seeds([one, other], 0) == row_seeds([other, one], 0)[::-1]
    assert len({*row_seeds([one, one, one], 0), *row_seeds([one], 1)}) == 4


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_p": 0}, {"top_p": 1.5}, {"top_k": -1}]
)
def test_impossible_settings_are_refused_by_name(wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(TrialError, match=f"decoding > {name}: {value} is out of range"):
        Decoding(**wrong)


def _chooser(decoding, *, num_rows):
    return Chooser(
        decoding,
        seeds=range(num_rows),
        seen=[np.array([0])] * num_rows,
        vocabulary=50,
        device=torch.device("cpu"),
    )
