"""How probable the names of labels are: oracle is lm-eval, on a trained model and prompts of every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sartor.base.resolve import resolve
from sartor.core.base_model import BaseModel
from sartor.core.candidate import Job
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.words import readable_label
from sartor.engines.rendering import Renderer
from sartor.engines.writer_engine import WriterEngine
from sartor.tune.prompted import prompts_for
from sartor.tune.prompts import FORMATS

STORIES = Path(__file__).resolve().parents[2].parent / "shared" / "models" / "stories260K"
pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(not STORIES.is_dir(), reason="../shared/models is absent"),
    pytest.mark.filterwarnings("ignore"),  # lm-eval's own
]
LABELS = ("happy", "sad", "afraid", "happy_again", "a bit sleepy")
SHOWN = ["Tom got a new ball and smiled.", "The dog ran away and Mia cried."]
TEXTS = [
    "Lily found a big red flower in the park.",
    "It was dark and the little cat heard a loud noise.",
    "Ben lost his toy.",
    "Mom said it was time for bed.",
]
MAX_TOKENS = 400


@pytest.fixture(scope="module")
def base() -> BaseModel:
    return resolve(str(STORIES), offline=True)


@pytest.fixture(scope="module")
def harness():
    """lm-eval's way to load and to score."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(STORIES), device="cpu", dtype="float32", batch_size=3)


def job(base: BaseModel, form: str) -> Job:
    facts = TaskFacts(OutputKind.SINGLE, LABELS, {}, 2, 1, 8.0, MAX_TOKENS)
    rows = Split(SHOWN, np.array([0, 1]), np.arange(2), ["", ""])
    return Job(facts, {"format": form, "correction": "nothing"}, base, rows, 0)


@pytest.mark.parametrize("form", FORMATS)
def test_labels_are_as_probable_as_lm_eval_finds_them(base, harness, form: str) -> None:
    prompts = prompts_for(TEXTS, job(base, form), shots_of=lambda texts: [[0, 1]] * len(texts))
    names = [readable_label(label) for label in LABELS]
    found_NC, num_tokens_C = WriterEngine(max_tokens=MAX_TOKENS, device="cpu").choose(
        base, prompts, names
    )
    renderer = Renderer(base, max_tokens=MAX_TOKENS)
    answers = [renderer.answer_alone(n, is_continued=prompts[0].is_continued) for n in names]
    room = max(map(len, answers))
    asked = [renderer.prompt(p, answer_tokens=room).tokens_T.tolist() for p in prompts]
    requests = [
        ((f"{row}", f"{column}"), prompt, answer.tolist())
        for row, prompt in enumerate(asked)
        for column, answer in enumerate(answers)
    ]
    theirs = harness._loglikelihood_tokens(requests, disable_tqdm=True)
    theirs_NC = np.array([value for value, _ in theirs]).reshape(found_NC.shape)
    assert num_tokens_C.tolist() == [len(answer) for answer in answers]
    assert np.abs(found_NC - theirs_NC).max() < 1e-4
    assert found_NC.argmax(axis=1).tolist() == theirs_NC.argmax(axis=1).tolist()


def test_a_completion_is_asked_as_lm_eval_asks_texts(base, harness) -> None:
    """Its tokens are those that lm-eval makes of the text and of what follows it."""
    from lm_eval.api.instance import Instance

    prompts = prompts_for(TEXTS, job(base, "questions and answers"), shots_of=None)
    names = [readable_label(label) for label in LABELS]
    found_NC, _ = WriterEngine(max_tokens=MAX_TOKENS, device="cpu").choose(base, prompts, names)
    requests = [
        Instance("loglikelihood", {}, (prompt.turns[0].content, f" {name}\n"), 0)
        for prompt in prompts
        for name in names
    ]
    theirs = harness.loglikelihood(requests, disable_tqdm=True)
    theirs_NC = np.array([value for value, _ in theirs]).reshape(found_NC.shape)
    assert np.abs(found_NC - theirs_NC).max() < 1e-4
    assert found_NC.argmax(axis=1).tolist() == theirs_NC.argmax(axis=1).tolist()
