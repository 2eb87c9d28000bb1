"""Loading models that write: as transformers does, quietly, and never with weights drawn at random."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
import writer_folders as tiny
from safetensors.torch import load_file, save_file

from sartor.base.families import FAMILIES
from sartor.base.resolve import resolve
from sartor.core.base_model import BaseModel
from sartor.core.errors import BaseModelError
from sartor.engines.load_writer import load_writer, load_writer_trunk

STORIES = Path(__file__).resolve().parents[2].parent / "shared" / "models" / "stories260K"
LOADS = """
import sys, warnings
warnings.simplefilter("error")
from sartor.base.resolve import resolve
from sartor.engines.load_writer import load_writer, load_writer_trunk
for folder in sys.argv[1:]:
    base = resolve(folder, offline=True)
    load_writer(base)
    if base.architecture == "decoder":
        load_writer_trunk(base)
"""
Weights = dict[str, torch.Tensor]


@pytest.fixture(scope="session")
def writer_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], BaseModel]:
    """Gives the tiny writer of a family, made once."""
    made: dict[str, BaseModel] = {}

    def base(family: str) -> BaseModel:
        if family not in made:
            folder = tmp_path_factory.mktemp("writer") / family
            made[family] = tiny.writer(family, folder, chat_template=tiny.CHATML)
        return made[family]

    return base


@pytest.fixture
def changed(writer_of, tmp_path: Path) -> Callable[..., Path]:
    """Gives a copy of a writer's folder with other weights, or with other keys in config.json."""

    def copy(family: str, change: Callable[[Weights], Weights] = dict, **keys: Any) -> Path:
        folder = shutil.copytree(writer_of(family).folder, tmp_path / family)
        weights = change(load_file(folder / "model.safetensors"))
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        config = json.loads((folder / "config.json").read_text("utf-8"))
        (folder / "config.json").write_text(json.dumps(config | keys), "utf-8")
        return folder

    return copy


def read(folder: Path) -> BaseModel:
    return resolve(str(folder), offline=True)


def theirs(base: BaseModel) -> Any:
    """The model by transformers' own door."""
    is_seq2seq = base.architecture == "encoder-decoder"
    factory = (
        transformers.AutoModelForSeq2SeqLM if is_seq2seq else transformers.AutoModelForCausalLM
    )
    return factory.from_pretrained(base.folder, dtype=torch.float32).eval()


@torch.inference_mode()
def logits(model: Any, base: BaseModel) -> torch.Tensor:
    return model(**tiny.encoded(base)).logits


def test_every_family_that_writes_is_tried_here() -> None:
    writers = {name: f.architecture for name, f in FAMILIES.items() if f.architecture != "encoder"}
    assert {name for name, kind in writers.items() if kind == "decoder"} == set(tiny.DECODERS)
    assert writers.keys() == set(tiny.FAMILIES)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_the_card_says_what_transformers_loads(writer_of, family: str) -> None:
    base, model = writer_of(family), theirs(writer_of(family))
    assert base.num_parameters == model.num_parameters()
    assert (base.num_layers, base.width, base.vocabulary) == (2, 32, 300)
    assert base.decoder_layers == (2 if model.config.is_encoder_decoder else 0)
    assert base.context_tokens == getattr(model.config, "max_position_embeddings", 512)
    assert base.tied_output == (
        model.get_output_embeddings().weight is model.get_input_embeddings().weight
    )
    assert base.output_parameters == model.get_output_embeddings().weight.numel()
    assert base.has_chat_template
    assert base.is_writer


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_every_parameter_is_embedding_layer_or_output(writer_of, family: str) -> None:
    base, model = writer_of(family), theirs(writer_of(family))
    places = ("embed", "wte", "wpe", "shared", "lm_head", "relative_attention_bias")
    of_layers = {
        n: p.numel() for n, p in model.named_parameters() if not any(w in n for w in places)
    }
    # BART normalises its embeddings; that is multiplied too.
    of_layers |= {n: p.numel() for n, p in model.named_parameters() if "layernorm_embedding" in n}
    assert base.trunk_parameters == sum(of_layers.values())
    of_decoder = sum(size for name, size in of_layers.items() if "decoder." in name)
    assert base.decoder_parameters == of_decoder


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_a_writer_is_what_transformers_loads_and_says_nothing(
    writer_of, family: str, capfd
) -> None:
    base = writer_of(family)
    expected = logits(theirs(base), base)
    capfd.readouterr()
    model = load_writer(base)
    assert capfd.readouterr() == ("", "")
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert torch.equal(logits(model, base), expected)


@pytest.mark.parametrize("family", tiny.DECODERS)
def test_the_trunk_of_a_decoder_is_that_of_the_writer(writer_of, family: str) -> None:
    base = writer_of(family)
    batch = tiny.encoded(base)
    with torch.inference_mode():
        expected = load_writer(base).base_model(**batch).last_hidden_state
        assert torch.equal(load_writer_trunk(base)(**batch).last_hidden_state, expected)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_greedy_texts_of_the_writer_folders_vary(writer_of, family: str) -> None:
    base = writer_of(family)
    batch = {k: v for k, v in tiny.encoded(base).items() if not k.startswith("decoder")}
    written = load_writer(base).generate(**batch, max_new_tokens=12, do_sample=False)
    assert len({tuple(row[-12:].tolist()) for row in written}) > 1


