"""Tiny base models of every family, as a hub would give them, and small jobs to train them on.

Three layers of width 32, random weights, a fast tokenizer trained on the texts below.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from sartor.base.resolve import resolve
from sartor.core.base_model import BaseModel
from sartor.core.candidate import Job, State
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind

FAMILIES = ("bert", "roberta", "distilbert", "modernbert", "deberta-v2", "mpnet", "electra")
NUM_LAYERS, WIDTH, MAX_TOKENS = 3, 32, 24
COMMON: dict[str, Any] = {
    "num_hidden_layers": NUM_LAYERS,
    "num_attention_heads": 2,
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
RELATIVE = {
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "norm_rel_ebd": "layer_norm",
    "position_biased_input": False,
    "type_vocab_size": 0,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "albert": {**COMMON, **NO_DROPOUT, "embedding_size": 16, "classifier_dropout_prob": 0.0},
    "bert": {**COMMON, **NO_DROPOUT},
    "deberta": {**COMMON, **NO_DROPOUT, **RELATIVE},
    "deberta-v2": {
        **COMMON,
        **NO_DROPOUT,
        **RELATIVE,
        "position_buckets": 4,
        "share_att_key": True,
        "conv_kernel_size": 3,
    },
    "distilbert": {
        "n_layers": NUM_LAYERS,
        "n_heads": 2,
        "dim": WIDTH,
        "hidden_dim": 48,
        "max_position_embeddings": 40,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "seq_classif_dropout": 0.0,
    },
    "electra": {**COMMON, **NO_DROPOUT, "embedding_size": 16},
    "modernbert": {**COMMON, "global_attn_every_n_layers": 2, "local_attention": 6},
    "mpnet": {**COMMON, **NO_DROPOUT},
    "roberta": {**COMMON, **NO_DROPOUT},
}
LABELS = ("order_status", "refund", "praise")
TEXTS = [
    "where is my order?",
    "When will my parcel arrive in Utrecht, I ordered the blue coat two weeks ago",
    "has it been sent",
    "the parcel is late again, where is it now?",
    "I want my money back",
    "please refund the torn waistcoat, it does not fit and I have sent it back",
    "refund",
    "money back for the coat please, thank you",
    "lovely waistcoat!",
    "thank you so much for the beautiful blue coat, everybody asks me where I bought it",
    "great shop",
    "the fit is lovely, I am so happy",
]
TOPICS = np.repeat(np.arange(3), 4)
SEVERAL = np.stack([TOPICS == 0, TOPICS == 1, np.arange(12) % 2 == 0], axis=1)
NUMBERS = 10.0 + 3.0 * TOPICS + np.arange(12) % 3
TARGETS = {OutputKind.SINGLE: TOPICS, OutputKind.MULTI: SEVERAL, OutputKind.SCORE: NUMBERS}
UNSEEN = ["swatches of grey wool", "", "order " * 60, "Ünïcode 😀 日本語", "is it late", "zebra"]
"""Words that no training text holds, an empty text, one that is cut."""
SETTINGS: dict[str, Any] = {
    "pooling": "native",
    "learning_rate": 1e-3,
    "head_factor": 10.0,
    "batch_size": 4,
    "label_smoothing": 0.1,
    "warm_start": True,
    "num_layers": 2,
    "rank": 4,
    "alpha": 8,
    "dropout": 0.0,
}


def tiny_base(family: str, folder: Path, **changes: Any) -> BaseModel:
    """A base model folder, without any output layer.

    Args:
        family: A `model_type`.
        folder: Where it is written.
        **changes: Keys of config.json.
    """
    tokenizer = save_tokenizer(family, folder)
    ids = {"pad_token_id": tokenizer.pad_token_id, "vocab_size": len(tokenizer)}
    ends = {"bos_token_id": tokenizer.cls_token_id, "eos_token_id": tokenizer.sep_token_id}
    config = transformers.AutoConfig.for_model(
        family, **{**CONFIGS[family], **ids, **ends, **changes}
    )
    model = transformers.AutoModel.from_config(config, dtype=torch.float32)
    save_random(model, folder)
    return resolve(str(folder), offline=True)


def save_random(model: Any, folder: Path) -> None:
    """Write a model with weights large enough to tell texts apart."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(0.2 * noise if parameter.dim() > 1 else parameter + 0.1 * noise)
    model.save_pretrained(folder)


