"""Packages of tuned writers repeat what was measured: oracles are transformers and PEFT, without Sartor."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from writer_folders import CHATML, writer
from writer_packages import (
    ASKED,
    FAMILIES,
    MAX_ANSWER_TOKENS,
    MAX_TOKENS,
    TALK,
    facts,
    rows,
    run_scripts,
    scripts_of,
    written,
)

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Fitted, Job
from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split
from sartor.core.errors import PackageError
from sartor.core.prompt import Prompt
from sartor.engines.load_writer import load_writer
from sartor.engines.packages import check_written_package, load_package
from sartor.engines.packages.writer_folder import template_for_others
from sartor.engines.rendering import Renderer
from sartor.engines.writer_engine import WriterEngine
from sartor.serve.recall import recall

# PEFT asks transformers for a property under its older name.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
]
EVERY = [(family, trains) for family in FAMILIES for trains in ("all", "lora")]


def tuned(base: BaseModel, trains: str) -> tuple[Fitted, Answers]:
    """Two steps of training, what was learned, and what the model writes to 20 inputs."""
    settings = {"learning_rate": 0.01, "batch_size": 4, "rank": 2, "alpha": 8, "dropout": 0.0}
    job = Job(facts(), settings, base, rows(), 3)
    fit = WriterEngine(max_tokens=MAX_TOKENS, device="cpu").tune(job, trains=trains)
    fit.advance(1)
    return fit.fitted(), fit.answers(ASKED)


@pytest.fixture(scope="module")
def learned(writer_of):
    """A tuned writer and its answers, made once for each family and way of training."""
    return cache(lambda family, trains: tuned(writer_of(family), trains))


@pytest.fixture(scope="module")
def package_of(learned, tmp_path_factory):
    """A package that tests only read, with the answers that it has to give."""

    @cache
    def package(family: str, trains: str) -> tuple[Path, Answers]:
        fitted, answers = learned(family, trains)
        return written(fitted, tmp_path_factory.mktemp("package") / "p"), answers

    return package


@pytest.mark.parametrize(("family", "trains"), EVERY)
def test_a_package_writes_what_was_measured_and_passes_its_check(
    family: str, trains: str, package_of
) -> None:
    folder, answers = package_of(family, trains)
    assert len(set(answers.written_N)) > 1, "answers must not all be alike"
    served = load_package(folder, recall=recall)
    assert list(served.answers(ASKED).written_N) == list(answers.written_N)
    checked = check_written_package(folder, ASKED, answers, recall=recall)
    assert (checked.num_texts, checked.num_different) == (20, 0)


@pytest.mark.slow
def test_the_scripts_of_the_cards_write_the_same_texts_without_sartor(
    package_of, writer_of
) -> None:
    packages = [package_of(family, trains) for family, trains in EVERY]
    cases = [
        (folder, script, list(answers.written_N))
        for folder, answers in packages
        for script in dict.fromkeys(scripts_of(folder))
    ]
    assert len(cases) == 3 + 2 * 3
    asked = [(folder, script, ASKED) for folder, script, _ in cases]
    found = run_scripts(asked, [writer_of(family) for family in FAMILIES])
    for (folder, script, ours), theirs in zip(cases, found, strict=True):
        assert theirs == ours, f"{folder}\n{script}"


def own_logits(model: Any, base: BaseModel) -> torch.Tensor:
    ids = torch.tensor([[7, 40, 90, 33, 120, 8]])
    with torch.inference_mode():
        if base.architecture == "encoder-decoder":
            return model(input_ids=ids, decoder_input_ids=ids).logits
        return model(input_ids=ids).logits


def transformers_model(folder: Path, base: BaseModel) -> Any:
    factory = transformers.AutoModelForCausalLM
    if base.architecture == "encoder-decoder":
        factory = transformers.AutoModelForSeq2SeqLM
    return factory.from_pretrained(folder, dtype=torch.float32).eval()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_merged_model_and_the_adapter_in_peft_give_the_same_logits(
    family: str, package_of, writer_of
) -> None:
    from peft import PeftModel

    base, (folder, _) = writer_of(family), package_of(family, "lora")
    plain = transformers_model(base.folder, base)
    before = own_logits(plain, base)
    merged = own_logits(transformers_model(folder, base), base)
    adapted = own_logits(PeftModel.from_pretrained(plain, folder / "adapter").eval(), base)
    assert (merged - before).abs().max() > 0.01, "something was learned"
    assert (merged - adapted).abs().max() < 1e-4
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == base.hub_id


@pytest.mark.parametrize("family", ["gpt2", "t5"])
@pytest.mark.parametrize("turns", [TALK[1:2], TALK])
def test_the_plain_format_as_a_template_gives_the_same_bytes_and_tokens(
    family: str, turns: tuple[Turn, ...], writer_of, package_of
) -> None:
    base, (folder, _) = writer_of(family), package_of(family, "all")
    renderer = Renderer(base, max_tokens=MAX_TOKENS)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    assert tokenizer.chat_template == template_for_others(renderer)
    messages = [turn.as_message() for turn in turns]
    theirs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    ours = renderer.text(Prompt(turns))
    tokens = renderer.prompt(Prompt(turns), answer_tokens=1).tokens_T.tolist()
    if base.architecture == "encoder-decoder":
        assert theirs == ours
        assert tokenizer(theirs)["input_ids"] == tokens
    else:
        assert theirs == f"<s>{ours}", "a tokenizer adds no special tokens after a template"
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        assert ids == tokens


@pytest.mark.parametrize("family", FAMILIES)
def test_the_package_reads_conversations_as_its_base_did_in_training(
    family: str, writer_of, package_of
) -> None:
    folder, _ = package_of(family, "all")
    again = recall(folder, {"kind": "writer", "base": {}, "is_conversation": True}).base
    assert again is not None
    before, after = (Renderer(base, max_tokens=MAX_TOKENS) for base in (writer_of(family), again))
    assert before.text(Prompt(TALK)) == after.text(Prompt(TALK))
    lessons = [one.lesson(Prompt(TALK), "It is here.") for one in (before, after)]
    assert lessons[0].tokens_T.tolist() == lessons[1].tokens_T.tolist()


def test_a_template_that_asks_for_the_day_keeps_the_one_of_the_training(
    tmp_path: Path,
) -> None:
    dated = "{{ strftime_now('%d %b %Y') + '\n' }}" + CHATML
    base = writer("llama", tmp_path / "base", chat_template=dated)
    renderer = Renderer(base, max_tokens=MAX_TOKENS)
    tokenizer = transformers.AutoTokenizer.from_pretrained(base.folder)
    theirs = tokenizer.apply_chat_template(
        [turn.as_message() for turn in TALK],
        chat_template=template_for_others(renderer),
        add_generation_prompt=True,
        tokenize=False,
    )
    assert theirs == renderer.text(Prompt(TALK))


@pytest.mark.parametrize(("family", "trains"), [("gpt2", "lora"), ("t5", "all")])
def test_the_same_winner_gives_the_same_bytes(
    family: str, trains: str, learned, package_of, tmp_path: Path
) -> None:
    first, _ = package_of(family, trains)
    second = written(learned(family, trains)[0], tmp_path / "second")
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert names == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert [n for n in names if (first / n).read_bytes() != (second / n).read_bytes()] == []


@pytest.mark.parametrize(("family", "trains"), EVERY)
def test_a_package_decodes_greedily_to_its_stop_token_and_holds_no_path(
    family: str, trains: str, package_of, writer_of
) -> None:
    folder, _ = package_of(family, trains)
    base = writer_of(family)
    generation = json.loads((folder / "generation_config.json").read_text())
    about = json.loads((folder / "sartor.json").read_text())
    assert about["stop_ids"] == [generation["eos_token_id"]]
    assert (generation["do_sample"], generation["max_new_tokens"]) == (False, MAX_ANSWER_TOKENS)
    assert (about["task"], about["is_conversation"]) == ("generate", False)
    for path in (path for path in folder.rglob("*") if path.is_file()):
        assert str(base.folder).encode() not in path.read_bytes(), path
        assert path.suffix in {".json", ".jinja", ".md", ".safetensors"}, path


def test_a_stream_is_the_answer_in_pieces(package_of) -> None:
    folder, answers = package_of("llama", "all")
    served = load_package(folder, recall=recall)
    for text, answer in zip(ASKED[:4], answers.written_N, strict=False):
        pieces = list(served.stream(text))
        assert "".join(pieces) == answer
    assert max(len(list(served.stream(text))) for text in ASKED[:4]) > 1
    p50, p95 = served.measure_latency(ASKED[:4])
    assert 0 < p50 <= p95


def test_a_prompt_that_is_too_long_is_cut_and_counted(package_of) -> None:
    served = load_package(package_of("llama", "all")[0], recall=recall)
    served.answers(["short", "long " * 200, "half a character \ud83d"])
    assert served.is_truncated == [False, True, False]
    assert served.num_truncated == 1


DAMAGES = {
    "sartor.json": b"{}",
    "config.json": b'{"model_type": "llama", "auto_map": {"AutoModel": "x.py"}}',
    "model.safetensors": b"\x80\x04 no tensors",
    "tokenizer.json": None,
    "chat_template.jinja": b"{{ 1 +",
    "tokenizer_config.json": b"[",
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_package_is_refused_by_the_name_of_its_file(
    name: str, package_of, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(package_of("llama", "all")[0], tmp_path / "p"))
    content = DAMAGES[name]
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    with pytest.raises(PackageError, match=re.escape(name)):
        load_package(folder, recall=recall)


def test_a_tokenizer_that_ends_answers_otherwise_is_refused(package_of, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(package_of("gpt2", "all")[0], tmp_path / "p"))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"eos_token": "<s>"}))
    with pytest.raises(PackageError, match="stop_ids"):
        load_package(folder, recall=recall)


def test_a_tensor_that_does_not_fit_the_base_is_refused_by_name(learned, tmp_path: Path) -> None:
    fitted, _ = learned("gpt2", "all")
    name = next(iter(fitted.arrays))
    arrays = {**fitted.arrays, name: np.zeros((2, 3), dtype=np.float32)}
    with pytest.raises(PackageError, match=re.escape(name)):
        written(replace(fitted, arrays=arrays), tmp_path / "p")


def changed(answers: Answers, num: int, *, shift: float = 0.0) -> Answers:
    texts = answers.written_N.copy()
    texts[:num] = "something else"
    return Answers(answers.logits_NC + np.float32(shift), texts)


def test_the_check_names_the_first_text_that_differs(package_of) -> None:
    folder, answers = package_of("llama", "lora")
    with pytest.raises(PackageError, match=r"text 0.*the text that it writes; 1 of 20 texts"):
        check_written_package(folder, ASKED, changed(answers, 1), recall=recall)
    with pytest.raises(PackageError, match=r"text 0.*its log-probability; 20 of 20 texts"):
        check_written_package(folder, ASKED, changed(answers, 0, shift=2e-3), recall=recall)


def test_of_many_texts_200_are_asked_again_and_a_near_tie_may_turn(package_of) -> None:
    folder, answers = package_of("gpt2", "lora")
    many = Answers(np.tile(answers.logits_NC, (11, 1)), np.tile(answers.written_N, 11))
    two = check_written_package(folder, ASKED * 11, changed(many, 2), recall=recall)
    assert (two.num_texts, two.num_different) == (200, 2)
    with pytest.raises(PackageError, match="3 of 200"):
        check_written_package(folder, ASKED * 11, changed(many, 3), recall=recall)


def test_a_chat_is_answered_from_its_turns(writer_of, tmp_path: Path) -> None:
    base = writer_of("llama")
    engine = WriterEngine(max_tokens=MAX_TOKENS, device="cpu")
    talk = conversation_text(TALK)
    targets = np.empty(1, dtype=object)
    targets[:] = [("Here.",)]
    job = Job(
        facts(task="chat"),
        {"learning_rate": 0.01, "batch_size": 4},
        base,
        Split([talk], targets, np.arange(1), [""]),
        3,
    )
    fit = engine.tune(job, trains="all")
    fit.advance(1)
    folder = written(fit.fitted(), tmp_path / "p")
    served = load_package(folder, recall=recall)
    assert served.manifest.is_conversation
    assert served.prompts([talk])[0].turns == TALK
    wanted = fit.answers([talk]).written_N[0]
    assert served.answers([talk]).written_N[0] == wanted
    messages = json.dumps([turn.as_message() for turn in TALK])
    [[found]] = run_scripts([(folder, scripts_of(folder)[0], [messages])], [base])
    assert found == wanted


def test_load_writer_reads_a_package_as_a_base_like_any_other(package_of) -> None:
    """So that a package can be tuned on."""
    folder, _ = package_of("gpt2", "lora")
    base = recall(folder, {"kind": "writer", "base": {}, "is_conversation": False}).base
    assert base is not None
    assert load_writer(base).num_parameters() == base.num_parameters


def test_the_model_card_says_what_the_package_is(package_of) -> None:
    from huggingface_hub import ModelCard

    folder, _ = package_of("llama", "lora")
    data = ModelCard.load(folder / "README.md").data
    assert (data.library_name, data.pipeline_tag) == ("transformers", "text-generation")
    assert (data.base_model, data.base_model_relation) == ("tiny/llama", "finetune")
    adapter = ModelCard.load(folder / "adapter" / "README.md").data
    assert (adapter.library_name, adapter.base_model_relation) == ("peft", "adapter")
