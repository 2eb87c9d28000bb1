"""Loss and log-probability of texts, with logits only where a token counts.

The mean is over all tokens that count in the batch, as in `transformers` and in TRL's SFTTrainer: a long
answer weighs more than a short one.

Shape letters: B texts, T tokens, D width, N tokens that count.
"""

from __future__ import annotations

import numpy as np
import torch

from sartor.engines.precision import bf16_products
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.learned import LearnedBatch, flat_batch
from sartor.engines.writing.token_losses import log_probabilities, summed_loss


def sequence_loss(
    model: LanguageModel,
    batch: LearnedBatch,
    *,
    num_learned: int | None = None,
    in_bf16: bool = False,
) -> torch.Tensor:
    """Mean cross-entropy of the tokens that count, in nats, ready for `backward`.

    Args:
        model: In training or evaluation mode; it stays as it is.
        batch: Of `padded_batch` or `flat_batch`.
        num_learned: By what the sum is divided: the tokens of all parts, where a batch is learned in
            parts. None for this batch's own.
        in_bf16: Make the trunk's products in bf16; logits and loss stay as they are.
    """
    with bf16_products(model.device, is_on=in_bf16):
        hidden_ND, tokens_N = predicting_states(model, batch)
    hidden_ND = hidden_ND.to(model.head.weight.dtype)
    return summed_loss(model, hidden_ND, tokens_N) / (num_learned or len(tokens_N))


def text_log_probabilities(
    model: LanguageModel, batch: LearnedBatch
) -> tuple[np.ndarray, np.ndarray]:
    """Log-probability of each text's tokens that count, and how many count.

    Divided by ln 2 and the text's bytes, the negative of it is bits per byte.

    Returns:
        Sums in nats, (B,) in fp64, and tokens, (B,).
    """
    with model.asked():
        hidden_ND, tokens_N = predicting_states(model, batch)
        found_N = log_probabilities(model, hidden_ND, tokens_N).double().cpu().numpy()
        text_of_N = batch.text_of_BT[batch.is_learned_BT].cpu().numpy()
    sums_B = np.bincount(text_of_N, weights=found_N, minlength=batch.num_texts)
    return sums_B, np.bincount(text_of_N, minlength=batch.num_texts)


def predicting_states(
    model: LanguageModel, batch: LearnedBatch
) -> tuple[torch.Tensor, torch.Tensor]:
    """Hidden states (N, D) that predict the tokens that count, and those tokens, (N,)."""
    tokens_N = batch.tokens_BT[batch.is_learned_BT]
    if model.is_encoder_decoder:
        return _decoder_states(model, batch)[batch.is_learned_BT], tokens_N
    hidden_BTD = model.hidden(
        batch.tokens_BT, mask_BT=batch.mask_BT, positions_BT=batch.positions_BT
    )
    return hidden_BTD[:, :-1][batch.is_learned_BT[:, 1:]], tokens_N


def keeps_texts_apart(model: LanguageModel) -> bool:
    """Whether texts behind each other in one row are read as if each stood alone."""
    if model.is_encoder_decoder:
        return False
    texts = [np.arange(1, 6) % model.vocabulary, np.arange(3, 9) % model.vocabulary]
    learned = [np.arange(len(text)) > 0 for text in texts]
    flat = flat_batch(texts, learned, device=model.device)
    alone = flat_batch(texts[1:], learned[1:], device=model.device)
    with model.asked():
        after_ND, _ = predicting_states(model, flat)
        alone_ND, _ = predicting_states(model, alone)
    return torch.allclose(after_ND[-len(alone_ND) :], alone_ND, rtol=1e-3, atol=1e-4)


def _decoder_states(model: LanguageModel, batch: LearnedBatch) -> torch.Tensor:
    """The decoder reads its start and then each token before the one it predicts."""
    assert batch.source_BS is not None, "an encoder-decoder needs source texts"
    assert batch.source_mask_BS is not None
    start_B1 = torch.full_like(batch.tokens_BT[:, :1], model.start_ids[0])
    read_BT = torch.cat([start_B1, batch.tokens_BT[:, :-1]], dim=1)
    encoded = model.encode(batch.source_BS, batch.source_mask_BS)
    return model.hidden(read_BT, encoded=encoded)
