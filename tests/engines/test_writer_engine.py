"""Writers learn what they are shown, stop and go on to the bit, and answer alike however they are asked."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from templates import CHATML
from writer_folders import writer

from sartor.base.resolve import resolve
from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Job, State
from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.engines.writer_engine import WriterEngine

pytestmark = pytest.mark.slow

WORDS = {"red": "rosso", "blue": "blu", "green": "verde", "white": "bianco"}
SETTINGS: dict[str, Any] = {"batch_size": 8, "learning_rate": 1e-2}
OF = {
    "all": SETTINGS,
    "last_layers": SETTINGS | {"num_layers": 1},
    "lora": SETTINGS | {"rank": 8, "alpha": 16, "dropout": 0.0},
}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BaseModel]:
    folder = tmp_path_factory.mktemp("bases")
    return {
        "llama": plain("llama", folder / "llama", chat_template=CHATML),
        "gpt2": plain("gpt2", folder / "gpt2", resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0),
        "t5": plain("t5", folder / "t5", dropout_rate=0.0),
        "bart": plain("bart", folder / "bart", dropout=0.0),
    }


def plain(family: str, folder: Path, **about: Any) -> BaseModel:
    """With the weights that transformers draws, which learn quicker than those that write varied texts."""
    writer(family, folder, **about)
    config = transformers.AutoConfig.from_pretrained(folder)
    factory = transformers.AutoModelForCausalLM
    if config.is_encoder_decoder:
        factory = transformers.AutoModelForSeq2SeqLM
    torch.manual_seed(0)
    factory.from_config(config).save_pretrained(folder)
    return resolve(str(folder), offline=True)


def rows(*, is_chat: bool = False, kind: OutputKind = OutputKind.TEXT) -> Split:
    """Every colour four times; of a chat after a greeting."""
    texts = [f"say {word}" for word in WORDS] * 4
    answers = [*WORDS.values()] * 4
    if is_chat:
        texts = [conversation_text([Turn("user", text)]) for text in texts]
    targets: np.ndarray = np.array([0, 1, 2, 3] * 4)
    if kind is OutputKind.TEXT:
        targets = np.empty(len(texts), dtype=object)
        targets[:] = [(answer,) for answer in answers]
    return Split(texts, targets, np.arange(len(texts)), [""] * len(texts))


def job(base: BaseModel, *, trains: str = "all", is_chat: bool = False, **changes: Any) -> Job:
    kind = changes.pop("kind", OutputKind.TEXT)
    facts = TaskFacts(
        output_kind=kind,
        labels=() if kind is OutputKind.TEXT else tuple(WORDS.values()),
        descriptions={},
        num_fit=16,
        smallest_class=0,
        mean_tokens=4.0,
        max_tokens=64,
        task="chat" if is_chat else "generate",
        max_answer_tokens=12,
    )
    return Job(facts, OF[trains] | changes, base, rows(is_chat=is_chat, kind=kind), 3)


def engine() -> WriterEngine:
    return WriterEngine(max_tokens=64, device="cpu")


@pytest.mark.parametrize(
    ("family", "trains"),
    [("llama", "all"), ("llama", "lora"), ("gpt2", "all"), ("t5", "all"), ("bart", "all")],
)
def test_it_learns_what_it_is_shown(bases, family: str, trains: str) -> None:
    fit = engine().tune(job(bases[family], trains=trains), trains=trains)
    fit.advance(60)
    said = fit.answers([f"say {word}" for word in WORDS]).written_N
    assert list(said) == [*WORDS.values()]


def test_it_learns_labels_by_their_names(bases) -> None:
    fit = engine().tune(job(bases["llama"], kind=OutputKind.SINGLE), trains="all")
    fit.advance(30)
    logits_NC = fit.answers([f"say {word}" for word in WORDS]).logits_NC
    assert logits_NC.shape == (4, 4)
    assert logits_NC.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_a_chat_is_learned_by_its_turns(bases) -> None:
    fit = engine().tune(job(bases["llama"], is_chat=True), trains="all")
    fit.advance(40)
    asked = conversation_text([Turn("user", "say green")])
    assert list(fit.answers([asked]).written_N) == ["verde"]


@pytest.mark.parametrize("trains", OF)
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_stopping_and_going_on_changes_no_bit(bases, family: str, trains: str) -> None:
    straight, first = (
        engine().tune(job(bases[family], trains=trains), trains=trains) for _ in range(2)
    )
    straight.advance(1.5)
    first.advance(0.5)
    second = engine().tune(job(bases[family], trains=trains), trains=trains)
    second.restore(_stored(first.state()))
    second.advance(1.5)
    for name, array in straight.state().arrays.items():
        assert np.array_equal(array, second.state().arrays[name]), name
    assert _same(straight.answers(["say red"]), second.answers(["say red"]))


@pytest.mark.parametrize(
    ("family", "trains"), [("llama", "lora"), ("gpt2", "lora"), ("t5", "lora")]
)
def test_adapters_sit_in_every_linear_layer_of_every_layer(bases, family: str, trains: str) -> None:
    """PEFT gives the same logits with the adapter that was handed over."""
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict

    from sartor.engines.load_writer import load_writer

    fit = engine().tune(job(bases[family], trains=trains), trains=trains)
    fit.advance(2)
    fitted = fit.fitted()
    config = LoraConfig(**fitted.facts["lora_config"])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)  # PEFT's
        adapted = get_peft_model(load_writer(bases[family]), config)
    arrays = {name: torch.from_numpy(array) for name, array in fitted.arrays.items()}
    result = set_peft_model_state_dict(adapted, arrays)
    assert not result.unexpected_keys
    assert not [name for name in result.missing_keys if "lora_" in name]
    ids = torch.tensor([[5, 9, 40, 12, 7]])
    given = {"input_ids": ids} | ({"decoder_input_ids": ids} if family == "t5" else {})
    with torch.inference_mode():
        theirs = adapted.eval()(**given).logits
        live = fit._ready()  # type: ignore[attr-defined]
        with live.averaged():
            ours = live.adapted.model.eval()(**given).logits
    assert torch.allclose(ours, theirs, atol=1e-4)
    base_logits = load_writer(bases[family])(**given).logits
    assert not torch.allclose(base_logits, theirs, atol=1e-3), "it learned something"


def test_only_the_last_layers_learn(bases) -> None:
    fit = engine().tune(job(bases["llama"], trains="last_layers"), trains="last_layers")
    fit.advance(1)
    names = set(fit.fitted().arrays)
    assert names
    assert all(".layers.1." in name for name in names)


@pytest.mark.parametrize("family", ["llama", "t5"])
def test_a_base_as_it_is_answers_the_same_alone_and_together(bases, family: str) -> None:
    one = engine()
    prompts = [Prompt((Turn("user", text),)) for text in ("red", "say blue and more", "", "x")]
    together = one.write(bases[family], prompts, max_new_tokens=8, decoding={})
    alone = [one.write(bases[family], [p], max_new_tokens=8, decoding={}) for p in prompts]
    assert list(together.written_N) == [a.written_N[0] for a in alone]
    expected = np.concatenate([a.logits_NC for a in alone])
    assert together.logits_NC == pytest.approx(expected, abs=1e-4)


def test_an_answer_that_begins_another_one_does_not_win_over_it(bases) -> None:
    """Ends count: `card` and `card payment` are two answers."""
    fit = engine().tune(job(bases["llama"]), trains="all")
    fit.advance(0.25)
    scores_NC, num_tokens_C = engine().choose(
        bases["llama"], [Prompt((Turn("user", "card"),))], ["card", "card payment"]
    )
    assert scores_NC.shape == (1, 2)
    assert num_tokens_C[1] > num_tokens_C[0] >= 2


def _stored(state: State) -> State:
    """As it comes back from the disk."""
    return State({name: array.copy() for name, array in state.arrays.items()}, dict(state.facts))


def _same(one: Answers, other: Answers) -> bool:
    return list(one.written_N) == list(other.written_N) and np.array_equal(
        one.logits_NC, other.logits_NC
    )
