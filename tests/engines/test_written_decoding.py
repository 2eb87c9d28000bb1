"""Answers that are drawn reproduce to the bit, and packages write them as they were measured."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import package_samples as samples
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from writer_folders import CHATML, writer

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Job
from sartor.core.conversation import Turn
from sartor.core.dataset import Split, TaskFacts
from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.engines.packages import check_written_package, load_package, write_package
from sartor.engines.writer_engine import WriterEngine
from sartor.serve.recall import recall
from sartor.tune.few_shot import FewShot

MAX_TOKENS = 128
TEXTS = ["Where is my parcel?", "The hem is loose", "Do you sew for children?", "Is it late?"]
REPLIES = ["On its way.", "Bring it in.", "No.", "No, it is not."]
DRAWN = {"temperature": 0.7, "top_p": 0.9}
WAYS: dict[str, dict[str, Any]] = {
    "drawn": {**DRAWN, "repetition_penalty": 1.0, "max_new_tokens": 12},
    "penalised": {
        "temperature": 0.0,
        "top_p": 0.9,
        "repetition_penalty": 1.3,
        "max_new_tokens": 9,
    },
}


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> BaseModel:
    return writer("llama", tmp_path_factory.mktemp("base") / "llama", chat_template=CHATML)


def facts() -> TaskFacts:
    given = (OutputKind.TEXT, (), {}, len(TEXTS), 0, 8.0, MAX_TOKENS)
    return TaskFacts(*given, task="generate", instruction="Answer.", max_answer_tokens=16)


def job(base: BaseModel, **settings: Any) -> Job:
    targets = np.empty(len(TEXTS), dtype=object)
    targets[:] = [(reply,) for reply in REPLIES]
    rows = Split(list(TEXTS), targets, np.arange(len(TEXTS)), [""] * len(TEXTS))
    return Job(facts(), settings, base, rows, 3)


def engine() -> WriterEngine:
    return WriterEngine(max_tokens=MAX_TOKENS, device="cpu")


def said(base: BaseModel, texts: list[str], decoding: dict[str, float]) -> list[str]:
    prompts = [Prompt((Turn("user", text),)) for text in texts]
    answers = engine().write(base, prompts, max_new_tokens=12, decoding=decoding)
    assert answers.written_N is not None
    return answers.written_N.tolist()


def test_what_is_drawn_depends_on_the_prompt_alone(base) -> None:
    together = said(base, TEXTS, DRAWN)
    assert together == said(base, TEXTS, DRAWN)
    assert together[::-1] == said(base, TEXTS[::-1], DRAWN)
    assert together == [said(base, [text], DRAWN)[0] for text in TEXTS]
    assert said(base, [TEXTS[1], TEXTS[1], TEXTS[0]], DRAWN) == [
        together[1],
        together[1],
        together[0],
    ]


def test_drawing_is_not_the_likeliest_text(base) -> None:
    assert said(base, TEXTS, {"temperature": 1.5, "top_p": 1.0}) != said(base, TEXTS, {})


def tuned(base: BaseModel, way: str, folder: Path) -> tuple[Path, Any]:
    settings = {"learning_rate": 0.01, "batch_size": 4, **WAYS[way]}
    fit = engine().tune(job(base, **settings), trains="all")
    fit.advance(1)
    folder.mkdir()
    write_package(fit.fitted(), folder, card=samples.card(metrics={}, calibrator=None))
    return folder, fit.answers(TEXTS)


@pytest.mark.parametrize("way", WAYS)
def test_a_package_writes_as_it_was_measured(base, way: str, tmp_path: Path) -> None:
    folder, expected = tuned(base, way, tmp_path / "package")
    checked = check_written_package(folder, TEXTS, expected, recall=recall)
    assert checked.num_different == 0
    served = load_package(folder, recall=recall)
    assert ["".join(served.stream(text)) for text in TEXTS] == expected.written_N.tolist()
    generation = json.loads((folder / "generation_config.json").read_text("utf-8"))
    assert generation["do_sample"] == (way == "drawn")
    assert generation["max_new_tokens"] == WAYS[way]["max_new_tokens"]
    if way == "drawn":
        assert (generation["temperature"], generation["top_p"], generation["top_k"]) == (
            0.7,
            0.9,
            0,
        )
    else:
        assert generation["repetition_penalty"] == 1.3
        assert "temperature" not in generation


def test_transformers_alone_writes_the_same_with_the_packages_settings(
    base, tmp_path: Path
) -> None:
    folder, expected = tuned(base, "penalised", tmp_path / "package")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    answers = []
    for text in TEXTS:
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=False,
        )
        with torch.inference_mode():
            output = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids))[0]
        written = tokenizer.decode(output[ids.shape[1] :], skip_special_tokens=True)
        answers.append(written.strip())
    assert answers == expected.written_N.tolist()


def test_a_prompt_keeps_how_its_answers_are_written(base, tmp_path: Path) -> None:
    given = {"shots": 2, "draw": 0, "format": "system turn", **WAYS["drawn"]}
    fit = FewShot().begin(job(base, **given), _Engines())  # type: ignore[arg-type]
    folder = tmp_path / "package"
    folder.mkdir()
    write_package(fit.fitted(), folder, card=samples.card(metrics={}, calibrator=None))
    found_again = partial(recall, bases=lambda: [str(base.folder)])
    check_written_package(folder, TEXTS, fit.answers(TEXTS), recall=found_again)
    decoding = json.loads((folder / "prompt.json").read_text("utf-8"))["decoding"]
    assert (decoding["do_sample"], decoding["temperature"]) == (True, 0.7)
    assert decoding["max_new_tokens"] == 12


def test_a_message_alone_is_answered_from_examples_that_were_read_once(
    base, tmp_path: Path
) -> None:
    given = {"shots": 2, "draw": 0, "format": "system turn", **WAYS["penalised"]}
    fit = FewShot().begin(job(base, **given), _Engines())  # type: ignore[arg-type]
    write_package(fit.fitted(), tmp_path, card=samples.card(metrics={}, calibrator=None))
    served = load_package(tmp_path, recall=partial(recall, bases=lambda: [str(base.folder)]))
    trunk, num_read = served._model.trunk, []  # type: ignore[union-attr]
    hook = trunk.register_forward_pre_hook(
        lambda _, __, named: num_read.append(named["input_ids"].shape[1]), with_kwargs=True
    )
    alone = []
    for text in TEXTS:
        num_read.clear()
        alone.append(served.answers([text]).written_N[0])  # type: ignore[index]
    hook.remove()
    assert alone == fit.answers(TEXTS).written_N.tolist()
    assert alone == ["".join(served.stream(text)) for text in TEXTS]
    whole = len(served._tokens(served.prompts(TEXTS[-1:])[0]).tokens_T)  # type: ignore[union-attr]
    assert num_read[0] < whole / 2, "the examples were read again"


class _Engines:
    """What a method that is not trained needs of an engine."""

    def __init__(self) -> None:
        self.write = engine().write


def test_a_decoding_that_serving_does_not_know_is_refused(base, tmp_path: Path) -> None:
    folder, _ = tuned(base, "drawn", tmp_path / "package")
    path = folder / "sartor.json"
    about = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(about | {"decoding": {"beams": 4}}), "utf-8")
    with pytest.raises(PackageError, match="beams"):
        load_package(folder, recall=recall)
