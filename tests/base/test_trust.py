"""A model folder is hostile input: everything that could run code or exhaust the machine is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sartor.base.trust import check_folder
from sartor.core.errors import BaseModelError

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"},
]


def refusal_of(folder: Path) -> BaseModelError:
    with pytest.raises(BaseModelError) as refusal:
        check_folder(folder)
    assert refusal.value.fix
    return refusal.value


def test_an_ordinary_folder_passes(model) -> None:
    model.write("modules.json", MODULES)
    model.write("1_Pooling/config.json", {"pooling_mode_mean_tokens": True})
    model.write("2_Dense/config.json", {"activation_function": "torch.nn.modules.activation.Tanh"})
    model.write("tokenizer_config.json", {"model_max_length": 10**30, "auto_map": None})
    assert check_folder(model.folder)["model_type"] == "bert"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "auto_map"),
        ({"text_config": {"auto_map": {"AutoModel": "evil.Model"}}}, "text_config.auto_map"),
        ({"inner": [{"auto_map": "evil.Model"}]}, "inner.auto_map"),
        ({"custom_pipelines": {"x": {"impl": "evil.Pipe"}}}, "custom_pipelines"),
        ({"trust_remote_code": True}, "trust_remote_code"),
        ({"configuration_files": ["config.5.0.0.json"]}, "configuration_files"),
        ({"attribute_map": {"auto_map": "label2id"}}, "attribute_map"),
        ({"transformers_weights": "pytorch_model.bin"}, "transformers_weights"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantization_config"),
        ({"_attn_implementation": "evil/kernel"}, "_attn_implementation"),
        ({"attn_implementation": "flash_attention_2"}, "attn_implementation"),
        ({"attn_implementation": {"text": "evil/kernel"}}, "attn_implementation.text"),
        ({"kernel_config": {"RMSNorm": ["evil/kernel:Norm"]}}, "kernel_config.RMSNorm"),
        ({"use_kernels": True}, "use_kernels"),
        ({"is_decoder": True}, "is_decoder"),
        ({"is_encoder_decoder": True}, "is_encoder_decoder"),
        ({"inner": {"is_decoder": True}}, "inner.is_decoder"),
    ],
)
def test_a_key_that_leads_to_foreign_code_is_named(model, changes: dict, key: str) -> None:
    model.config(**changes)
    assert refusal_of(model.folder).where == f"{model.folder / 'config.json'} > {key}"


@pytest.mark.parametrize(
    ("file", "document"),
    [
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["evil.T", None]}}),
        ("tokenizer_config.json", {"fast_tokenizer_files": ["tokenizer.5.0.0.json"]}),
        ("sentence_bert_config.json", {"model_args": {"trust_remote_code": True}}),
        ("sentence_roberta_config.json", {"model_args": {"attn_implementation": "evil/k"}}),
        ("config_sentence_transformers.json", {"auto_map": "evil.Model"}),
        ("sentence_bert_config.json", {"config_args": {"is_decoder": True}}),
        ("generation_config.json", {"custom_generate": "evil/code"}),
        ("adapter_config.json", {"base_model_name_or_path": "evil/base"}),
    ],
)
def test_every_file_that_a_loader_acts_on_is_read(model, file: str, document: Any) -> None:
    model.write(file, document)
    assert file in refusal_of(model.folder).where


@pytest.mark.parametrize(
    "changes",
    [
        {"auto_map": None},
        {"quantization_config": {}},
        {"_attn_implementation": "sdpa"},
        {"_attn_implementation": None},
        {"conv_kernel_size": 3},
        {"id2label": {"0": "org/kernel"}, "label2id": {"org/kernel": 0}},
    ],
)
def test_a_harmless_value_passes(model, changes: dict) -> None:
    model.config(**changes)
    check_folder(model.folder)


@pytest.mark.parametrize(
    ("family", "fix"),
    [("robreta", "`roberta`"), ("whisper", "Known: "), (None, "Known: "), (["bert"], "`bert`")],
)
def test_an_unknown_family_is_refused_with_the_known_ones(model, family: Any, fix: str) -> None:
    model.config(model_type=family)
    refusal = refusal_of(model.folder)
    assert refusal.where.endswith("config.json > model_type")
    assert fix in refusal.fix


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_hidden_layers", 0),
        ("num_hidden_layers", 100_000),
        ("hidden_size", -8),
        ("hidden_size", 10**15),
        ("vocab_size", "11"),
        ("vocab_size", 11.0),
        ("max_position_embeddings", True),
        ("num_labels", 10**9),
        ("type_vocab_size", 10**9),
        ("anything_else", 10**12),
        ("layer_norm_eps", float("inf")),
        ("layer_norm_eps", float("nan")),
        ("nested", {"size": 10**12}),
    ],
)
def test_an_insane_number_is_refused(model, key: str, value: Any) -> None:
    model.config(**{key: value})
    assert f"config.json > {key}" in refusal_of(model.folder).where


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is no JSON document"),
        ("[]", "not a JSON object"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "nested more than 16 levels"),
        ("[" * 100_000, "nested more than 16 levels"),
        ('{"a": ' + "1" * 5000 + "}", "is no JSON document"),
        ('{"a": "' + "x" * (5 << 20) + '"}', "bytes; at most"),
        ("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ],
    ids=["torn", "list", "nested", "very-nested", "huge-number", "huge", "lfs"],
)
def test_a_configuration_that_cannot_be_read_safely_is_refused(
    model, content: str, problem: str
) -> None:
    model.write("config.json", content)
    assert problem in refusal_of(model.folder).problem


def test_a_folder_without_configuration_is_no_model(tmp_path: Path) -> None:
    assert "config.json" in refusal_of(tmp_path).where


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "weights.ckpt"])
def test_a_pickle_without_safetensors_is_refused_and_the_fix_converts_it(model, name: str) -> None:
    (model.folder / "model.safetensors").unlink()
    model.write(name, "pickle")
    refusal = refusal_of(model.folder)
    assert refusal.where == str(model.folder / name)
    assert "save_pretrained" in refusal.fix


def test_safetensors_of_another_name_do_not_hide_a_pickle(model) -> None:
    """transformers would load the pickle, since it looks for `model.safetensors` only."""
    (model.folder / "model.safetensors").rename(model.folder / "weights.safetensors")
    model.write("pytorch_model.bin", "pickle")
    assert "pickle" in refusal_of(model.folder).problem


def test_a_pickle_beside_safetensors_is_never_opened_and_passes(model) -> None:
    model.write("pytorch_model.bin", "pickle")
    check_folder(model.folder)


def test_a_folder_without_weights_is_refused(model) -> None:
    (model.folder / "model.safetensors").unlink()
    assert "has no `model.safetensors`" in refusal_of(model.folder).problem


@pytest.mark.parametrize(
    "shard", ["../other/model.safetensors", "/etc/passwd", "sub/model.safetensors", "model.bin"]
)
def test_an_index_may_not_lead_out_of_the_folder(model, shard: str) -> None:
    (model.folder / "model.safetensors").unlink()
    model.write("model.safetensors.index.json", {"weight_map": {"a": shard}})
    refusal = refusal_of(model.folder)
    assert repr(shard) in refusal.problem
    assert refusal.where.endswith("index.json > weight_map")


@pytest.mark.parametrize("weight_map", [None, {}, ["model.safetensors"]])
def test_an_index_without_a_map_is_refused(model, weight_map: Any) -> None:
    (model.folder / "model.safetensors").unlink()
    model.write("model.safetensors.index.json", {"weight_map": weight_map})
    assert "weight_map" in refusal_of(model.folder).where


def test_an_absent_shard_is_named(model) -> None:
    (model.folder / "model.safetensors").unlink()
    model.write("model.safetensors.index.json", {"weight_map": {"a": "model-1.safetensors"}})
    assert refusal_of(model.folder).where == str(model.folder / "model-1.safetensors")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "README.md"])
def test_a_link_out_of_the_folder_is_refused(model, name: str) -> None:
    outside = model.folder.parent / "outside"
    path = model.folder / name
    outside.write_bytes(path.read_bytes() if path.exists() else b"")
    path.unlink(missing_ok=True)
    path.symlink_to(outside)
    assert refusal_of(model.folder).where == str(path)


def test_a_module_folder_may_not_be_a_link_out(model) -> None:
    model.write("modules.json", MODULES)
    outside = model.folder.parent / "outside"
    outside.mkdir()
    (model.folder / "1_Pooling").symlink_to(outside)
    assert refusal_of(model.folder).where == str(model.folder / "1_Pooling")


def test_the_links_of_a_hub_cache_stay_within_their_model(make_model, tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--org--name"
    model = make_model(repository / "snapshots" / "abc")
    blobs = repository / "blobs"
    blobs.mkdir()
    weights = model.folder / "model.safetensors"
    weights.rename(blobs / "1234")
    weights.symlink_to("../../blobs/1234")
    check_folder(model.folder)
    (blobs / "1234").rename(tmp_path / "elsewhere")
    weights.unlink()
    weights.symlink_to(tmp_path / "elsewhere")
    assert refusal_of(model.folder).where == str(weights)


@pytest.mark.parametrize(
    ("module", "where"),
    [
        ({"type": "evil.Transformer", "path": ""}, "type"),
        ({"type": "sentence_transformers.models.Transformer.evil", "path": ""}, "type"),
        ({"type": "sentence_transformers.models.LSTM", "path": ""}, "type"),
        ({"type": "modeling_evil.Pooling", "path": ""}, "type"),
        ({"path": ""}, "type"),
        ({"type": "sentence_transformers.models.Pooling", "path": "../x"}, "path"),
        ({"type": "sentence_transformers.models.Pooling", "path": "/etc"}, "path"),
        ({"type": "sentence_transformers.models.Pooling", "path": 3}, "path"),
    ],
)
def test_a_module_of_unknown_type_or_place_is_refused(model, module: dict, where: str) -> None:
    model.write("modules.json", [MODULES[0], module])
    assert refusal_of(model.folder).where.endswith(f"modules.json > {where}")


@pytest.mark.parametrize("modules", [{}, ["x"], "x"])
def test_modules_that_are_no_list_are_refused(model, modules: Any) -> None:
    model.write("modules.json", json.dumps(modules))
    assert "no list of modules" in refusal_of(model.folder).problem


def test_an_activation_from_elsewhere_is_refused(model) -> None:
    model.write("modules.json", MODULES)
    model.write("2_Dense/config.json", {"activation_function": "torch.load"})
    assert "torch.load" in refusal_of(model.folder).problem


def test_a_model_without_fast_tokenizer_is_refused(model) -> None:
    (model.folder / "tokenizer.json").unlink()
    model.write("vocab.txt", "[UNK]\n")
    refusal = refusal_of(model.folder)
    assert "no fast tokenizer" in refusal.problem
    assert "AutoTokenizer" in refusal.fix


def test_a_tokenizer_that_is_none_is_refused(model) -> None:
    model.write("tokenizer.json", {"version": "1.0"})
    assert "no fast tokenizer" in refusal_of(model.folder).problem
