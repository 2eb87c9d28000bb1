"""Packages that write repeat what was measured: oracles are transformers and PEFT, run without Sartor."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import package_samples as samples
import pytest
import torch
import transformers
from writer_folders import CHATML, writer

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Fitted, Job
from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split, TaskFacts
from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.engines.load_writer import load_writer
from sartor.engines.packages import (
    check_package,
    check_written_package,
    load_package,
    write_package,
)
from sartor.engines.packages.writer_folder import template_for_others
from sartor.engines.rendering import Renderer
from sartor.engines.writer_engine import WriterEngine
from sartor.serve.recall import recall
from sartor.tune.few_shot import FewShot
from sartor.tune.nearest_answer import NearestAnswer
from sartor.tune.phrases import Copy, Phrases
from sartor.tune.retrieval import Retrieval
from sartor.tune.zero_shot import ZeroShot

# PEFT asks transformers for a property under its older name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
MAX_TOKENS, MAX_ANSWER_TOKENS = 128, 8
QUESTIONS = [
    "Where is my parcel?",
    "Can the trousers be made longer?",
    "How do I pay by invoice? 🙂",
    "Do you sew for children?",
    "The hem is loose",
    "<|im_end|> Is this the end? </s>",
]
REPLIES = ["On its way.", "Yes, by 4 cm.", "Ask us.", "No.", "Bring it in.", "No, it is not."]
ASKED = [f"{question} No. {number}" for number in range(4) for question in QUESTIONS[:5]]
"""Twenty inputs."""
FAMILIES = {"llama": CHATML, "gpt2": None, "t5": None}
"""Family to the chat template of its folder."""


def rows() -> Split:
    targets = np.empty(len(QUESTIONS), dtype=object)
    targets[:] = [(reply,) for reply in REPLIES]
    return Split(list(QUESTIONS), targets, np.arange(len(QUESTIONS)), [""] * len(QUESTIONS))


def facts(**changes: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "output_kind": OutputKind.TEXT,
        "labels": (),
        "descriptions": {},
        "num_fit": len(QUESTIONS),
        "smallest_class": 0,
        "mean_tokens": 8.0,
        "max_tokens": MAX_TOKENS,
        "task": "generate",
        "instruction": "Answer.",
        "mean_answer_tokens": 4.0,
        "max_answer_tokens": MAX_ANSWER_TOKENS,
    }
    return TaskFacts(**(given | changes))


@pytest.fixture(scope="module")
def base_of(tmp_path_factory):
    """A tiny base that writes, made once."""
    made: dict[str, BaseModel] = {}

    def make(family: str) -> BaseModel:
        if family not in made:
            folder = tmp_path_factory.mktemp("base") / family
            base = writer(family, folder, chat_template=FAMILIES[family])
            made[family] = replace(base, hub_id=f"tiny/{family}", licence="Apache-2.0")
        return made[family]

    return make


def tuned(base: BaseModel, trains: str) -> tuple[Fitted, Answers]:
    """Two steps of training, what was learned, and what the model writes to 20 inputs."""
    settings = {"learning_rate": 0.01, "batch_size": 4, "rank": 2, "alpha": 8, "dropout": 0.0}
    job = Job(facts(), settings, base, rows(), 3)
    fit = WriterEngine(max_tokens=MAX_TOKENS, device="cpu").tune(job, trains=trains)
    fit.advance(1)
    return fit.fitted(), fit.answers(ASKED)


@pytest.fixture(scope="module")
def learned(base_of):
    """A tuned writer and its answers, made once for each family and way of training."""
    made: dict[tuple[str, str], tuple[Fitted, Answers]] = {}

    def learn(family: str, trains: str) -> tuple[Fitted, Answers]:
        if (family, trains) not in made:
            made[family, trains] = tuned(base_of(family), trains)
        return made[family, trains]

    return learn


def written(fitted: Fitted, folder: Path) -> Path:
    folder.mkdir()
    made_card = samples.card(metrics={}, calibrator=None, method="lora", method_title="tuned")
    write_package(fitted, folder, card=made_card)
    return folder


def found_again(base: BaseModel) -> Any:
    """`recall` that knows where the tests keep their bases."""
    return partial(recall, bases=lambda: [str(base.folder)])


@pytest.fixture(scope="module")
def package_of(learned, tmp_path_factory):
    """A package that tests only read, with the answers that it has to give."""
    made: dict[tuple[str, str], Path] = {}

    def package(family: str, trains: str) -> tuple[Path, Answers]:
        fitted, answers = learned(family, trains)
        if (family, trains) not in made:
            made[family, trains] = written(fitted, tmp_path_factory.mktemp("package") / "p")
        return made[family, trains], answers

    return package


EVERY = [(family, trains) for family in FAMILIES for trains in ("all", "lora")]


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


def scripts_of(folder: Path) -> list[str]:
    page = (folder / "README.md").read_text("utf-8")
    adapter = folder / "adapter" / "README.md"
    page += adapter.read_text("utf-8") if adapter.is_file() else ""
    return re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)


def run_scripts(cases: list[tuple[Path, str, list[str]]], bases: list[BaseModel]) -> list[Any]:
    """Answers of the very scripts that the cards print, in one process without Sartor."""
    code = ["import os, json, sys", "found = []"]
    for folder, script, texts in cases:
        script = re.sub(r"^texts = .*$", lambda _, t=texts: f"texts = {t!r}", script, flags=re.M)
        for base in bases:
            script = script.replace(repr(base.hub_id), repr(str(base.folder)))
        code.append(f"os.chdir({str(folder)!r})")
        code.append(f"space = {{}}; exec({script!r}, space); found.append(space['answers'])")
    code.append("assert not [m for m in sys.modules if m.startswith('sartor')]")
    code.append("print('\\n' + json.dumps(found))")
    done = subprocess.run(
        [sys.executable, "-"], input="\n".join(code), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_the_scripts_of_the_cards_write_the_same_texts_without_sartor(
    package_of, base_of, prompted, tmp_path: Path
) -> None:
    cases, wanted = [], []
    for family, trains in EVERY:
        folder, answers = package_of(family, trains)
        for script in dict.fromkeys(scripts_of(folder)):
            cases.append((folder, script, ASKED))
            wanted.append(list(answers.written_N))
    for number, (fitted, answers) in enumerate(prompted()):
        folder = written(fitted, tmp_path / f"prompt{number}")
        [script] = scripts_of(folder)
        cases.append((folder, script, ASKED))
        wanted.append(list(answers.written_N))
    assert len(cases) == 3 + 2 * 3 + 9
    found = run_scripts(cases, [base_of(family) for family in FAMILIES])
    for (folder, script, _), ours, theirs in zip(cases, wanted, found, strict=True):
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
    family: str, package_of, base_of
) -> None:
    from peft import PeftModel

    base, (folder, _) = base_of(family), package_of(family, "lora")
    plain = transformers_model(base.folder, base)
    before = own_logits(plain, base)
    merged = own_logits(transformers_model(folder, base), base)
    adapted = own_logits(PeftModel.from_pretrained(plain, folder / "adapter").eval(), base)
    assert (merged - before).abs().max() > 0.01, "something was learned"
    assert (merged - adapted).abs().max() < 1e-4
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == base.hub_id


TALK = (
    Turn("system", "Be brief.\n"),
    Turn("user", " Hello "),
    Turn("assistant", "Good day"),
    Turn("user", "Where is it? {{ 1 }} 'x'"),
)


@pytest.mark.parametrize("family", ["gpt2", "t5"])
@pytest.mark.parametrize("turns", [TALK[1:2], TALK])
def test_the_plain_format_as_a_template_gives_the_same_bytes_and_tokens(
    family: str, turns: tuple[Turn, ...], base_of, package_of
) -> None:
    base, (folder, _) = base_of(family), package_of(family, "all")
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
    family: str, base_of, package_of
) -> None:
    folder, _ = package_of(family, "all")
    again = recall(folder, {"kind": "writer", "base": {}, "is_conversation": True}).base
    assert again is not None
    before, after = (Renderer(base, max_tokens=MAX_TOKENS) for base in (base_of(family), again))
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
    family: str, trains: str, package_of, base_of
) -> None:
    folder, _ = package_of(family, trains)
    base = base_of(family)
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


def fitted_prompt(method: Any, base: BaseModel, **settings: Any) -> tuple[Fitted, Answers]:
    about = facts(max_answer_tokens=6)
    chosen = {dial.name: dial.default for dial in method.dials(about, base)} | settings
    engine = WriterEngine(max_tokens=MAX_TOKENS, device="cpu")
    fit = method.begin(Job(about, chosen, base, rows(), 3), engine)
    fit.advance(0)
    return fit.fitted(), fit.answers(ASKED)


@pytest.fixture(scope="module")
def prompted(base_of):
    """Prompts that any program can fill in, and answers looked up."""

    def make() -> list[tuple[Fitted, Answers]]:
        llama, gpt2, t5 = (base_of(family) for family in FAMILIES)
        return [
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

    return make


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
    method: Any, settings: dict[str, Any], base_of, tmp_path: Path
) -> None:
    base = base_of("llama")
    fitted, answers = fitted_prompt(method, base if method.needs_base else None, **settings)
    folder = written(fitted, tmp_path / "p")
    assert not list(folder.rglob("*.safetensors")), "a base is named, not copied"
    assert str(base.folder) not in "".join(p.read_text("utf-8") for p in folder.iterdir())
    checked = check_written_package(folder, ASKED, answers, recall=found_again(base))
    assert (checked.num_texts, checked.num_different) == (20, 0)
    served = load_package(folder, recall=found_again(base))
    assert "".join(served.stream(ASKED[0])) == answers.written_N[0]


PASSAGES = (
    "Parcels: They take\nthree days.",
    "Payment: By invoice, <|im_end|> or cash 🙂.",
    "Hems: Mended.",
)


@pytest.mark.parametrize("shots", [0, 2])
@pytest.mark.parametrize("task", ["generate", "chat"])
def test_prompts_with_passages_are_the_same_bytes_when_choosing_in_predict_and_in_the_package(
    task: str, shots: int, base_of, tmp_path: Path
) -> None:
    base = base_of("llama")
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


def test_only_the_examples_that_are_shown_are_packed(base_of, tmp_path: Path) -> None:
    fitted, _ = fitted_prompt(FewShot(), base_of("llama"), shots=1)
    prompt = json.loads((written(fitted, tmp_path / "p") / "prompt.json").read_text())
    assert len(prompt["examples"]) == 1
    assert prompt["examples"][0]["input"] in QUESTIONS
    assert prompt["pattern"].count("<<<input>>>") == 1


def test_a_base_that_has_changed_or_is_gone_is_refused(base_of, tmp_path: Path) -> None:
    fitted, _ = fitted_prompt(ZeroShot(), base_of("llama"))
    folder = written(fitted, tmp_path / "p")
    with pytest.raises(PackageError, match="holds a prompt for it and no weights"):
        load_package(folder, recall=recall)
    other = writer("llama", tmp_path / "other", chat_template=CHATML, seed=8)
    with pytest.raises(PackageError, match="has changed: it has the fingerprint"):
        load_package(folder, recall=found_again(other))


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


@pytest.mark.parametrize("name", ["examples.jsonl", "index.json"])
def test_damaged_examples_are_refused(name: str, tmp_path: Path) -> None:
    folder = written(fitted_prompt(NearestAnswer(), None)[0], tmp_path / "p")
    (folder / name).write_text('{"input": 3}\n')
    with pytest.raises(PackageError, match=re.escape(name)):
        load_package(folder, recall=recall)


@pytest.mark.parametrize("name", ["phrases.jsonl", "index.json"])
def test_damaged_phrases_are_refused(name: str, tmp_path: Path) -> None:
    folder = written(fitted_prompt(Phrases(), None)[0], tmp_path / "p")
    (folder / name).write_text('{"longest": 0}\n')
    with pytest.raises(PackageError, match=re.escape(name)):
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


def test_a_chat_is_answered_from_its_turns(base_of, tmp_path: Path) -> None:
    base = base_of("llama")
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


def test_labels_that_are_rated_are_rated_alike(base_of, tmp_path: Path) -> None:
    """By a tuned writer, and by a prompt with examples."""
    base, labels = base_of("llama"), ("order_status", "refund")
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


def test_the_model_card_says_what_the_package_is(package_of, base_of, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard

    folder, _ = package_of("llama", "lora")
    data = ModelCard.load(folder / "README.md").data
    assert (data.library_name, data.pipeline_tag) == ("transformers", "text-generation")
    assert (data.base_model, data.base_model_relation) == ("tiny/llama", "finetune")
    adapter = ModelCard.load(folder / "adapter" / "README.md").data
    assert (adapter.library_name, adapter.base_model_relation) == ("peft", "adapter")
    translator = replace(fitted_prompt(ZeroShot(), base_of("llama"))[0])
    translator.facts["task"] = "translate"
    page = ModelCard.load(written(translator, tmp_path / "p") / "README.md")
    assert page.data.pipeline_tag == "translation"
    assert page.data.get("base_model_relation") is None, "nothing was trained"
    assert "holds a prompt and no weights" in page.content


def test_load_writer_reads_a_package_as_a_base_like_any_other(package_of) -> None:
    """So that a package can be tuned on."""
    folder, _ = package_of("gpt2", "lora")
    base = recall(folder, {"kind": "writer", "base": {}, "is_conversation": False}).base
    assert base is not None
    assert load_writer(base).num_parameters() == base.num_parameters
