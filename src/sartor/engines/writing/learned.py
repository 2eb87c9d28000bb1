"""Texts to learn from or to score, and which of their tokens count.

Shape letters: B texts, T tokens, S tokens of a source text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from sartor.core.errors import DataError
from sartor.engines.encoder import pad


@dataclass(frozen=True)
class LearnedBatch:
    """Texts of one batch, on the model's device."""

    tokens_BT: torch.Tensor
    """Token ids; of an encoder-decoder those that its decoder writes."""
    is_learned_BT: torch.Tensor
    """Whether a token counts: it is predicted from those before it."""
    text_of_BT: torch.Tensor
    """Number of the text to which each token belongs, from 0."""
    num_texts: int
    mask_BT: torch.Tensor | None = None
    """1 where a token is real; None where all are."""
    positions_BT: torch.Tensor | None = None
    """Place of each token in its own text, where texts stand behind each other in one row; else None."""
    source_BS: torch.Tensor | None = None
    """Source texts of an encoder-decoder."""
    source_mask_BS: torch.Tensor | None = None

    @property
    def num_learned(self) -> int:
        """Tokens that count."""
        return int(self.is_learned_BT.sum())


def padded_batch(
    texts: Sequence[np.ndarray],
    is_learned: Sequence[np.ndarray],
    *,
    device: str | torch.device,
    pad_id: int = 0,
    sources: Sequence[np.ndarray] | None = None,
) -> LearnedBatch:
    """Texts below each other, padded on the right.

    Args:
        texts: Token ids of each.
        is_learned: For each text, whether each token counts.
        device: Of the model.
        pad_id: Token id that fills the right side; masked.
        sources: Token ids of each source text, for an encoder-decoder.

    Raises:
        DataError: No token counts, or one counts that nothing stands before.
    """
    _check(is_learned, has_source=sources is not None)
    all_rows = np.arange(len(texts))
    batch = pad(texts, all_rows, pad_id=pad_id, device=str(device))
    learned_BT = pad(is_learned, all_rows, pad_id=0, device=str(device)).tokens_BT.bool()
    source = None
    if sources is not None:
        source = pad(sources, all_rows, pad_id=pad_id, device=str(device))
    rows_B1 = torch.arange(len(texts), device=batch.tokens_BT.device)[:, None]
    return LearnedBatch(
        tokens_BT=batch.tokens_BT,
        is_learned_BT=learned_BT,
        text_of_BT=rows_B1.expand_as(batch.tokens_BT),
        num_texts=len(texts),
        mask_BT=None if batch.mask_BT.all() else batch.mask_BT,
        source_BS=source.tokens_BT if source is not None else None,
        source_mask_BS=source.mask_BT if source is not None else None,
    )


def flat_batch(
    texts: Sequence[np.ndarray], is_learned: Sequence[np.ndarray], *, device: str | torch.device
) -> LearnedBatch:
    """Texts behind each other in one row, without padding; no text sees another one.

    Attention is then computed over the whole row, so this pays where the device skips what is masked.
    Only for models of which `keeps_texts_apart` says yes.

    Raises:
        DataError: No token counts, or one counts that nothing stands before.
    """
    _check(is_learned, has_source=False)
    places = np.concatenate([np.arange(len(text)) for text in texts])
    text_of = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    return LearnedBatch(
        tokens_BT=_row(np.concatenate(texts), device),
        is_learned_BT=_row(np.concatenate(is_learned), device).bool(),
        text_of_BT=_row(text_of, device),
        num_texts=len(texts),
        positions_BT=_row(places, device),
    )


def _row(values: np.ndarray, device: str | torch.device) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values, dtype=np.int64))[None].to(device)


def _check(is_learned: Sequence[np.ndarray], *, has_source: bool) -> None:
    if not any(np.any(learned) for learned in is_learned):
        raise DataError(
            where="the batch",
            problem="has no token to learn from; its mean loss would be 0/0.",
            fix="Shorten the inputs, raise `max_tokens`, or drop these rows.",
        )
    if has_source:
        return
    for number, learned in enumerate(is_learned):
        if len(learned) and learned[0]:
            raise DataError(
                where=f"text {number} of the batch",
                problem="has its first token among those that are learned; nothing predicts it.",
                fix="Begin the text with the model's start token and leave that one out.",
            )