def save_tokenizer(family: str, folder: Path) -> Any:
    """Byte pairs with RoBERTa's ids for the families that pad with 1, word pieces else."""
    build = _byte_pairs if family in ("roberta", "mpnet") else _word_pieces
    fast, (cls, pad, sep, unk, mask) = build()
    ends = [(cls, fast.token_to_id(cls)), (sep, fast.token_to_id(sep))]
    fast.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}", special_tokens=ends
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=fast,
        cls_token=cls,
        pad_token=pad,
        sep_token=sep,
        unk_token=unk,
        mask_token=mask,
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def _byte_pairs() -> tuple[Tokenizer, tuple[str, ...]]:
    special = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    fast = Tokenizer(models.BPE(unk_token=special[3]))
    fast.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    fast.train_from_iterator([*TEXTS, *UNSEEN], trainer)
    return fast, special


def _word_pieces() -> tuple[Tokenizer, tuple[str, ...]]:
    """Short words whole, longer ones in letters; tokenizers' own trainer is not reproducible."""
    cls, pad, sep, unk, mask = "[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"
    normalizer = normalizers.BertNormalizer(lowercase=True)
    splitter = pre_tokenizers.BertPreTokenizer()
    found = {
        word
        for text in [*TEXTS, *UNSEEN]
        for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))
    }
    letters = sorted({letter for word in found for letter in word})
    words = sorted(word for word in found if 1 < len(word) < 7)
    tokens = [pad, unk, cls, sep, mask, *letters, *(f"##{c}" for c in letters), *words]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    fast = Tokenizer(models.WordPiece(vocabulary, unk_token=unk))
    fast.normalizer, fast.pre_tokenizer = normalizer, splitter
    return fast, (cls, pad, sep, unk, mask)


def encoded(base: BaseModel, texts: list[str]) -> dict[str, torch.Tensor]:
    """Texts as transformers' own tokenizer gives them, one padded batch."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(base.folder)
    batch = tokenizer(
        texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
    )
    return {name: batch[name] for name in ("input_ids", "attention_mask")}


def facts(kind: OutputKind = OutputKind.SINGLE, **changes: Any) -> TaskFacts:
    """The task of the texts above."""
    given: dict[str, Any] = {
        "output_kind": kind,
        "labels": () if kind is OutputKind.SCORE else LABELS,
        "descriptions": {},
        "num_fit": len(TEXTS),
        "smallest_class": 4,
        "mean_tokens": 9.0,
        "max_tokens": MAX_TOKENS,
    }
    return TaskFacts(**(given | changes))


def rows(texts: list[str], targets: np.ndarray) -> Split:
    """Rows of their own groups."""
    return Split(texts, targets, np.arange(len(texts)), [f"a.csv:{i}" for i in range(len(texts))])


def job(
    base: BaseModel | None,
    *,
    kind: OutputKind = OutputKind.SINGLE,
    texts: list[str] = TEXTS,
    targets: np.ndarray | None = None,
    seed: int = 3,
    of: TaskFacts | None = None,
    **settings: Any,
) -> Job:
    """A job with the default settings of a gradient method, changed as asked."""
    return Job(
        facts=of or facts(kind),
        settings=SETTINGS | settings,
        base=base,
        rows=rows(texts, TARGETS[kind] if targets is None else targets),
        seed=seed,
    )


class Memory:
    """Artifacts that are kept in memory. Arrays come back as copies, as from a disk."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Kept] = {}

    def find(self, kind: str, key: str) -> Kept | None:
        return self.kept.get((kind, key))

    def put(self, kind: str, key: str, state: State) -> Kept:
        return self.kept.setdefault((kind, key), Kept(state))


class Kept:
    """What was put."""

    def __init__(self, state: State) -> None:
        self.facts = dict(state.facts)
        self._arrays = {name: array.copy() for name, array in state.arrays.items()}

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: array.copy() for name, array in self._arrays.items()}
