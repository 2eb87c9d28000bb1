"""Folders of models that write: what is read of them, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from writing_bases import CONFIGS, WriterFolder

from sartor.base.card import read_card
from sartor.base.hub import cached_ids
from sartor.base.resolve import available_bases, resolve
from sartor.base.terms import check_architecture
from sartor.core.base_model import BaseModel
from sartor.core.errors import BaseModelError
from sartor.core.goal import Goal
from sartor.intake import base_models

CHATML = "{% for m in messages %}{{ m.content }}{% endfor %}"
Make = Callable[[str], WriterFolder]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda family: WriterFolder(tmp_path / f"tiny-{family}", family)


def card_of(model: WriterFolder) -> BaseModel:
    return read_card(model.folder, id="tiny", source="local")


def refusal_of(model: WriterFolder) -> BaseModelError:
    with pytest.raises(BaseModelError) as refusal:
        card_of(model)
    assert refusal.value.fix
    return refusal.value


@pytest.mark.parametrize(
    ("family", "architecture", "layers", "context", "parameters", "trunk", "written_only"),
    [
        ("llama", "decoder", (2, 0), 34, 88 + 2 * 64, 2 * 64, 0),
        ("gpt2", "decoder", (2, 0), 34, 88 + 34 * 8 + 2 * 64, 2 * 64, 0),
        ("gpt_neo", "decoder", (2, 0), 34, 88 + 34 * 8 + 2 * 64, 2 * 64, 0),
        ("t5", "encoder-decoder", (2, 1), 512, 88 + 3 * 64, 3 * 64, 64),
        ("bart", "encoder-decoder", (2, 1), 34, 88 + 2 * 36 * 8 + 3 * 64, 3 * 64, 64),
    ],
)
def test_each_family_names_its_sizes_in_its_own_way(
    make: Make,
    family: str,
    architecture: str,
    layers: tuple[int, int],
    context: int,
    parameters: int,
    trunk: int,
    written_only: int,
) -> None:
    card = card_of(make(family))
    assert (card.architecture, card.family, card.is_writer) == (architecture, family, True)
    assert (card.num_layers, card.decoder_layers) == layers
    assert (card.width, card.vocabulary, card.context_tokens) == (8, 11, context)
    assert (card.num_parameters, card.trunk_parameters) == (parameters, trunk)
    assert (card.decoder_parameters, card.output_parameters) == (written_only, 88)
    assert card.tied_output


def test_a_context_that_t5_names_counts(make: Make) -> None:
    model = make("t5")
    model.config(n_positions=1024)
    assert card_of(model).context_tokens == 1024


def test_t5_has_as_many_layers_that_write_where_none_are_named(make: Make) -> None:
    model = make("t5")
    model.config(num_decoder_layers=None)
    assert "speaks of 2 layers, the weights hold 1" in refusal_of(model).problem
    model.config(num_decoder_layers=None, num_layers=1)
    assert refusal_of(model).where.endswith("> num_layers")


@pytest.mark.parametrize(
    ("family", "changes", "key"),
    [
        ("llama", {"num_hidden_layers": 3}, "num_hidden_layers"),
        ("llama", {"vocab_size": 12}, "vocab_size"),
        ("llama", {"hidden_size": 16}, "vocab_size"),
        ("gpt2", {"n_layer": 1}, "n_layer"),
        ("gpt2", {"n_positions": 1024}, "n_positions"),
        ("gpt2", {"num_hidden_layers": 1}, "num_hidden_layers"),
        ("gpt2", {"max_position_embeddings": 99}, "max_position_embeddings"),
        ("gpt2", {"n_embd": ..., "hidden_size": 8}, "n_embd"),
        ("gpt_neo", {"max_position_embeddings": 33}, "max_position_embeddings"),
        ("gpt_neo", {"max_position_embeddings": 10_000}, "max_position_embeddings"),
        ("t5", {"num_decoder_layers": 2}, "num_decoder_layers"),
        ("t5", {"num_hidden_layers": 1}, "num_hidden_layers"),
        ("bart", {"decoder_layers": 2}, "decoder_layers"),
        ("bart", {"decoder_layers": ...}, "decoder_layers"),
        ("bart", {"max_position_embeddings": 36}, "max_position_embeddings"),
        ("bart", {"d_model": 16}, "vocab_size"),
    ],
)
def test_sizes_that_disagree_are_refused(
    make: Make, family: str, changes: dict[str, Any], key: str
) -> None:
    model = make(family)
    if "attention_types" in CONFIGS[family]:
        changes = {"attention_types": None, **changes}
    model.config(**changes)
    assert refusal_of(model).where == f"{model.folder / 'config.json'} > {key}"


def test_a_second_name_that_agrees_passes(make: Make) -> None:
    model = make("bart")
    model.config(num_hidden_layers=2, hidden_size=8)
    assert card_of(model).num_layers == 2


@pytest.mark.parametrize(
    ("family", "changes", "tokens"),
    [
        ("llama", {"sliding_window": 8}, None),
        ("mistral", {}, 4096),
        ("mistral", {"sliding_window": None}, None),
        ("mistral", {"sliding_window": 8}, 8),
        ("qwen2", {"sliding_window": 8}, None),
        ("qwen2", {"sliding_window": 8, "use_sliding_window": True}, 8),
        ("phi3", {}, None),
        ("phi3", {"sliding_window": 2047}, 2047),
        ("gemma3_text", {"sliding_window": 512}, 512),
    ],
)
def test_a_sliding_window_is_read(
    make: Make, family: str, changes: dict[str, Any], tokens: int | None
) -> None:
    model = make("llama")
    model.config(model_type=family, **changes)
    assert card_of(model).window_tokens == tokens


@pytest.mark.parametrize(
    ("family", "changes", "key"),
    [
        ("llama", {"auto_map": {"AutoModelForCausalLM": "evil.Model"}}, "auto_map"),
        ("llama", {"is_encoder_decoder": True}, "is_encoder_decoder"),
        ("llama", {"text": {"is_encoder_decoder": 1}}, "text.is_encoder_decoder"),
        ("llama", {"use_bidirectional_attention": True}, "use_bidirectional_attention"),
        ("gpt2", {"add_cross_attention": True}, "add_cross_attention"),
        ("t5", {"is_decoder": True}, "is_decoder"),
        ("t5", {"is_encoder_decoder": False}, "is_encoder_decoder"),
        ("bart", {"is_encoder_decoder": None}, "is_encoder_decoder"),
        ("llama", {"_attn_implementation": "evil/kernel"}, "_attn_implementation"),
        ("llama", {"cache_implementation": "evil/cache"}, "cache_implementation"),
        ("llama", {"quantization_config": {"quant_method": "awq"}}, "quantization_config"),
        ("gpt2", {"activation_function": "torch.load"}, "activation_function"),
        ("llama", {"rope_theta": 10**13}, "rope_theta"),
        ("llama", {"rope_scaling": {"factor": 1e12}}, "rope_scaling.factor"),
        ("llama", {"head_dim": 10**9}, "head_dim"),
        ("llama", {"num_key_value_heads": "2"}, "num_key_value_heads"),
        ("llama", {"hidden_size": None}, "hidden_size"),
        ("llama", {"sliding_window": -1}, "sliding_window"),
        ("t5", {"d_ff": 10**9}, "d_ff"),
        ("gpt_neo", {"attention_types": [[["global"], 10_000_000]]}, "attention_types"),
        ("gpt_neo", {"attention_types": [[["global"], 1], [["evil"], 1]]}, "attention_types"),
        ("gpt_neo", {"attention_types": [[["global", "local"]]]}, "attention_types"),
        ("gpt_neo", {"attention_types": [["local", 1]]}, "attention_types"),
        ("gpt_neo", {"attention_types": 2}, "attention_types"),
    ],
)
def test_a_hostile_key_is_named(make: Make, family: str, changes: dict[str, Any], key: str) -> None:
    model = make(family)
    model.config(**changes)
    assert refusal_of(model).where == f"{model.folder / 'config.json'} > {key}"


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("llama", {"is_decoder": True, "is_encoder_decoder": False}),
        ("llama", {"rope_theta": 100_000_000.0, "head_dim": None, "num_key_value_heads": None}),
        ("llama", {"rope_parameters": {"rope_theta": 10_000_000.0, "rope_type": "default"}}),
        ("llama", {"cache_implementation": "hybrid"}),
        ("gpt2", {"activation_function": "gelu_new", "n_inner": None}),
        ("gpt2", {"task_specific_params": {"text-generation": {"do_sample": True}}}),
        ("t5", {"is_encoder_decoder": True, "is_decoder": False}),
    ],
)
def test_what_real_configurations_say_passes(
    make: Make, family: str, changes: dict[str, Any]
) -> None:
    model = make(family)
    plain = card_of(model)
    model.config(**changes)
    said = card_of(model)
    assert (said.family, said.num_parameters) == (plain.family, plain.num_parameters)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"bos_token_id": 1, "eos_token_id": [2, 10], "pad_token_id": 0},
        {"_from_model_config": True, "transformers_version": "5.23.0", "use_cache": True},
        {"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0},
        {"num_beams": 4, "early_stopping": True, "length_penalty": 2.0, "no_repeat_ngram_size": 3},
        {"max_length": 142, "min_length": 56, "forced_eos_token_id": 2, "forced_bos_token_id": 0},
        {"cache_implementation": "hybrid", "repetition_penalty": 1.05},
        {"watermarking_config": None, "custom_generate": None, "stop_strings": []},
    ],
)
def test_how_real_models_draw_tokens_passes(make: Make, document: dict[str, Any]) -> None:
    model = make("llama")
    plain = card_of(model)
    model.write("generation_config.json", document)
    said = card_of(model)
    assert (said.family, said.num_parameters) == (plain.family, plain.num_parameters)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("custom_generate", "evil/code"),
        ("trust_remote_code", True),
        ("watermarking_config", {"bias": 2.5}),
        ("compile_config", {"backend": "evil"}),
        ("stop_strings", ["stop"]),
        ("prompt_lookup_num_tokens", 3),
        ("assistant_early_exit", 4),
        ("constraints", ["evil"]),
        ("cache_implementation", "offloaded"),
        ("cache_implementation", {"a": 1}),
        ("anything_else", 1),
        ("eos_token_id", 11),
        ("eos_token_id", -1),
        ("eos_token_id", "</s>"),
        ("eos_token_id", [[2]]),
        ("pad_token_id", True),
        ("num_beams", 10**6),
        ("num_beams", 2.5),
        ("max_length", -1),
        ("do_sample", "yes"),
        ("temperature", "warm"),
        ("temperature", float("nan")),
        ("top_p", 1e30),
    ],
)
def test_a_setting_that_does_more_than_draw_tokens_is_named(
    make: Make, key: str, value: Any
) -> None:
    model = make("llama")
    model.write("generation_config.json", {"eos_token_id": 2, key: value})
    assert refusal_of(model).where == f"{model.folder / 'generation_config.json'} > {key}"


@pytest.mark.parametrize(
    ("jinja", "inline", "expected"),
    [
        (None, None, False),
        (CHATML, None, True),
        (" \n", None, False),
        (None, CHATML, True),
        (None, "", False),
        (None, [{"name": "default", "template": CHATML}, {"name": "tools", "template": "x"}], True),
        (None, [{"name": "tool_use", "template": CHATML}], False),
        (CHATML, [{"name": "tool_use", "template": CHATML}], True),
    ],
)
def test_a_chat_template_is_found_where_it_may_be(
    make: Make, jinja: str | None, inline: Any, expected: bool
) -> None:
    model = make("llama")
    if jinja is not None:
        model.write("chat_template.jinja", jinja)
    model.write("tokenizer_config.json", {"eos_token": "</s>", "chat_template": inline})
    assert card_of(model).has_chat_template is expected


@pytest.mark.parametrize(
    "inline", [3, {"a": 1}, [CHATML], [{"name": 3}], [{"name": "a", "template": 1}]]
)
def test_a_chat_template_that_is_none_is_refused(make: Make, inline: Any) -> None:
    model = make("llama")
    model.write("tokenizer_config.json", {"chat_template": inline})
    assert "tokenizer_config.json > chat_template" in refusal_of(model).where


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"\xff\xfe{{", "no text in UTF-8"), (b"x" * (2 << 20), "bytes; at most")],
)
def test_a_template_file_that_cannot_be_read_safely_is_refused(
    make: Make, content: bytes, problem: str
) -> None:
    model = make("llama")
    (model.folder / "chat_template.jinja").write_bytes(content)
    assert problem in refusal_of(model).problem


def test_the_fingerprint_follows_template_and_token_ids_but_not_how_tokens_are_drawn(
    make: Make,
) -> None:
    model = make("llama")
    prints = [card_of(model).fingerprint]
    for name, document in [
        ("chat_template.jinja", CHATML),
        ("generation_config.json", {"eos_token_id": 2}),
        ("generation_config.json", {"eos_token_id": [2, 3]}),
        ("tokenizer_config.json", {"chat_template": CHATML}),
    ]:
        model.write(name, document)
        prints.append(card_of(model).fingerprint)
    assert len(set(prints)) == len(prints)
    model.write("generation_config.json", {"eos_token_id": [2, 3], "temperature": 0.7})
    assert card_of(model).fingerprint == prints[-1]


@pytest.mark.parametrize(
    "name", ["model.safetensors", "chat_template.jinja", "generation_config.json"]
)
def test_a_link_out_of_the_folder_is_refused(make: Make, name: str) -> None:
    model = make("llama")
    outside, path = model.folder.parent / "outside", model.folder / name
    outside.write_bytes(path.read_bytes() if path.exists() else b"{}")
    path.unlink(missing_ok=True)
    path.symlink_to(outside)
    assert refusal_of(model).where == str(path)


def test_a_pickle_without_safetensors_is_refused(make: Make) -> None:
    model = make("gpt2")
    (model.folder / "model.safetensors").rename(model.folder / "pytorch_model.bin")
    assert "is a pickle" in refusal_of(model).problem


def test_a_writer_without_fast_tokenizer_is_refused_with_the_fix(make: Make) -> None:
    model = make("t5")
    (model.folder / "tokenizer.json").rename(model.folder / "spiece.model")
    refusal = refusal_of(model)
    assert "no fast tokenizer" in refusal.problem
    assert "AutoTokenizer" in refusal.fix


def test_a_cached_writer_serves_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    repository = tmp_path / "hub" / "models--hem--tiny-llama"
    model = WriterFolder(repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    assert cached_ids() == ["hem/tiny-llama"]
    assert "hem/tiny-llama" in available_bases()
    base = resolve("hem/tiny-llama", offline=False)
    assert (base.folder, base.source, base.architecture) == (model.folder, "hub", "decoder")


def test_a_task_refuses_an_architecture_that_it_cannot_use(make: Make) -> None:
    base = card_of(make("llama"))
    check_architecture(base, ("decoder", "encoder-decoder"))
    with pytest.raises(BaseModelError, match="made of decoders; this task needs encoders"):
        check_architecture(base, ("encoder",))


def test_classification_refuses_a_model_that_writes(make: Make) -> None:
    folder = make("t5").folder
    goal = Goal(task="classify", data={}, bases=(str(folder),), methods=("head",))
    with pytest.raises(BaseModelError, match=r"t5, is made of encoder-decoders; this task needs"):
        base_models(goal, folder)