@pytest.mark.parametrize("family", ["llama", "gpt_neo", "gemma2", "t5"])
def test_attention_is_the_fused_one_where_the_family_has_it(changed, family: str) -> None:
    """Whatever the folder would like."""
    base = read(changed(family, _attn_implementation="eager"))
    is_without = family in ("gpt_neo", "gemma2")
    assert load_writer(base).config._attn_implementation == ("eager" if is_without else "sdpa")


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_a_missing_weight_is_named(changed, family: str) -> None:
    gone: list[str] = []

    def without_one(weights: Weights) -> Weights:
        gone.append(min(name for name in weights if ".1." in name and name.endswith("weight")))
        return {name: tensor for name, tensor in weights.items() if name not in gone}

    base = read(changed(family, without_one))
    with pytest.raises(BaseModelError, match=gone[0].replace(".", r"\.")):
        load_writer(base)


@pytest.mark.parametrize("family", ["llama", "gpt2", "t5"])
def test_a_weight_of_another_shape_is_named(changed, family: str) -> None:
    wrong: list[str] = []

    def with_a_row_less(weights: Weights) -> Weights:
        wrong.append(max(name for name in weights if ".1." in name and weights[name].dim() == 2))
        return weights | {wrong[0]: weights[wrong[0]][1:].clone()}

    base = read(changed(family, with_a_row_less))
    with pytest.raises(BaseModelError, match=wrong[0].replace(".", r"\.")):
        load_writer(base)


def test_weights_of_another_family_are_refused(changed) -> None:
    """Llama has no biases there; without them it would be another model, in silence."""
    base = read(changed("qwen2", model_type="llama", architectures=["LlamaForCausalLM"]))
    with pytest.raises(BaseModelError, match=r"k_proj\.bias`, for which config.json has no place"):
        load_writer(base)


def test_a_size_beyond_the_weights_is_refused_before_it_is_allotted(changed) -> None:
    base = read(changed("llama", intermediate_size=1_000_000))
    with pytest.raises(BaseModelError, match=r"asks for 192,\d{3},\d{3} parameters, the weights"):
        load_writer(base)


