"""Pretrained models that read: loading them safely, turning texts into padded batches.

Shape letters: B rows of a batch, T tokens, D width, L layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification
from transformers.utils import logging

from sartor.core.base_model import DECODER, BaseModel
from sartor.core.dataset import TaskFacts
from sartor.core.errors import TrialError
from sartor.engines.load_writer import load_writer_classifier, load_writer_trunk
from sartor.engines.padding import padding_id
from sartor.engines.pretrained import (
    PROBLEM_TYPES,
    load_errors,
    load_pretrained,
    refuse_drawn,
)
from sartor.engines.tokenizer_files import read_tokenizer

# A new output layer is what we ask for, not what a user must be told; `load_reader` checks the rest.
logging.set_verbosity_error()
logging.disable_progress_bar()
Model = Any
"""A transformers model: what it holds is beyond what types can say."""
SCORING_TOKENS = {"cpu": 1024, "cuda": 32_768}
"""Tokens per batch where nothing is learned: enough to fill a device, few enough for a CPU's cache."""


@dataclass(frozen=True)
class Batch:
    """Padded token ids and their mask, on the engine's device."""

    tokens_BT: torch.Tensor
    mask_BT: torch.Tensor
    rows: np.ndarray
    """Positions in the list that was batched, (B,)."""


@lru_cache(maxsize=8)
def load_tokenizer(base: BaseModel, max_tokens: int) -> Tokenizer:
    """The base's fast tokenizer, cutting at `max_tokens` (special tokens included)."""
    tokenizer = read_tokenizer(base)
    if max_tokens:
        tokenizer.enable_truncation(min(max_tokens, base.context_tokens))
    return tokenizer


def tokenize(base: BaseModel, texts: Sequence[str], *, max_tokens: int) -> list[np.ndarray]:
    """Token ids of each text, special tokens included; `max_tokens` 0 cuts nothing.

    A text without any, which only bases without a start token have, is read as one padding token.
    """
    tokenizer = load_tokenizer(base, max_tokens)
    found = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
    return [np.asarray(ids or [padding_id(base)], dtype=np.int64) for ids in found]


def load_trunk(base: BaseModel) -> Model:
    """The base without any output layer, in fp32 and evaluation mode."""
    if base.architecture == DECODER:
        return _reading(load_writer_trunk(base), base)
    return load_reader(AutoModel, base, AutoConfig.from_pretrained(base.folder))[0]


def load_classifier(base: BaseModel, facts: TaskFacts) -> Model:
    """The base with the new output layer that `transformers` defines for its family.

    The layer's weights are drawn from torch's generator: seed it first. An output layer that the
    base brings for labels of its own is left behind where its shape differs.
    """
    config = AutoConfig.from_pretrained(base.folder)
    config.num_labels = facts.num_labels
    config.problem_type = PROBLEM_TYPES[facts.output_kind]
    return load_configured_classifier(base, config)[0]


def load_configured_classifier(base: BaseModel, config: Any) -> tuple[Model, set[str]]:
    """As `load_classifier`, by a configuration that names the labels; and which weights are new.

    A decoder's output layer, `score`, reads a text's last token. Which one that is, transformers tells by
    the padding token: the last one that is another.
    """
    if base.architecture == DECODER:
        return _reading(load_writer_classifier(base, config), base), {"score.weight"}
    return load_reader(AutoModelForSequenceClassification, base, config)


def _reading(model: Model, base: BaseModel) -> Model:
    """A decoder that only reads: it keeps nothing to write on from, and knows what fills a batch."""
    model.config.use_cache = False
    model.config.pad_token_id = padding_id(base)
    return model


def load_reader(factory: Any, base: BaseModel, config: Any) -> tuple[Model, set[str]]:
    """An encoder and the names of its new weights: the output layer, and the pooler, which is part of it."""
    with load_errors(base):
        model, drawn = load_pretrained(factory, base, config)
    trunk = {id(parameter) for parameter in model.base_model.parameters()}
    of_trunk = {n for n, p in model.named_parameters() if id(p) in trunk and "pooler." not in n}
    refuse_drawn(base, drawn & of_trunk)
    return model, drawn


def pad(tokens: Sequence[np.ndarray], rows: np.ndarray, *, pad_id: int, device: str) -> Batch:
    """Some rows as one batch, padded on the right to the longest of them."""
    longest = max(len(tokens[row]) for row in rows)
    tokens_BT = np.full((len(rows), longest), pad_id, dtype=np.int64)
    mask_BT = np.zeros((len(rows), longest), dtype=np.int64)
    for position, row in enumerate(rows):
        tokens_BT[position, : len(tokens[row])] = tokens[row]
        mask_BT[position, : len(tokens[row])] = 1
    return Batch(torch.from_numpy(tokens_BT).to(device), torch.from_numpy(mask_BT).to(device), rows)


def batches_by_length(lengths: np.ndarray, *, budget_tokens: int) -> Iterator[np.ndarray]:
    """All rows, shortest first, in batches of at most `budget_tokens` padded tokens."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and lengths[order[stop]] * (stop + 1 - start) <= budget_tokens:
            stop += 1
        yield order[start:stop]
        start = stop


def scoring_batches(lengths: np.ndarray, device: str | torch.device) -> Iterator[np.ndarray]:
    """All rows in batches that suit a device on which nothing is learned now."""
    kind = torch.device(device).type
    return batches_by_length(lengths, budget_tokens=SCORING_TOKENS.get(kind, 1024))


def shuffled_batches(
    lengths: np.ndarray, *, batch_size: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """One epoch: every row once, rows of like length together, batches in random order.

    Sorting within pools of 50 batches keeps the padding under a few percent and still draws
    every batch anew in each epoch.
    """
    order = rng.permutation(len(lengths))
    pool = batch_size * 50
    batches = []
    for start in range(0, len(order), pool):
        rows = order[start : start + pool]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def layer_list(model: Model) -> tuple[str, torch.nn.ModuleList]:
    """Name and modules of the transformer layers, whatever the family calls them."""
    num_layers = model.config.num_hidden_layers
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == num_layers:
            return name, module
    raise TrialError(
        where=model.config.model_type,
        problem="has no list of transformer layers: this family uses one layer many times.",
        fix="Choose another family under `bases:`, or leave out `last_layers` and `lora`.",
    )


def pad_id_of(model: Model) -> int:
    """Token id that fills the right side; masked everywhere, so 0 where none is named."""
    return int(model.config.pad_token_id or 0)
