"""Small real models for the package tests: random weights, every family, a tokenizer of 80 words."""

from __future__ import annotations

import csv
import itertools
import json
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Fitted
from sartor.core.score import Estimate
from sartor.engines.packages import PackageCard

FAMILIES = ("bert", "roberta", "distilbert", "modernbert", "deberta-v2", "mpnet")
LABELS = ("order status", "refund", 'say "hello" | wave')
SENTENCES = [
    "where is my order and when will it come",
    "i want my money back for the torn coat please",
    "hello there, thank you for the lovely waistcoat!",
    "can you send the blue swatches to Utrecht?",
]
TEXTS = [
    *SENTENCES,
    "",
    "   \n\t ",
    "Where? 😀 Ünïcode naïve 日本語",
    "where is my order " * 40,
    "order",
    "never seen wörds at àll",
]
"""Also empty, blank, other scripts, longer than the model reads."""
MAX_TOKENS = 24


def messages(number: int) -> list[str]:
    """The first messages of the bundled inbox."""
    file = resources.files("sartor").joinpath("examples", "hem", "messages.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        return [row["message"] for row in itertools.islice(csv.DictReader(lines), number)]


SIZES = {"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
COMMON = {**SIZES, "hidden_size": 16, "max_position_embeddings": 40}
CONFIGS: dict[str, dict[str, Any]] = {
    "bert": COMMON,
    "roberta": COMMON,
    "distilbert": {
        "dim": 16,
        "n_layers": 2,
        "n_heads": 2,
        "hidden_dim": 24,
        "max_position_embeddings": 40,
    },
    "modernbert": {**COMMON, "global_attn_every_n_layers": 2, "local_attention": 6},
    "deberta-v2": {
        **COMMON,
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
        "position_buckets": 4,
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "position_biased_input": False,
        "type_vocab_size": 0,
    },
    "mpnet": COMMON,
}


def tiny_base(family: str, folder: Path) -> BaseModel:
    """A base model folder as a hub would give it, with a pooler where the family has one."""
    tokenizer = _tokenizer(family)
    tokenizer.save_pretrained(folder)
    config = transformers.AutoConfig.for_model(
        family, vocab_size=len(tokenizer), **CONFIGS[family], **_special_ids(tokenizer)
    )
    torch.manual_seed(7)
    model = transformers.AutoModel.from_config(config, dtype=torch.float32)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    return BaseModel(
        id=f"tiny/{family}",
        hub_id=f"tiny/{family}",
        folder=folder,
        source="local",
        architecture="encoder",
        family=family,
        num_parameters=model.num_parameters(),
        num_layers=2,
        width=16,
        vocabulary=len(tokenizer),
        context_tokens=38,
        licence="Apache-2.0",
        pooling="mean",
        fingerprint="0" * 16,
    )


def _special_ids(tokenizer: Any) -> dict[str, int]:
    return {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
    }


def _tokenizer(family: str) -> Any:
    """Byte pairs with RoBERTa's ids for the families that pad with 1, word pieces else."""
    import tokenizers
    from tokenizers import models, normalizers, pre_tokenizers, processors, trainers

    if family in ("roberta", "mpnet"):
        cls, pad, sep, unk, mask = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
        fast = tokenizers.Tokenizer(models.BPE(unk_token=unk))
        fast.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        trainer: Any = trainers.BpeTrainer(
            vocab_size=340,
            special_tokens=[cls, pad, sep, unk, mask],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    else:
        cls, pad, sep, unk, mask = "[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"
        fast = tokenizers.Tokenizer(models.WordPiece(unk_token=unk))
        fast.normalizer = normalizers.BertNormalizer(lowercase=True)
        fast.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(
            vocab_size=90, special_tokens=[pad, unk, cls, sep, mask], show_progress=False
        )
    fast.train_from_iterator(SENTENCES, trainer)
    ends = [(cls, fast.token_to_id(cls)), (sep, fast.token_to_id(sep))]
    fast.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}", special_tokens=ends
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=fast,
        cls_token=cls,
        sep_token=sep,
        pad_token=pad,
        unk_token=unk,
        mask_token=mask,
    )


def batch_of(base: BaseModel, texts: list[str]) -> dict[str, torch.Tensor]:
    """Ids and mask as the `tokenizers` library gives them, cut at MAX_TOKENS."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base.folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    config = json.loads((base.folder / "config.json").read_text())
    tokenizer.enable_padding(pad_id=config["pad_token_id"])
    encodings = tokenizer.encode_batch(texts)
    return {
        "input_ids": torch.tensor([e.ids for e in encodings]),
        "attention_mask": torch.tensor([e.attention_mask for e in encodings]),
    }


def card(**changes: Any) -> PackageCard:
    """A card as the decision would fill it."""
    facts: dict[str, Any] = {
        "name": "support inbox",
        "description": "Which queue a message belongs to.",
        "method": "head",
        "method_title": "frozen trunk, new output layer",
        "settings": {"C": 1.0, "ngrams": "word"},
        "dataset_hash": "abc123",
        "num_examples": {"train": 80, "test": 20},
        "metrics": {"macro_f1": Estimate(0.9, 0.8, 0.95, 20, "cluster bootstrap")},
        "calibrator": {"kind": "temperature", "temperature": 1.5},
        "automation_threshold": 0.8,
        "scope_threshold": 0.3,
        "versions": {"sartor": "0.1.0"},
    }
    return PackageCard(**(facts | changes))


def native_head(base: BaseModel, *, output_kind: str = "single") -> Fitted:
    """A class head with learned output layer, pooler and last layer; and its own random trunk."""
    model = native_model(base)
    torch.manual_seed(11)
    last = "layer.1." if base.family != "modernbert" else "layers.1."
    trunk = {n for n, _ in model.base_model.named_parameters(prefix=model.base_model_prefix)}
    arrays = {}
    for name, parameter in model.named_parameters():
        if name not in trunk or ".pooler." in name or last in name:
            arrays[name] = torch.randn(parameter.shape).mul_(0.3).numpy()
    facts = {"output_kind": output_kind, "max_tokens": MAX_TOKENS, "thresholds": None}
    return Fitted("class_head", base, LABELS, arrays, facts)


def native_model(base: BaseModel) -> Any:
    """The family's classifier on the base, output layer random."""
    return transformers.AutoModelForSequenceClassification.from_pretrained(
        base.folder, num_labels=len(LABELS), dtype=torch.float32
    ).eval()


def native_logits(fitted: Fitted, texts: list[str]) -> np.ndarray:
    """What transformers says with the learned tensors in place."""
    assert fitted.base is not None
    model = native_model(fitted.base)
    learned = {name: torch.from_numpy(array) for name, array in fitted.arrays.items()}
    model.load_state_dict(learned, strict=False)
    with torch.inference_mode():
        return model(**batch_of(fitted.base, texts)).logits.numpy()


def pooled_head(base: BaseModel, **facts: Any) -> Fitted:
    """A head of one or two layers after pooling."""
    rng = np.random.default_rng(3)
    every = {
        "output_kind": "single",
        "max_tokens": MAX_TOKENS,
        "pooling": "mean",
        "normalise": False,
        "activation": "gelu",
        "output_labels": [0, 1, 2],
        "scale": 1.0,
        "thresholds": None,
        "num_layers": 1,
    } | facts
    width = 16 * len(every["pooling"].split("+"))
    sizes = [width, *[10] * (every["num_layers"] - 1), len(every["output_labels"])]
    arrays = {}
    for number in range(every["num_layers"]):
        shape = (sizes[number + 1], sizes[number])
        arrays[f"weight_{number}"] = rng.normal(size=shape).astype(np.float32)
        arrays[f"bias_{number}"] = rng.normal(size=shape[0]).astype(np.float32)
    return Fitted("pooled_head", base, LABELS, arrays, every)


def lora(
    base: BaseModel, *, pooling: str = "native", texts: list[str] = TEXTS
) -> tuple[Fitted, np.ndarray]:
    """An adapter that PEFT itself made and saved, and its logits on some texts."""
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

    settings: dict[str, Any] = {"r": 2, "lora_alpha": 4, "target_modules": _linear_names(base)}
    is_native = pooling == "native"
    if is_native:
        model = native_model(base)
        heads = [n for n, _ in model.named_children() if n != model.base_model_prefix]
        heads += ["pooler"] if hasattr(model.base_model, "pooler") else []
        config = LoraConfig(
            **settings, task_type="SEQ_CLS", modules_to_save=_with_weights(model, heads)
        )
    else:
        model = transformers.AutoModel.from_pretrained(base.folder, dtype=torch.float32).eval()
        config = LoraConfig(**settings, task_type="FEATURE_EXTRACTION")
    adapted = get_peft_model(model, config).eval()
    torch.manual_seed(5)
    for _, parameter in adapted.named_parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.3)
    arrays = {n: t.detach().numpy().copy() for n, t in get_peft_model_state_dict(adapted).items()}
    with torch.inference_mode():
        output = adapted(**batch_of(base, texts))
    facts = {"output_kind": "single", "max_tokens": MAX_TOKENS, "lora_config": settings}
    if is_native:
        return Fitted("adapter", base, LABELS, arrays, facts), output.logits.numpy()
    head = pooled_head(base, pooling=pooling)
    fitted = Fitted("adapter", base, LABELS, {**arrays, **head.arrays}, {**head.facts, **facts})
    return fitted, head_logits(fitted, output.last_hidden_state, batch_of(base, texts))