@pytest.mark.parametrize(
    ("family", "keys", "said"),
    [
        ("llama", {"hidden_act": "evil"}, "evil"),
        ("llama", {"hidden_act": 3}, "field 'hidden_act': TypeError"),
        ("llama", {"num_attention_heads": 5}, "not a multiple"),
        ("llama", {"rope_parameters": {"rope_type": "evil"}}, "evil"),
        ("llama", {"rope_parameters": "evil"}, "field 'rope_parameters'"),
        ("llama", {"pad_token_id": 999}, "within num_embeddings"),
        ("llama", {"dtype": "evil"}, "evil"),
        ("llama", {"id2label": [1]}, "items"),
        ("qwen2", {"layer_types": ["full_attention"]}, "layer_types"),
        ("smollm3", {"no_rope_layers": [1]}, "out of range"),
        ("gemma3_text", {"query_pre_attn_scalar": 0}, "power"),
        ("t5", {"num_heads": 3}, "SelfAttention"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_an_error_of_the_base(
    changed, family: str, keys: dict[str, Any], said: str
) -> None:
    base = read(changed(family, **keys))
    with pytest.raises(BaseModelError, match=said) as refusal:
        load_writer(base)
    assert refusal.value.fix.startswith("Download it again")


@pytest.mark.parametrize("family", ["llama", "gemma", "gpt2", "gpt_neox", "t5", "bart"])
def test_a_tied_output_may_be_stored_again(changed, family: str) -> None:
    """Converters of older checkpoints write it twice."""
    tied = {"tie_word_embeddings": True}
    output = "embed_out.weight" if family == "gpt_neox" else "lm_head.weight"

    def with_copy(weights: Weights) -> Weights:
        kept = {name: tensor for name, tensor in weights.items() if name != output}
        return kept | {output: embeddings_of(kept).clone()}

    base = read(changed(family, with_copy, **tied))
    assert base.tied_output
    assert (
        base.num_parameters == load_writer(base).num_parameters() == theirs(base).num_parameters()
    )


@pytest.mark.parametrize("family", ["gemma", "gpt2", "t5", "mt5", "bart"])
def test_an_output_of_its_own_is_one_whatever_the_key_says(changed, family: str) -> None:
    """As transformers has it: two that differ are not tied (T5 1.1 and mT5 are stored so)."""

    def with_output(weights: Weights) -> Weights:
        return weights | {"lm_head.weight": embeddings_of(weights) + 1.0}

    base = read(changed(family, with_output))
    model = load_writer(base)
    assert not base.tied_output
    assert base.num_parameters == model.num_parameters()
    assert torch.equal(logits(model, base), logits(theirs(base), base))
    own = model.get_output_embeddings().weight
    assert torch.equal(own, model.get_input_embeddings().weight + 1.0)


def test_a_tied_model_may_store_the_output_alone(changed) -> None:
    def renamed(weights: Weights) -> Weights:
        kept = {name: tensor for name, tensor in weights.items() if "embed_tokens" not in name}
        return kept | {"lm_head.weight": embeddings_of(weights)}

    base = read(changed("gemma", renamed))
    assert base.tied_output
    assert base.num_parameters == load_writer(base).num_parameters()


@pytest.mark.parametrize("family", ["llama", "gpt_neox", "phi"])
def test_an_untied_model_without_output_is_refused(changed, family: str) -> None:
    def without_output(weights: Weights) -> Weights:
        outputs = ("lm_head", "embed_out")
        return {name: t for name, t in weights.items() if not name.startswith(outputs)}

    with pytest.raises(BaseModelError, match=r"hold no `(lm_head|embed_out)\.weight`"):
        read(changed(family, without_output))


def test_t5_is_tied_whatever_its_key_says(changed) -> None:
    base = read(changed("t5", tie_word_embeddings=False))
    assert base.tied_output
    assert torch.equal(logits(load_writer(base), base), logits(theirs(base), base))


@pytest.mark.parametrize("family", ["gpt2", "bart", "llama"])
def test_names_without_the_prefix_of_the_trunk_are_known(writer_of, changed, family: str) -> None:
    """As the hub's `gpt2` and `bart` are stored."""
    prefix = "transformer." if family == "gpt2" else "model."

    def bare(weights: Weights) -> Weights:
        return {name.removeprefix(prefix): tensor for name, tensor in weights.items()}

    base = read(changed(family, bare))
    whole = writer_of(family)
    assert (base.num_parameters, base.num_layers) == (whole.num_parameters, whole.num_layers)
    assert torch.equal(logits(load_writer(base), base), logits(load_writer(whole), whole))


@pytest.mark.parametrize(
    ("family", "name", "shape"),
    [
        ("gemma", "score.weight", (3, 32)),
        ("gpt2", "transformer.h.0.attn.bias", (1, 1, 128, 128)),
        ("gpt2", "transformer.h.0.attn.masked_bias", ()),
        ("gpt_neo", "transformer.h.0.attn.attention.masked_bias", ()),
        ("gpt_neox", "gpt_neox.layers.0.attention.masked_bias", ()),
        ("gpt_neox", "gpt_neox.layers.0.attention.rotary_emb.inv_freq", (4,)),
        ("llama", "model.layers.0.self_attn.rotary_emb.inv_freq", (4,)),
        ("t5", "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", (32, 4)),
    ],
)
def test_what_checkpoints_store_besides_is_neither_counted_nor_in_the_way(
    writer_of, changed, family: str, name: str, shape: tuple[int, ...]
) -> None:
    base = read(changed(family, lambda weights: weights | {name: torch.ones(shape)}))
    assert (
        base.num_parameters
        == writer_of(family).num_parameters
        == load_writer(base).num_parameters()
    )
    assert base.trunk_parameters == writer_of(family).trunk_parameters


def test_shards_are_read_as_one(writer_of, tmp_path: Path) -> None:
    whole = writer_of("llama")
    folder = shutil.copytree(whole.folder, tmp_path / "shards")
    (folder / "model.safetensors").unlink()
    theirs(whole).save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 2
    base = read(folder)
    assert base.num_parameters == whole.num_parameters
    assert torch.equal(logits(load_writer(base), base), logits(load_writer(whole), whole))


@pytest.mark.slow
def test_loading_a_writer_says_nothing(writer_of) -> None:
    folders = [str(writer_of(family).folder) for family in ("llama", "gpt2", "t5")]
    done = subprocess.run(
        [sys.executable, "-c", LOADS, *folders], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.needs_shared
@pytest.mark.skipif(not STORIES.is_dir(), reason="../shared/models is absent")
def test_a_real_writer_goes_on_with_a_story() -> None:
    base = read(STORIES)
    assert (base.num_parameters, base.family, base.architecture) == (260_032, "llama", "decoder")
    assert (base.num_layers, base.width, base.context_tokens) == (5, 64, 512)
    assert base.tied_output
    assert not base.has_chat_template
    tokenizer = transformers.AutoTokenizer.from_pretrained(STORIES)
    prompt = tokenizer("Once upon a time, there was a", return_tensors="pt")
    model = load_writer(base)
    written = model.generate(
        input_ids=prompt["input_ids"], max_new_tokens=24, do_sample=False, pad_token_id=0
    )
    assert "little" in tokenizer.decode(written[0])
    with torch.inference_mode():
        loss = model(input_ids=written, labels=written).loss
    assert loss < 1.5


def embeddings_of(weights: Weights) -> torch.Tensor:
    """The token embeddings by whichever name."""
    names = ("embed_tokens.weight", "wte.weight", "embed_in.weight", "shared.weight")
    return next(tensor for name, tensor in weights.items() if name.endswith(names))
