"""Trunk features: one pass over a frozen base serves every head, every pooling, every setting.

Shape letters: N texts, B rows of a batch, T tokens, D width, P poolings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from sartor.core.base_model import DECODER, BaseModel
from sartor.core.candidate import State
from sartor.core.hashing import content_hash
from sartor.core.protocols import Artifacts
from sartor.engines.encoder import (
    Model,
    load_trunk,
    pad,
    pad_id_of,
    scoring_batches,
    tokenize,
)

POOLINGS = ("cls", "max", "mean")
"""Of an encoder, in the order in which sentence-transformers joins them."""
CAUSAL_POOLINGS = ("max", "mean", "last")
"""Of a decoder: its first token has seen nothing, its last one all."""


class TrunkFeatures:
    """Pooled outputs of one frozen base by text; a text is computed once and then looked up.

    Args:
        base: The pretrained encoder or decoder.
        max_tokens: Longer texts are cut.
        device: torch device.
        artifacts: Where a pass is kept, so that a second run repeats none of it.
    """

    def __init__(
        self, base: BaseModel, *, max_tokens: int, device: str, artifacts: Artifacts
    ) -> None:
        self.base = base
        self.max_tokens = max_tokens
        self.device = device
        self.artifacts = artifacts
        self._trunk: Model | None = None
        self._row_of: dict[str, int] = {}
        self.poolings = poolings_of(base)
        self._features_NPD = np.zeros((0, len(self.poolings), base.width), dtype=np.float32)

    def of(self, texts: Sequence[str], pooling: str) -> np.ndarray:
        """Features (N, D), or (N, 2 D) for two poolings joined."""
        self._learn([text for text in dict.fromkeys(texts) if text not in self._row_of])
        rows = np.fromiter((self._row_of[text] for text in texts), dtype=np.int64)
        parts = sorted(pooling.split("+"), key=self.poolings.index)
        columns = [self._features_NPD[rows, self.poolings.index(part)] for part in parts]
        return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)

    def _learn(self, texts: list[str]) -> None:
        """Compute unseen texts in one pass, or fetch that very pass from the artifacts."""
        if not texts:
            return
        key = content_hash(self.base.fingerprint, self.max_tokens, texts)
        found = self.artifacts.find("features", key)
        if found is None:
            state = State({"features_NPD": self._pass_over(texts)}, {"base": self.base.id})
            found = self.artifacts.put("features", key, state)
        first = len(self._features_NPD)
        self._features_NPD = np.concatenate([self._features_NPD, found.arrays()["features_NPD"]])
        self._row_of.update({text: first + i for i, text in enumerate(texts)})
        if self.base.is_writer:
            self._trunk = None  # a large base may stand in memory a second time, to write

    @torch.inference_mode()
    def _pass_over(self, texts: list[str]) -> np.ndarray:
        trunk = self._load()
        tokens = tokenize(self.base, texts, max_tokens=self.max_tokens)
        lengths = np.array([len(ids) for ids in tokens])
        shape = (len(texts), len(self.poolings), self.base.width)
        features_NPD = np.empty(shape, dtype=np.float32)
        for rows in scoring_batches(lengths, self.device):
            batch = pad(tokens, rows, pad_id=pad_id_of(trunk), device=self.device)
            hidden_BTD = trunk(
                input_ids=batch.tokens_BT, attention_mask=batch.mask_BT
            ).last_hidden_state
            features_NPD[rows] = pool_all(hidden_BTD, batch.mask_BT, self.poolings).cpu().numpy()
        return features_NPD

    def _load(self) -> Model:
        if self._trunk is None:
            self._trunk = load_trunk(self.base).to(self.device)
        return self._trunk


def poolings_of(base: BaseModel) -> tuple[str, ...]:
    """What one pass over a base gives, in the order in which sentence-transformers joins them."""
    return CAUSAL_POOLINGS if base.architecture == DECODER else POOLINGS


def pool_all(
    hidden_BTD: torch.Tensor, mask_BT: torch.Tensor, poolings: Sequence[str] = POOLINGS
) -> torch.Tensor:
    """Several poolings at once, (B, P, D), as sentence-transformers defines them.

    Args:
        hidden_BTD: Output of the last layer.
        mask_BT: 1 where there is a token; padding may stand on either side.
        poolings: Which, in this order.
    """
    mask_BT1 = mask_BT.unsqueeze(-1).to(hidden_BTD.dtype)
    pooled: dict[str, Callable[[], torch.Tensor]] = {
        "cls": lambda: hidden_BTD[:, 0],
        "last": lambda: last_token(hidden_BTD, mask_BT),
        "max": lambda: hidden_BTD.masked_fill(mask_BT1 == 0, float("-inf")).amax(1),
        "mean": lambda: (hidden_BTD * mask_BT1).sum(1) / mask_BT1.sum(1).clamp(min=1e-9),
    }
    return torch.stack([pooled[name]() for name in poolings], dim=1)


def last_token(hidden_BTD: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
    """What stands at the last token of each text, (B, D)."""
    places_T = torch.arange(mask_BT.shape[1], device=mask_BT.device, dtype=torch.int32)
    last_B = (places_T * mask_BT.to(torch.int32)).argmax(dim=1)
    chosen_B1D = last_B[:, None, None].expand(-1, 1, hidden_BTD.shape[2])
    return hidden_BTD.gather(1, chosen_B1D)[:, 0]