def _with_weights(model: Any, names: list[str]) -> list[str]:
    children = dict(model.named_children())
    return [n for n in names if n not in children or list(children[n].parameters())]


def _linear_names(base: BaseModel) -> list[str]:
    model = transformers.AutoModel.from_pretrained(base.folder)
    names = {
        n.rpartition(".")[2]
        for n, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and "layer" in n
    }
    return sorted(names)


def trunk_output(base: BaseModel, texts: list[str]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Last hidden state (N, T, D) of the bare base, and its batch."""
    model = transformers.AutoModel.from_pretrained(base.folder, dtype=torch.float32).eval()
    batch = batch_of(base, texts)
    with torch.inference_mode():
        return model(**batch).last_hidden_state, batch


def head_logits(
    fitted: Fitted, hidden_NTD: torch.Tensor, batch: dict[str, torch.Tensor]
) -> np.ndarray:
    """Pooling and layers in numpy, one text at a time, straight from the definition."""
    facts, rows = fitted.facts, []
    for hidden_TD, mask_T in zip(hidden_NTD.numpy(), batch["attention_mask"].numpy(), strict=True):
        tokens = hidden_TD[mask_T == 1]
        by_name = {"cls": tokens[0], "max": tokens.max(axis=0), "mean": tokens.mean(axis=0)}
        x = np.concatenate([by_name[n] for n in by_name if n in facts["pooling"].split("+")])
        if facts["normalise"]:
            x = x / np.linalg.norm(x)
        for number in range(facts["num_layers"]):
            x = fitted.arrays[f"weight_{number}"] @ x + fitted.arrays[f"bias_{number}"]
            if number < facts["num_layers"] - 1:
                x = _activation(x, facts["activation"])
        outputs = x * facts["scale"]
        of_output = np.array(facts["output_labels"])
        rows.append(
            [outputs[of_output == label].max() for label in range(max(1, len(fitted.labels)))]
        )
    return np.array(rows, dtype=np.float32)


def _activation(x: np.ndarray, name: str) -> np.ndarray:
    if name == "relu":
        return np.maximum(x, 0)
    if name == "tanh":
        return np.tanh(x)
    from scipy.special import erf

    return x * (1 + erf(x / np.sqrt(2))) / 2
