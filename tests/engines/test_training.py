"""The training loop: oracles are hand-written torch steps, and itself without an interruption."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_models as tiny
import torch
from transformers import AutoModelForSequenceClassification

from sartor.core.candidate import State
from sartor.core.errors import TrialError
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.engines.encoder_engine import EncoderEngine

TRAINS = ("last_layers", "lora", "all")
TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]


@pytest.fixture(scope="module")
def with_dropout(tmp_path_factory):
    """A base whose training draws random numbers."""
    dropout = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
    return tiny.tiny_base("bert", tmp_path_factory.mktemp("dropout") / "bert", **dropout)


def tuned(base, *, trains="all", **changes):
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS, device="cpu")
    return engine.tune(tiny.job(base, **changes), trains=trains)


def prepared(base, *, trains="all", **changes):
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS, device="cpu")
    return engine.prepare(tiny.job(base, **changes), trains=trains, is_new=False)


def stored(state):
    """A state as it comes back from a disk."""
    kept = tiny.Kept(state)
    return State(kept.arrays(), kept.facts)


def assert_same_bits(first, second):
    assert first.arrays.keys() == second.arrays.keys()
    for name, array in first.arrays.items():
        assert array.dtype == second.arrays[name].dtype
        assert np.array_equal(array, second.arrays[name]), name


def plain_model(fit, base):
    """transformers' own model, with the weights of a fit that has not learned yet."""
    num_labels = fit.job.facts.num_labels
    model = AutoModelForSequenceClassification.from_pretrained(base.folder, num_labels=num_labels)
    head = {name.removeprefix("model."): weight for name, weight in fit.adapted.head.items()}
    model.load_state_dict(head, strict=False)
    return model.train()


def loss_by_hand(kind, logits_BC):
    """The loss over all training rows, from its definition."""
    if kind is OutputKind.SINGLE:
        target_BC = 0.9 * np.eye(3)[tiny.TOPICS] + 0.1 / 3
        return -(torch.from_numpy(target_BC) * logits_BC.double().log_softmax(1)).sum(1).mean()
    if kind is OutputKind.MULTI:
        share_BC = logits_BC.double().sigmoid()
        has_BC = torch.from_numpy(tiny.SEVERAL)
        return -torch.where(has_BC, share_BC, 1 - share_BC).log().mean()
    standard_B = torch.from_numpy((tiny.NUMBERS - tiny.NUMBERS.mean()) / tiny.NUMBERS.std())
    return ((logits_BC[:, 0].double() - standard_B) ** 2).mean()


