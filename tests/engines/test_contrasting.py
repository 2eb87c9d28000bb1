"""Pairs of one label: oracles are the paper's sum written out, InfoNCE, transformers, and no interruption."""

from __future__ import annotations

import math

import numpy as np
import package_samples as samples
import pytest
import tiny_models as tiny
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModel

from sartor.core.candidate import State
from sartor.engines.contrasting import Examples, contrastive_loss, spread_batches
from sartor.engines.encoder_engine import EncoderEngine
from sartor.engines.packages import load_package, write_package

TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]
SETTINGS = {
    "pooling": "mean",
    "temperature": 0.1,
    "inverse_regularisation": 10.0,
    "label_name": "unused",
    "token_dropout": 0.0,
}


@pytest.fixture(scope="module")
def with_dropout(tmp_path_factory):
    """A base whose training draws random numbers."""
    dropout = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
    return tiny.tiny_base("bert", tmp_path_factory.mktemp("dropout") / "bert", **dropout)


def engine():
    return EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS, device="cpu")


def job(base, **changes):
    return tiny.job(base, **(SETTINGS | changes))


def prepared(base, **changes):
    return engine().prepare(job(base, **changes), trains="pairs", is_new=True)


def test_the_weight_average_takes_in_a_third_of_the_steps(base_of):
    """Written out for the first three steps."""
    fit = prepared(base_of("bert"), batch_size=3)
    expected = [weight.detach().clone() for weight in fit.weights]
    for step in range(3):
        fit._step(np.arange(3 * step, 3 * step + 3))
        fit._follow(step, 4)
        keep = (step + 1) / (step + 4)
        expected = [
            keep * mean + (1 - keep) * weight.detach()
            for mean, weight in zip(expected, fit.weights, strict=True)
        ]
    for ours, mean in zip(fit.average, expected, strict=True):
        assert torch.allclose(ours, mean, atol=1e-6)
    assert any(not torch.equal(a, w) for a, w in zip(fit.average, fit.weights, strict=True))


def unit(numbers):
    return torch.nn.functional.normalize(torch.from_numpy(numbers), dim=1)


def loss_of_the_paper(vectors, labels, temperature):
    """Khosla et al. 2020, equation 2, summand by summand."""
    total = 0.0
    for i, label in enumerate(labels):
        others = [a for a in range(len(labels)) if a != i]
        whole = sum(math.exp(float(vectors[i] @ vectors[a]) / temperature) for a in others)
        partners = [p for p in others if labels[p] == label]
        total -= sum(
            math.log(math.exp(float(vectors[i] @ vectors[p]) / temperature) / whole)
            for p in partners
        ) / len(partners)
    return total / len(labels)


@pytest.mark.parametrize("labels", [[0, 0], [0, 1, 0, 1], [2, 0, 2, 2, 0, 1, 1, 2]])
@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_the_loss_is_that_of_the_paper(labels, temperature):
    vectors = unit(np.random.default_rng(len(labels)).normal(size=(len(labels), 5)))
    ours = contrastive_loss(vectors, torch.tensor(labels), temperature=temperature)
    assert float(ours) == pytest.approx(loss_of_the_paper(vectors, labels, temperature), abs=1e-9)


