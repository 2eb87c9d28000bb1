"""A prompt has room for its instruction and examples, whatever an input may take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sartor.core.candidate import Job
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.tune.few_shot import FewShot
from sartor.tune.prompted import nearest_to_each, prompt_room, prompts_for
from sartor.tune.prompts import FORMATS
from sartor.tune.retrieval import Retrieval

LABELS = tuple(f"department_number_{number}" for number in range(30))
ROWS = Split(
    [f"message about the affairs of department {number}" for number in range(30)],
    np.arange(30),
    np.arange(30),
    [""] * 30,
)


def facts(**changes: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "output_kind": OutputKind.SINGLE,
        "labels": LABELS,
        "descriptions": {},
        "num_fit": 30,
        "smallest_class": 1,
        "mean_tokens": 8.0,
        "max_tokens": 32,
        "task": "classify",
    }
    return TaskFacts(**(given | changes))


@pytest.fixture(scope="module")
def writer_base() -> Any:
    from sartor.base.resolve import resolve

    return resolve("sartor-nano", offline=True)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("shots", [1, 8])
def test_every_label_and_every_example_stands_in_the_prompt(
    writer_base: Any, name: str, shots: int
) -> None:
    from sartor.engines.rendering import Renderer

    about = facts()
    settings = {"format": name, "shots": shots, "correction": "nothing"}
    job = Job(about, settings, writer_base, ROWS, 0)
    [prompt] = prompts_for(["affairs of department 7"], job, shots_of=nearest_to_each(job))
    room = prompt_room(about, settings)
    assert not Renderer(writer_base, max_tokens=room).prompt(prompt, answer_tokens=24).is_cut
    small = Renderer(writer_base, max_tokens=about.max_tokens)
    assert small.prompt(prompt, answer_tokens=8).is_cut, "in the room of an input it would be cut"


def test_who_sees_examples_rates_labels_otherwise_than_who_sees_none(writer_base: Any) -> None:
    """In too little room both were asked the same, and scored the same."""
    from tiny_models import Memory

    from sartor.engines.torch_engine import TorchEngine

    engine = TorchEngine(Memory(), max_tokens=32)
    said = []
    for shots in (1, 8):
        settings = {"format": "system turn", "shots": shots, "correction": "nothing", "draw": 0}
        fit = FewShot().begin(Job(facts(), settings, writer_base, ROWS, 0), engine)
        fit.advance(0)
        said.append(fit.answers(["affairs of department 7"]).logits_NC)
    assert not np.array_equal(*said)


def test_the_package_is_told_the_room_that_was_used(writer_base: Any) -> None:
    from tiny_models import Memory

    from sartor.engines.torch_engine import TorchEngine

    settings = {"format": "system turn", "shots": 4, "correction": "nothing", "output": "labels"}
    job = Job(facts(), settings, writer_base, ROWS, 0)
    fit = Retrieval().begin(job, TorchEngine(Memory(), max_tokens=32))
    assert fit.fitted().facts["max_tokens"] == prompt_room(facts(), settings) > 5 * 32
