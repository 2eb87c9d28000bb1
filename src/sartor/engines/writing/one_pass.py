"""All continuations scored in one pass behind each prompt.

Their tree stands as one row behind the prompt: a token sees the prompt and what leads to it, and stands as
deep as it is far from the prompt (tree attention: Miao et al. 2023, arXiv 2305.09781). So the prompt's keys
and values are copied for no branch, and matrices are as large as the whole tree.

Shape letters: N prompts, C choices, B prompts of a batch, M inner nodes, E edges, T cached places, D width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from sartor.engines.encoder import batches_by_length
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.reading import Prefix, read
from sartor.engines.writing.sequences import Sequences
from sartor.engines.writing.token_losses import log_probabilities_of
from sartor.engines.writing.token_tree import ROOT, TokenTree

MOST_NODES = 1024
"""Of larger trees the mask, M by T + M numbers a prompt, would cost more than it spares."""


def scored_in_one_pass(
    model: LanguageModel,
    prompts: Sequence[np.ndarray],
    tree: TokenTree,
    *,
    pad_id: int,
    budget_tokens: int,
    prefix: Prefix | None,
) -> np.ndarray:
    """Log-probability of every choice after every prompt, (N, C) in fp64; inside `model.asked()`.

    Args:
        model: One that `can_read_trees`.
        prompts: Token ids of each.
        tree: Of the choices.
        pad_id: Token id that fills the left side; masked everywhere.
        budget_tokens: Tokens of prompts and trees held at a time.
        prefix: What all prompts begin with, read before.
    """
    lengths_N = np.array([len(prompt) + tree.num_nodes for prompt in prompts], dtype=np.int64)
    scores_NC = np.zeros((len(prompts), len(tree.edges_CL)))
    for rows in batches_by_length(lengths_N, budget_tokens=budget_tokens):
        sequences, hidden_BD = read(model, prompts, rows, pad_id=pad_id, prefix=prefix)
        first_BE = _of_root(model, hidden_BD, tree.asked[ROOT])
        parts = [first_BE, torch.zeros_like(first_BE[:, :1])]
        if tree.num_nodes:
            hidden_BMD = _tree_states(model, sequences, tree, len(rows))
            parts.insert(1, _of_nodes(model, hidden_BMD, tree.asked[1:]))
        edges_BE = torch.cat(parts, dim=1).double().cpu().numpy()
        scores_NC[rows] = edges_BE[:, tree.edges_CL].sum(axis=2)
    return scores_NC


def _tree_states(
    model: LanguageModel, sequences: Sequences, tree: TokenTree, num_rows: int
) -> torch.Tensor:
    """Hidden states of all inner nodes behind each prompt, (B, M, D)."""
    device = model.device
    mask_BT = sequences.mask_BT
    if mask_BT is None:
        mask_BT = torch.ones((num_rows, sequences.num_places), dtype=torch.long, device=device)
    of_prompt_BMT = mask_BT.bool()[:, None, :].expand(-1, tree.num_nodes, -1)
    of_tree_BMM = torch.from_numpy(tree.sees_MM).to(device).expand(num_rows, -1, -1)
    is_hidden_BMS = ~torch.cat([of_prompt_BMT, of_tree_BMM], dim=2)
    dtype = model.head.weight.dtype
    added_BMS = torch.zeros(is_hidden_BMS.shape, dtype=dtype, device=device)
    added_BMS.masked_fill_(is_hidden_BMS, torch.finfo(dtype).min)
    depth_M = torch.from_numpy(tree.depth_M).to(device)
    return model.hidden(
        torch.from_numpy(tree.tokens_M).to(device).expand(num_rows, -1),
        mask_BT=added_BMS[:, None],
        positions_BT=mask_BT.sum(dim=1, keepdim=True) + depth_M,
        cache=sequences.cache,
    )


def _of_root(model: LanguageModel, hidden_BD: torch.Tensor, asked: Sequence[int]) -> torch.Tensor:
    asked_BU = torch.tensor(asked, device=hidden_BD.device).expand(len(hidden_BD), -1)
    return log_probabilities_of(model, hidden_BD, asked_BU)


def _of_nodes(
    model: LanguageModel, hidden_BMD: torch.Tensor, asked: Sequence[Sequence[int]]
) -> torch.Tensor:
    """Log-probabilities of the edges behind inner nodes, node by node, (B, E without the root's)."""
    widest = max(map(len, asked))
    asked_MU = torch.tensor([[*a, *[a[0]] * (widest - len(a))] for a in asked])
    is_edge_MU = torch.arange(widest) < torch.tensor([[len(a)] for a in asked])
    num_rows, num_nodes, width = hidden_BMD.shape
    asked_RU = asked_MU.to(hidden_BMD.device).repeat(num_rows, 1)
    found_RU = log_probabilities_of(model, hidden_BMD.reshape(-1, width), asked_RU)
    found_BMU = found_RU.view(num_rows, num_nodes, widest)
    return found_BMU[:, is_edge_MU.to(hidden_BMD.device)]