def test_with_one_partner_each_it_is_a_choice_among_all_others():
    """InfoNCE (van den Oord et al. 2018): torch's cross-entropy with the partner as the class."""
    vectors = unit(np.random.default_rng(1).normal(size=(10, 4)))
    partner = torch.tensor([1, 0, 3, 2, 5, 4, 7, 6, 9, 8])
    scores = (vectors @ vectors.T / 0.2).fill_diagonal_(-1e30)
    expected = torch.nn.functional.cross_entropy(scores, partner)
    ours = contrastive_loss(vectors, torch.arange(10) // 2, temperature=0.2)
    assert float(ours) == pytest.approx(float(expected), abs=1e-9)


def test_the_gradient_is_finite_where_a_vector_meets_itself():
    vectors = unit(np.ones((4, 3))).requires_grad_()
    contrastive_loss(vectors, torch.tensor([0, 0, 1, 1]), temperature=0.05).backward()
    assert torch.isfinite(vectors.grad).all()


def test_a_partner_is_another_row_of_the_label(base_of):
    objective = prepared(base_of("bert")).objective
    drawn = np.array([objective._partners(np.arange(12)) for _ in range(40)])
    assert (tiny.TOPICS[drawn] == tiny.TOPICS).all()
    assert (drawn != np.arange(12)).all()
    assert all(len(set(column)) == 3 for column in drawn.T)


def test_a_row_without_another_of_its_label_is_its_own_partner(base_of):
    alone = np.array([0] * 11 + [1])
    objective = prepared(base_of("bert"), targets=alone).objective
    assert objective._partners(np.array([11])).tolist() == [11]


@pytest.mark.parametrize("counts", [[10] * 77, [400, 30, 2, 1], [5], [1] * 40])
def test_an_epoch_holds_every_row_once_and_spreads_every_label(counts):
    labels = np.random.default_rng(2).permutation(np.repeat(np.arange(len(counts)), counts))
    batches = spread_batches(labels, batch_size=32, rng=np.random.default_rng(5))
    assert sorted(np.concatenate(batches)) == list(range(len(labels)))
    assert sorted(map(len, batches))[1:] == [32] * (len(batches) - 1)
    for label, num_rows in enumerate(counts):
        share = num_rows / len(labels)
        held = [int((labels[batch] == label).sum()) for batch in batches if len(batch) == 32]
        assert all(abs(num - 32 * share) <= 2 for num in held)


def test_padding_in_groups_changes_no_vector(base_of):
    objective = prepared(base_of("bert")).objective
    read = objective.inputs.read(objective.examples.texts)
    chosen = np.array([5, 0, 11, 5, 2, 9])
    together = objective.model(*read.batch(chosen))
    assert (objective._vectors(chosen) - together).abs().max() < 1e-6


def test_texts_of_one_label_come_to_lie_together(base_of):
    fit = prepared(base_of("bert"), batch_size=12, learning_rate=3e-3)

    def distance_between_labels():
        with torch.inference_mode(), fit.averaged():
            vectors = fit.objective._features(tiny.TEXTS)
        similar = vectors @ vectors.T
        same = tiny.TOPICS[:, None] == tiny.TOPICS
        return similar[same].mean() - similar[~same].mean()

    before = distance_between_labels()
    fit.advance(30)
    assert distance_between_labels() > before + 0.3
    assert (fit.answers(tiny.TEXTS).logits_NC.argmax(1) == tiny.TOPICS).all()


def test_label_names_count_as_examples_and_their_words_learn(base_of):
    base = base_of("bert")
    examples = Examples.of(job(base, label_name="as an example"))
    assert list(examples.texts[12:]) == ["order status", "refund", "praise"]
    assert examples.labels_N.tolist() == [*tiny.TOPICS, 0, 1, 2]
    fit = prepared(base, label_name="as an example", learning_rate=1e-2)
    fit.advance(2)
    learned = fit.fitted().arrays["trunk.embeddings.word_embeddings.weight"]
    before = AutoModel.from_pretrained(base.folder).get_input_embeddings().weight.detach().numpy()
    words = fit.objective.inputs.read(["praise"]).tokens[0]
    assert (learned[words] != before[words]).any(axis=1).all()


def test_some_tokens_go_unread_but_never_the_first(base_of):
    objective = prepared(base_of("bert"), token_dropout=0.5).objective
    tokens_BT, mask_BT = objective.inputs.read(tiny.TEXTS).batch(np.arange(12))
    seen = []
    objective.model = lambda tokens, mask: seen.append(mask) or torch.zeros(len(mask), 2)
    torch.manual_seed(0)
    for _ in range(50):
        objective._of_some_tokens(tokens_BT, mask_BT)
    read = torch.stack(seen)
    assert (read[:, :, 0] == 1).all()
    assert (read <= mask_BT).all()
    assert float(read[:, mask_BT.bool()].float().mean()) == pytest.approx(0.55, abs=0.05)


@pytest.mark.parametrize("stop", [0.25, 1, 1.5])
def test_a_trial_that_was_stopped_goes_on_to_the_bit(with_dropout, stop):
    straight, first, second = (
        engine().tune(job(with_dropout, batch_size=3, token_dropout=0.3), trains="pairs")
        for _ in range(3)
    )
    straight.advance(3)
    first.advance(stop)
    kept = tiny.Kept(first.state())
    second.restore(State(kept.arrays(), kept.facts))
    said = [fit.answers(TEXTS).logits_NC for fit in (first, second)]
    assert np.array_equal(*said)
    second.advance(3)
    assert np.array_equal(second.answers(TEXTS).logits_NC, straight.answers(TEXTS).logits_NC)
    theirs = straight.fitted().arrays
    for name, array in second.fitted().arrays.items():
        assert np.array_equal(array, theirs[name]), name


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_transformers_and_the_linear_layer_say_the_same(base_of, family):
    fit = engine().tune(job(base_of(family)), trains="pairs")
    fit.advance(2)
    fitted = fit.fitted()
    trunk = AutoModel.from_pretrained(fitted.base.folder)
    arrays = {
        name.removeprefix("trunk."): torch.from_numpy(array)
        for name, array in fitted.arrays.items()
        if name.startswith("trunk.")
    }
    assert not trunk.load_state_dict(arrays, strict=False).unexpected_keys
    batch = tiny.encoded(fitted.base, TEXTS)
    mask = batch["attention_mask"][..., None]
    with torch.inference_mode():
        hidden = trunk.eval()(**batch).last_hidden_state
    vectors = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1).numpy()
    said = vectors @ fitted.arrays["weight_0"].T + fitted.arrays["bias_0"]
    assert np.abs(said - fit.answers(TEXTS).logits_NC).max() < 1e-4


def test_the_package_says_what_the_trial_says(base_of, tmp_path):
    fit = engine().tune(job(base_of("bert")), trains="pairs")
    fit.advance(1)
    write_package(fit.fitted(), tmp_path, card=samples.card())
    served = load_package(tmp_path)
    assert np.abs(served.logits(TEXTS) - fit.answers(TEXTS).logits_NC).max() < 1e-4
    model = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    theirs = model.encode(TEXTS, convert_to_numpy=True)
    assert np.abs(theirs - fit.answers(TEXTS).logits_NC).max() < 1e-4
