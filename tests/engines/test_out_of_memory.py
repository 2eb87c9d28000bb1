"""Less memory, same mathematics: a step in parts learns what the whole learns; a full memory leads there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny_models as tiny
import torch
from writer_folders import CHATML, writer

sys.path.append(str(Path(__file__).parents[1] / "tune"))
from extract_rows import extract_facts, span_rows

from sartor.core.candidate import Job, State
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.engines.encoder_engine import EncoderEngine
from sartor.engines.memory import is_out_of_memory, parts_of
from sartor.engines.writer_engine import WriterEngine

FULL = "[enforce fail at alloc_cpu.cpp:130] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes."
PAIRS = {
    "pooling": "mean",
    "temperature": 0.1,
    "inverse_regularisation": 10.0,
    "label_name": "unused",
    "token_dropout": 0.0,
}


def encoder_fit(job, *, trains="all"):
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS, device="cpu")
    return engine.prepare(job, trains=trains, is_new=False)


def classifier(base_of, _, kind=OutputKind.SINGLE, **changes):
    return encoder_fit(tiny.job(base_of("bert"), kind=kind, **changes))


def tagger(base_of, _):
    about = extract_facts(max_tokens=tiny.MAX_TOKENS)
    settings = {"batch_size": 12, "head_factor": 10.0, "warm_start": False, "learning_rate": 1e-3}
    return encoder_fit(Job(about, settings, base_of("bert"), span_rows(12), 0))


def pairs(base_of, _, **changes):
    return encoder_fit(tiny.job(base_of("bert"), **(PAIRS | changes)), trains="pairs")


def writing(_, folder, family="llama"):
    base = writer(family, folder / family, chat_template=CHATML if family == "llama" else None)
    texts = [f"say {'very ' * (number % 5)}much" for number in range(12)]
    targets = np.empty(len(texts), dtype=object)
    targets[:] = [(f"yes {'and ' * (number % 3)}no",) for number in range(12)]
    rows = Split(texts, targets, np.arange(12), [""] * 12)
    facts = TaskFacts(
        output_kind=OutputKind.TEXT,
        labels=(),
        descriptions={},
        num_fit=12,
        smallest_class=0,
        mean_tokens=4.0,
        max_tokens=64,
        task="generate",
        max_answer_tokens=12,
    )
    job = Job(facts, {"batch_size": 12, "learning_rate": 1e-3}, base, rows, 3)
    return WriterEngine(max_tokens=64, device="cpu")._begin(job, "all", True)


OBJECTIVES = {
    "one label": classifier,
    "several labels": lambda bases, _: classifier(bases, _, OutputKind.MULTI),
    "score": lambda bases, _: classifier(bases, _, OutputKind.SCORE),
    "spans": tagger,
    "pairs": pairs,
    "text": writing,
    "text, encoder-decoder": lambda bases, folder: writing(bases, folder, "t5"),
}


def gradients(fit, rows, num_parts):
    """The loss and the gradient of every weight; nothing is drawn."""
    for module in fit.adapted.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    torch.manual_seed(5)
    fit.optimizer.zero_grad(set_to_none=True)
    loss = fit.objective.learn(rows, num_parts)
    found = [weight.grad.clone() for weight in fit.weights if weight.grad is not None]
    assert found
    return loss, found


@pytest.mark.usefixtures("in_fp32")
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("num_parts", [2, 5, 64])
def test_a_step_in_parts_has_the_gradient_of_the_whole(base_of, tmp_path, objective, num_parts):
    fit = OBJECTIVES[objective](base_of, tmp_path)
    rows = np.arange(9)
    loss, whole = gradients(fit, rows, 1)
    loss_in_parts, in_parts = gradients(fit, rows, num_parts)
    assert loss_in_parts == pytest.approx(loss, rel=1e-5)
    for one, other in zip(whole, in_parts, strict=True):
        assert (one - other).abs().max() <= 1e-4 * one.abs().max() + 1e-7


def test_pairs_in_parts_draw_the_same_numbers_on_both_ways_through(tmp_path, base_of):
    """Oracle: all parts kept with their graphs, and one way back through them together."""
    dropout = {"hidden_dropout_prob": 0.3, "attention_probs_dropout_prob": 0.3}
    base = tiny.tiny_base("bert", tmp_path / "bert", **dropout)
    fit = encoder_fit(tiny.job(base, **(PAIRS | {"token_dropout": 0.3})), trains="pairs")
    fit.adapted.model.train()
    parts = parts_of(np.arange(12), 3)
    torch.manual_seed(5)
    loss = fit.objective._learn_in_parts(parts)
    found = [weight.grad.clone() for weight in fit.weights if weight.grad is not None]
    fit.optimizer.zero_grad(set_to_none=True)
    torch.manual_seed(5)
    vectors_BD = torch.cat([fit.objective._vectors(part) for part in parts])
    expected = fit.objective._loss(vectors_BD, np.arange(12))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-6)
    whole = [weight.grad for weight in fit.weights if weight.grad is not None]
    for one, other in zip(whole, found, strict=True):
        assert (one - other).abs().max() <= 1e-4 * one.abs().max() + 1e-7


def only_in_parts(fit, least):
    """Memory that holds a step in `least` parts and no more at once; it ends late in the work."""
    learn = fit.objective.learn

    def with_little_memory(rows, num_parts):
        loss = learn(rows, num_parts)
        if num_parts < least:
            raise RuntimeError(FULL)
        return loss

    fit.objective.learn = with_little_memory
    return fit


@pytest.mark.usefixtures("in_fp32")
def test_where_memory_runs_out_a_trial_goes_on_in_smaller_parts(base_of):
    whole = classifier(base_of, None, batch_size=6)
    whole.advance(1)
    short = only_in_parts(classifier(base_of, None, batch_size=6), 4)
    short.advance(1)
    assert short.step_parts == 4
    texts = [*tiny.TEXTS, *tiny.UNSEEN]
    said, expected = short.answers(texts).logits_NC, whole.answers(texts).logits_NC
    assert np.abs(said - expected).max() < 1e-3 * np.ptp(expected)


def test_a_stored_trial_remembers_in_how_many_parts_it_learns(base_of):
    short = only_in_parts(classifier(base_of, None, batch_size=6), 2)
    short.advance(0.5)
    again = classifier(base_of, None, batch_size=6)
    kept = tiny.Kept(short.state())
    again.restore(State(kept.arrays(), kept.facts))
    assert again.step_parts == 2
    short.advance(1)
    again.advance(1)
    assert all(torch.equal(a, b) for a, b in zip(short.weights, again.weights, strict=True))


def test_a_row_alone_that_does_not_fit_ends_the_trial(base_of):
    fit = only_in_parts(classifier(base_of, None, batch_size=6), 1000)
    with pytest.raises(RuntimeError, match="can't allocate"):
        fit.advance(1)


def test_other_errors_are_not_tried_again(base_of):
    fit = classifier(base_of, None, batch_size=6)
    asked = []

    def broken(rows, num_parts):
        asked.append(num_parts)
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    fit.objective.learn = broken
    with pytest.raises(RuntimeError, match="multiplied"):
        fit.advance(1)
    assert asked == [1]


@pytest.mark.parametrize(
    ("error", "is_of_memory"),
    [
        (RuntimeError(FULL), True),
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("size mismatch"), False),
        (ValueError("memory"), False),
    ],
)
def test_a_full_memory_is_told_from_other_errors(error, is_of_memory):
    assert is_out_of_memory(error) is is_of_memory


LIMITED = """
import resource, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/../.."]
import numpy as np
import tiny_models as tiny
import test_out_of_memory as here
from sartor.engines import adapt
adapt.has_bf16_products = lambda device: False
base = tiny.tiny_base("bert", Path(sys.argv[2]) / "bert", intermediate_size=65_536)
texts = ["order " * 60] * 12
fit = here.encoder_fit(tiny.job(base, texts=texts, batch_size=12))
fit.objective.learn(np.arange(1), 1)
in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (in_use + int(sys.argv[3]), resource.RLIM_INFINITY))
fit.advance(1)
print(fit.step_parts)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
@pytest.mark.parametrize(("room_mib", "is_enough"), [(350, False), (20_000, True)])
def test_under_a_limit_of_the_system_training_goes_on(tmp_path, room_mib, is_enough):
    arguments = [str(Path(__file__).parent), str(tmp_path), str(room_mib << 20)]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (int(done.stdout.split()[-1]) == 1) is is_enough