@pytest.mark.usefixtures("in_fp32")
@pytest.mark.parametrize("kind", sorted(CLASSIFIED))
def test_steps_are_those_written_by_hand(base_of, kind):
    base = base_of("bert")
    fit = prepared(base, kind=kind, batch_size=12)
    losses = []
    loss_of = fit.objective._loss
    fit.objective._loss = lambda logits, rows: losses.append(loss_of(logits, rows)) or losses[-1]

    model = plain_model(fit, base)
    body = [p for n, p in model.named_parameters() if ".encoder." in n or ".embeddings." in n]
    head = [p for n, p in model.named_parameters() if "classifier" in n or "pooler" in n]
    groups = [{"params": body, "lr": 1e-3}, {"params": head, "lr": 1e-2}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
    average = {name: p.detach().clone() for name, p in model.named_parameters()}
    for step in range(3):
        loss = loss_by_hand(kind, model(**tiny.encoded(base, tiny.TEXTS)).logits)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        keep = min(0.9, (step + 1) / (step + 11))
        for name, parameter in model.named_parameters():
            average[name] = keep * average[name] + (1 - keep) * parameter.detach()

        fit.advance(step + 1)
        assert losses[-1].item() == pytest.approx(loss.item(), abs=1e-6 * (step + 1))

    weights = dict(model.named_parameters())
    assert len(fit.names) == len(weights)
    for name, ours, mean in zip(fit.names, fit.weights, fit.average, strict=True):
        if "word_embeddings" not in name and not name.endswith("key.bias"):
            theirs = name.removeprefix("model.")
            assert (ours - weights[theirs]).abs().max() < 2e-5, name
            assert (mean - average[theirs]).abs().max() < 2e-5, name
    with fit.averaged():
        words = fit.adapted.model.trunk.get_input_embeddings().weight
        expected = average["bert.embeddings.word_embeddings.weight"]
        assert (words - expected).abs().max() < 2e-5


def test_the_step_size_warms_up_in_the_first_epoch_and_stays(base_of):
    fit = prepared(base_of("bert"), batch_size=3)
    rates = []
    step = fit._step

    def note_and_step(loss):
        rates.append([group["lr"] for group in fit.optimizer.param_groups])
        step(loss)

    fit._step = note_and_step
    fit.advance(2)
    head, body = np.array(rates).T
    assert body == pytest.approx([2.5e-4, 5e-4, 7.5e-4, *[1e-3] * 5])
    assert head == pytest.approx(10 * body)


def test_every_epoch_sees_every_row_once_in_an_order_of_its_own(base_of):
    fit = prepared(base_of("bert"), batch_size=5)
    seen = []
    learn = fit.objective.learn
    fit.objective.learn = lambda rows, parts: seen.append(list(rows)) or learn(rows, parts)
    fit.advance(2)
    first, second = seen[:3], seen[3:]
    for epoch in (first, second):
        assert sorted(row for batch in epoch for row in batch) == list(range(12))
    assert first != second


def test_the_parts_of_an_epoch_make_it_up(base_of):
    fit = prepared(base_of("bert"), batch_size=2)
    seen = []
    learn = fit.objective.learn
    fit.objective.learn = lambda rows, parts: seen.append(list(rows)) or learn(rows, parts)
    num_steps = []
    for epochs in (0.25, 0.5, 0.5, 0.75, 1, 1.25):
        fit.advance(epochs)
        num_steps.append(len(seen))
    assert num_steps == [1, 3, 3, 4, 6, 7]
    assert sorted(row for batch in seen[:6] for row in batch) == list(range(12))


@pytest.mark.parametrize("stop", [0.25, 1, 1.5])
@pytest.mark.parametrize("pooling", ["native", "mean"])
@pytest.mark.parametrize("trains", TRAINS)
def test_a_trial_that_was_stopped_goes_on_to_the_bit(with_dropout, trains, pooling, stop):
    changes = {"trains": trains, "pooling": pooling, "dropout": 0.1, "batch_size": 3}
    straight = tuned(with_dropout, **changes)
    straight.advance(3)

    first = tuned(with_dropout, **changes)
    first.advance(stop)
    state = stored(first.state())
    second = tuned(with_dropout, **changes)
    second.restore(state)
    assert np.array_equal(second.answers(TEXTS).logits_NC, first.answers(TEXTS).logits_NC)
    second.advance(3)

    assert np.array_equal(second.answers(TEXTS).logits_NC, straight.answers(TEXTS).logits_NC)
    assert_same_bits(second.state(), straight.state())
    assert_same_bits(second.fitted(), straight.fitted())


@pytest.mark.parametrize("family", tiny.FAMILIES)
@pytest.mark.parametrize("trains", TRAINS)
def test_every_family_goes_on_to_the_bit(base_of, family, trains):
    straight, first, second = (tuned(base_of(family), trains=trains) for _ in range(3))
    straight.advance(2)
    first.advance(1)
    second.restore(stored(first.state()))
    second.advance(2)
    assert_same_bits(second.state(), straight.state())
    assert np.array_equal(second.answers(TEXTS).logits_NC, straight.answers(TEXTS).logits_NC)


@pytest.mark.parametrize("kind", [OutputKind.MULTI, OutputKind.SCORE])
def test_every_output_kind_goes_on_to_the_bit(with_dropout, kind):
    straight, first, second = (tuned(with_dropout, kind=kind) for _ in range(3))
    straight.advance(2)
    first.advance(1)
    second.restore(stored(first.state()))
    second.advance(2)
    assert np.array_equal(second.answers(TEXTS).logits_NC, straight.answers(TEXTS).logits_NC)


@pytest.mark.parametrize("trains", TRAINS)
def test_two_runs_from_scratch_are_equal_to_the_bit_and_another_seed_is_not(with_dropout, trains):
    scores = []
    for seed in (3, 3, 4):
        torch.manual_seed(len(scores))  # what happened before must not matter
        fit = tuned(with_dropout, trains=trains, seed=seed)
        fit.advance(2)
        scores.append(fit.answers(TEXTS).logits_NC)
    assert np.array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])


def test_scoring_in_between_does_not_change_the_training(with_dropout):
    quiet, watched = tuned(with_dropout), tuned(with_dropout)
    quiet.advance(3)
    for epoch in range(4):
        watched.advance(epoch)
        watched.answers(TEXTS)
        watched.fitted()
    assert_same_bits(quiet.state(), watched.state())


def test_a_cold_cache_after_a_restart_does_not_change_the_training(with_dropout):
    changes = {"trains": "last_layers", "warm_start": False}
    straight, first, second = (tuned(with_dropout, **changes) for _ in range(3))
    straight.advance(2)
    first.advance(1)
    second.restore(stored(first.state()))
    second.advance(2)
    assert_same_bits(second.state(), straight.state())


