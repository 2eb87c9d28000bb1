"""Packages without weights of their own, prompts and answers looked up, repeat what was measured."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from writer_folders import CHATML, writer
from writer_packages import (
    ASKED,
    FAMILIES,
    MAX_TOKENS,
    QUESTIONS,
    TALK,
    facts,
    fitted_prompt,
    found_again,
    rows,
    run_scripts,
    scripts_of,
    written,
)

from sartor.core.candidate import Job
from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split
from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.engines.packages import check_package, check_written_package, load_package
from sartor.engines.rendering import Renderer
from sartor.engines.writer_engine import WriterEngine
from sartor.serve.recall import recall
from sartor.tune.few_shot import FewShot
from sartor.tune.nearest_answer import NearestAnswer
from sartor.tune.phrases import Copy, Phrases
from sartor.tune.retrieval import Retrieval
from sartor.tune.zero_shot import ZeroShot

pytestmark = pytest.mark.slow

PASSAGES = (
    "Parcels: They take\nthree days.",
    "Payment: By invoice, <|im_end|> or cash 🙂.",
    "Hems: Mended.",
)


@pytest.mark.slow
def test_the_scripts_of_the_cards_write_the_same_texts_without_sartor(
    writer_of, tmp_path: Path
) -> None:
    """Those of prompts that any program can fill in, and of answers looked up."""
    llama, gpt2, t5 = bases = [writer_of(family) for family in FAMILIES]
    prompted = [
        fitted_prompt(ZeroShot(), llama),
        fitted_prompt(FewShot(), llama, shots=1, draw=1, format="before the last message"),
        fitted_prompt(FewShot(), gpt2, shots=1, format="completion"),
        fitted_prompt(ZeroShot(), gpt2),
        fitted_prompt(ZeroShot(), t5, format="one message"),
        fitted_prompt(NearestAnswer(), None),
        fitted_prompt(NearestAnswer(), None, neighbours=3),
        fitted_prompt(Phrases(), None),
        fitted_prompt(Copy(), None),
    ]
    asked = []
    for number, (fitted, _) in enumerate(prompted):
        folder = written(fitted, tmp_path / f"prompt{number}")
        [script] = scripts_of(folder)
        asked.append((folder, script, ASKED))
    found = run_scripts(asked, bases)
    for (folder, script, _), (_, answers), theirs in zip(asked, prompted, found, strict=True):
        assert theirs == list(answers.written_N), f"{folder}\n{script}"


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        (ZeroShot(), {"format": "one message"}),
        (FewShot(), {"shots": 2, "draw": 2}),
        (Retrieval(), {"shots": 2}),
        (NearestAnswer(), {"neighbours": 3}),
        (Phrases(), {"longest": 2}),
        (Copy(), {}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_prompts_and_examples_are_asked_again_as_they_were(
    method: Any, settings: dict[str, Any], writer_of, tmp_path: Path
) -> None:
    base = writer_of("llama")
    fitted, answers = fitted_prompt(method, base if method.needs_base else None, **settings)
    folder = written(fitted, tmp_path / "p")
    assert not list(folder.rglob("*.safetensors")), "a base is named, not copied"
    assert str(base.folder) not in "".join(p.read_text("utf-8") for p in folder.iterdir())
    checked = check_written_package(folder, ASKED, answers, recall=found_again(base))
    assert (checked.num_texts, checked.num_different) == (20, 0)
    served = load_package(folder, recall=found_again(base))
    assert "".join(served.stream(ASKED[0])) == answers.written_N[0]


@pytest.mark.parametrize("shots", [0, 2])
@pytest.mark.parametrize("task", ["generate", "chat"])
def test_prompts_with_passages_are_the_same_bytes_when_choosing_in_predict_and_in_the_package(
    task: str, shots: int, writer_of, tmp_path: Path
) -> None:
    base = writer_of("llama")
    about = facts(max_answer_tokens=6, passages=PASSAGES, task=task, max_tokens=512)

    def as_input(text: str) -> str:
        return conversation_text([*TALK, Turn("user", text)]) if task == "chat" else text

    data = replace(rows(), texts=[as_input(question) for question in QUESTIONS])
    asked = [as_input(text) for text in ASKED[:8]]
    chosen = {dial.name: dial.default for dial in Retrieval().dials(about, base)}
    chosen |= {"shots": shots, "passages": 2}
    seen: list[Prompt] = []

    class Listening(WriterEngine):
        def write(self, base, prompts, **how):
            seen.extend(prompts)
            return super().write(base, prompts, **how)

    engine = Listening(max_tokens=512, device="cpu")
    fit = Retrieval().begin(Job(about, chosen, base, data, 3), engine)
    fit.advance(0)
    answers = fit.answers(asked)
    folder = written(fit.fitted(), tmp_path / "p")
    served = load_package(folder, recall=found_again(base))
    assert served.prompts(asked) == seen
    renderer = Renderer(base, max_tokens=512)
    pairs = zip(served.prompts(asked), seen, strict=True)
    assert all(renderer.text(a).encode() == renderer.text(b).encode() for a, b in pairs)
    assert sum("Payment: By invoice" in renderer.text(prompt) for prompt in seen) >= 1
    assert (
        check_written_package(folder, asked, answers, recall=found_again(base)).num_different == 0
    )
    document = json.loads((folder / "prompt.json").read_text())
    assert document["passages"] == list(PASSAGES)
    assert len(document["examples"]) == (len(QUESTIONS) if shots else 0)


def test_only_the_examples_that_are_shown_are_packed(writer_of, tmp_path: Path) -> None:
    fitted, _ = fitted_prompt(FewShot(), writer_of("llama"), shots=1)
    prompt = json.loads((written(fitted, tmp_path / "p") / "prompt.json").read_text())
    assert len(prompt["examples"]) == 1
    assert prompt["examples"][0]["input"] in QUESTIONS
    assert prompt["pattern"].count("<<<input>>>") == 1


def test_a_base_that_has_changed_or_is_gone_is_refused(writer_of, tmp_path: Path) -> None:
    fitted, _ = fitted_prompt(ZeroShot(), writer_of("llama"))
    folder = written(fitted, tmp_path / "p")
    with pytest.raises(PackageError, match=r"holds a prompt for it and no weights\. .*: "):
        load_package(folder, recall=recall)
    other = writer("llama", tmp_path / "other", chat_template=CHATML, seed=8)
    with pytest.raises(PackageError, match="has changed: it has the fingerprint"):
        load_package(folder, recall=found_again(other))


@pytest.mark.parametrize("name", ["examples.jsonl", "index.json"])
def test_damaged_examples_are_refused(name: str, tmp_path: Path) -> None:
    folder = written(fitted_prompt(NearestAnswer(), None)[0], tmp_path / "p")
    (folder / name).write_text('{"input": 3}\n')
    with pytest.raises(PackageError, match=re.escape(name)):
        load_package(folder, recall=recall)


@pytest.mark.parametrize("value", ["x", None, [4], 1.5])
def test_a_prompt_whose_shots_are_no_number_is_refused(value, writer_of, tmp_path: Path) -> None:
    folder = written(fitted_prompt(FewShot(), writer_of("llama"))[0], tmp_path / "p")
    prompt = json.loads((folder / "prompt.json").read_text())
    (folder / "prompt.json").write_text(json.dumps(prompt | {"shots": value}))
    with pytest.raises(PackageError, match=r"prompt\.json"):
        load_package(folder, recall=found_again(writer_of("llama")))


@pytest.mark.parametrize("name", ["phrases.jsonl", "index.json"])
def test_damaged_phrases_are_refused(name: str, tmp_path: Path) -> None:
    folder = written(fitted_prompt(Phrases(), None)[0], tmp_path / "p")
    (folder / name).write_text('{"longest": 0}\n')
    with pytest.raises(PackageError, match=re.escape(name)):
        load_package(folder, recall=recall)


def test_labels_that_are_rated_are_rated_alike(writer_of, tmp_path: Path) -> None:
    """By a tuned writer, and by a prompt with examples."""
    base, labels = writer_of("llama"), ("order_status", "refund")
    targets = np.arange(len(QUESTIONS)) % 2
    about = facts(output_kind=OutputKind.SINGLE, labels=labels, task="classify")
    data = Split(list(QUESTIONS), targets, np.arange(len(QUESTIONS)), [""] * len(QUESTIONS))
    engine = WriterEngine(max_tokens=MAX_TOKENS, device="cpu")
    settings = {"learning_rate": 0.01, "batch_size": 4}
    shown = {"shots": 1, "draw": 0, "format": "one message", "correction": "length and prior"}
    fits = [
        engine.tune(Job(about, settings, base, data, 3), trains="all"),
        FewShot().begin(Job(about, shown, base, data, 3), engine),
    ]
    for number, fit in enumerate(fits):
        fit.advance(1)
        folder = written(fit.fitted(), tmp_path / str(number))
        logits_NC = fit.answers(ASKED).logits_NC
        check_package(folder, ASKED, logits_NC, 1e-3, recall=found_again(base))
        turned_NC = logits_NC[:, ::-1]
        with pytest.raises(PackageError, match="a probability"):
            check_package(folder, ASKED, turned_NC, 1e-3, recall=found_again(base))


def test_the_model_card_says_that_there_are_no_weights(writer_of, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard

    translator, _ = fitted_prompt(ZeroShot(), writer_of("llama"))
    translator.facts["task"] = "translate"
    page = ModelCard.load(written(translator, tmp_path / "p") / "README.md")
    assert page.data.pipeline_tag == "translation"
    assert page.data.get("base_model_relation") is None, "nothing was trained"
    assert "holds a prompt and no weights" in page.content