def test_a_state_does_not_follow_when_training_goes_on(base_of):
    fit = tuned(base_of("bert"))
    fit.advance(1)
    state = fit.state()
    kept = stored(state)
    fit.advance(2)
    assert_same_bits(state, kept)


@pytest.mark.parametrize("epochs", [0, 1])
def test_a_fit_can_be_taken_back_to_an_earlier_state(with_dropout, epochs):
    fit = prepared(with_dropout)
    fit.advance(epochs)
    state = stored(fit.state())
    fit.advance(3)
    after = stored(fit.state())
    fit.restore(state)
    assert_same_bits(fit.state(), state)
    fit.advance(3)
    assert_same_bits(fit.state(), after)


def test_to_advance_no_further_does_nothing(base_of):
    fit = tuned(base_of("bert"))
    fit.advance(2)
    state = stored(fit.state())
    fit.advance(2)
    fit.advance(1)
    assert_same_bits(fit.state(), state)


@pytest.mark.parametrize("trains", TRAINS)
def test_the_average_stands_in_only_while_it_is_asked_for(base_of, trains):
    fit = prepared(base_of("bert"), trains=trains)
    fit.advance(2)
    raw = [weight.detach().clone() for weight in fit.weights]
    table = fit.adapted.model.state_dict()
    with fit.averaged():
        inside = [weight.detach().clone() for weight in fit.weights]
    assert all(torch.equal(a, b) for a, b in zip(inside, fit.average, strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(inside, raw, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(fit.weights, raw, strict=True))
    assert fit.adapted.model.state_dict().keys() == table.keys()


def test_the_weights_come_back_when_scoring_fails(base_of):
    fit = prepared(base_of("bert"))
    fit.advance(1)
    state = stored(fit.state())
    with pytest.raises(TypeError):
        fit.answers([None])
    assert_same_bits(fit.state(), state)
    fit.advance(2)


@pytest.mark.parametrize("trains", TRAINS)
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_a_score_does_not_hang_on_the_texts_beside_it(base_of, family, trains):
    fit = tuned(base_of(family), trains=trains)
    fit.advance(1)
    together = fit.answers(TEXTS).logits_NC
    assert np.abs(fit.answers(TEXTS[::-1]).logits_NC[::-1] - together).max() < 1e-5
    alone = np.concatenate([fit.answers([text]).logits_NC for text in TEXTS[::5]])
    assert np.abs(alone - together[::5]).max() < 1e-5


def test_no_text_has_no_score(base_of):
    for trains in TRAINS:
        assert tuned(base_of("bert"), trains=trains).answers([]).logits_NC.shape == (0, 3)


@pytest.mark.parametrize("trains", TRAINS)
def test_a_loss_that_is_no_number_stops_the_trial(base_of, trains):
    fit = tuned(base_of("bert"), trains=trains, learning_rate=1e30)
    with pytest.raises(TrialError, match="learning_rate") as caught:
        fit.advance(4)
    assert caught.value.where.startswith("epoch")


@pytest.mark.parametrize(
    ("trains", "kind"),
    [("last_layers", "single"), ("lora", "score"), *(("all", kind) for kind in sorted(CLASSIFIED))],
)
def test_training_learns_what_it_is_shown(base_of, trains, kind):
    kind = OutputKind(kind)
    changes = {"kind": kind, "warm_start": False, "learning_rate": 2e-3}
    fit = tuned(base_of("roberta"), trains=trains, **changes)
    fit.advance(25)
    found_NC = fit.answers(tiny.TEXTS).logits_NC
    if kind is OutputKind.SINGLE:
        assert (found_NC.argmax(axis=1) == tiny.TOPICS).all()
    elif kind is OutputKind.MULTI:
        assert ((found_NC > 0) == tiny.SEVERAL).mean() > 0.9
    else:
        assert np.abs(found_NC[:, 0] - tiny.NUMBERS).max() < 1.0


def test_scores_far_from_zero_keep_their_digits(base_of):
    """Seconds since 1970: single precision would lose minutes of them."""
    moments = 1.7e9 + 60.0 * np.arange(12)
    fit = prepared(base_of("bert"), kind=OutputKind.SCORE, targets=moments, batch_size=12)
    rows = fit.objective.inputs.read(fit.job.rows.texts)
    everything = np.arange(12)
    loss = fit.objective.learn(everything, 1)
    with torch.inference_mode():
        logits_N = fit.adapted.model(*rows.batch(everything))[:, 0].numpy()
    standard_N = (moments - moments.mean()) / moments.std()
    assert loss == pytest.approx(((logits_N - standard_N) ** 2).mean(), abs=1e-5)
