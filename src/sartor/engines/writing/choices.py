"""How probable given continuations are: a prompt is read once, and so is what continuations share.

Shape letters: N prompts, C choices, B prompts of a batch, J branches, K branches taken together, T tokens,
D width. Rows of several branches are branch by branch: row k * B + b.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch

from sartor.engines.encoder import batches_by_length
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.one_pass import MOST_NODES, scored_in_one_pass
from sartor.engines.writing.reading import Prefix, check_prompts, read, read_prefix
from sartor.engines.writing.sequences import Sequences
from sartor.engines.writing.token_losses import log_probabilities, log_probabilities_of
from sartor.engines.writing.token_tree import tree_of
from sartor.engines.writing.trie import Branch, branches_of

CHOOSING_TOKENS = {"cpu": 8_192, "cuda": 131_072}
"""Tokens of prompts and choices together that are held at a time, on each level of the tree."""


def score_choices(
    model: Any,
    prompts: Sequence[np.ndarray],
    choices: Sequence[np.ndarray],
    *,
    pad_id: int = 0,
    budget_tokens: int | None = None,
    shares_prefix: bool = True,
    known: Prefix | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Log-probability of every choice after every prompt.

    Args:
        model: A model of `transformers`, or a `LanguageModel`.
        prompts: Token ids of each; source texts of an encoder-decoder.
        choices: Token ids of each, at least one; they follow the prompt's as they are.
        pad_id: Token id that fills the left side; masked everywhere.
        budget_tokens: Tokens held at a time; None for what suits the device.
        shares_prefix: Whether equal beginnings of prompts are read once.
        known: A beginning that was read before, with the same weights.

    Returns:
        Sums over each choice's tokens in nats, (N, C) in fp64, and the choices' tokens, (C,).

    Raises:
        TrialError: A prompt or choice is empty, or the longest choice does not fit behind a prompt.
    """
    model = LanguageModel.of(model)
    branches = branches_of(choices)
    num_tokens_C = np.array([len(choice) for choice in choices], dtype=np.int64)
    longest = int(num_tokens_C.max(initial=0))
    check_prompts(model, prompts, room=longest)
    budget = budget_tokens or CHOOSING_TOKENS.get(model.device.type, 8_192)
    scores_NC = np.zeros((len(prompts), len(choices)))
    lengths_N = np.array([len(prompt) + longest for prompt in prompts], dtype=np.int64)
    with model.asked():
        prefix = read_prefix(model, prompts, known=known) if shares_prefix else None
        tree = tree_of(choices)
        if model.can_read_trees and tree.num_nodes <= MOST_NODES:
            scores_NC = scored_in_one_pass(
                model, prompts, tree, pad_id=pad_id, budget_tokens=budget, prefix=prefix
            )
            return scores_NC, num_tokens_C
        for rows in batches_by_length(lengths_N, budget_tokens=budget):
            sequences, hidden_BD = read(model, prompts, rows, pad_id=pad_id, prefix=prefix)
            walk = _Walk(len(rows), len(choices), budget)
            sums_1B = torch.zeros(1, len(rows), dtype=torch.float64, device=model.device)
            walk.visit(_Level([branches], sequences, hidden_BD, sums_1B))
            scores_NC[rows] = walk.scores_BC
    return scores_NC, num_tokens_C


@dataclass(frozen=True)
class _Level:
    """Branches just read, for all prompts of a batch, and what may follow each."""

    following: Sequence[Sequence[Branch]]
    """For each of J branches, the next ones."""
    sequences: Sequences
    hidden_RD: torch.Tensor
    """Hidden states that predict the next token, J * B rows."""
    sums_JB: torch.Tensor
    """Log-probability so far."""


@dataclass(frozen=True)
class _Step:
    """One branch to go on with."""

    branch: Branch
    parent: int
    sums_B: torch.Tensor
    """Log-probability up to and including the branch's first token."""


class _Walk:
    """A walk over the tree of choices, for one batch of prompts.

    Args:
        num_prompts: B.
        num_choices: C.
        budget_tokens: Tokens held at a time on each level.
    """

    def __init__(self, num_prompts: int, num_choices: int, budget_tokens: int) -> None:
        self.num_prompts = num_prompts
        self.budget_tokens = budget_tokens
        self.scores_BC = np.zeros((num_prompts, num_choices))

    def visit(self, level: _Level) -> None:
        """Score what follows a level, and go on where more comes."""
        open_steps = []
        for step in self._steps(level):
            if len(step.branch.tokens) == 1:
                self._note(step.branch, step.sums_B)
            if len(step.branch.tokens) > 1 or step.branch.branches:
                open_steps.append(step)
        for steps in self._together(open_steps, level.sequences.num_places):
            self._read_on(level.sequences, steps)

    def _note(self, branch: Branch, sums_B: torch.Tensor) -> None:
        if branch.ends:
            self.scores_BC[:, list(branch.ends)] = sums_B.cpu().numpy()[:, None]

    def _steps(self, level: _Level) -> Iterator[_Step]:
        """All next branches with the log-probability of their first token."""
        firsts = sorted({b.tokens[0] for branches in level.following for b in branches})
        place = {token: number for number, token in enumerate(firsts)}
        asked_RU = torch.tensor(firsts, device=level.hidden_RD.device).expand(
            len(level.hidden_RD), -1
        )
        found_RU = log_probabilities_of(level.sequences.model, level.hidden_RD, asked_RU)
        found_JBU = found_RU.double().view(len(level.following), self.num_prompts, -1)
        for parent, branches in enumerate(level.following):
            for branch in branches:
                first_B = found_JBU[parent, :, place[branch.tokens[0]]]
                yield _Step(branch, parent, level.sums_JB[parent] + first_B)

    def _together(self, steps: list[_Step], num_places: int) -> Iterator[list[_Step]]:
        """Steps that are read as one batch.

        Where more follows, all must be equally long: padding would stand before what follows.
        """

        def kind(step: _Step) -> int:
            return len(step.branch.tokens) if step.branch.branches else 0

        for _, alike in groupby(sorted(steps, key=kind), key=kind):
            yield from self._portions(list(alike), num_places)

    def _portions(self, steps: list[_Step], num_places: int) -> Iterator[list[_Step]]:
        lengths = np.array([num_places + len(step.branch.tokens) for step in steps])
        budget = self.budget_tokens // self.num_prompts
        for rows in batches_by_length(lengths, budget_tokens=budget):
            yield [steps[row] for row in rows]

    def _read_on(self, sequences: Sequences, steps: list[_Step]) -> None:
        """Read the steps' tokens; a step that ends needs none behind its last."""
        goes_on = bool(steps[0].branch.branches)
        tokens_KT, is_real_KT = _padded([s.branch.tokens for s in steps], sequences.model.device)
        num_read = tokens_KT.shape[1] if goes_on else tokens_KT.shape[1] - 1
        parents_K = torch.tensor([step.parent for step in steps], device=tokens_KT.device)
        all_B = torch.arange(self.num_prompts, device=tokens_KT.device)
        rows_R = (parents_K[:, None] * self.num_prompts + all_B).flatten()
        taken = sequences.taken(rows_R, room=num_read)
        read_RT = tokens_KT[:, :num_read].repeat_interleave(self.num_prompts, dim=0)
        hidden_RTD = taken.extend(read_RT)
        sums_KB = torch.stack([step.sums_B for step in steps])
        sums_KB = sums_KB + self._later_tokens(taken.model, hidden_RTD, tokens_KT, is_real_KT)
        for step, sums_B in zip(steps, sums_KB, strict=True):
            if len(step.branch.tokens) > 1:
                self._note(step.branch, sums_B)
        if goes_on:
            following = [step.branch.branches for step in steps]
            self.visit(_Level(following, taken, hidden_RTD[:, -1], sums_KB))

    def _later_tokens(
        self,
        model: LanguageModel,
        hidden_RTD: torch.Tensor,
        tokens_KT: torch.Tensor,
        is_real_KT: torch.Tensor,
    ) -> torch.Tensor:
        """Log-probability (K, B) of all tokens of each branch but its first."""
        is_asked_RT = is_real_KT[:, 1:].repeat_interleave(self.num_prompts, dim=0)
        asked_RT = tokens_KT[:, 1:].repeat_interleave(self.num_prompts, dim=0)
        found_RT = torch.zeros(asked_RT.shape, dtype=torch.float64, device=asked_RT.device)
        hidden_RTD = hidden_RTD[:, : asked_RT.shape[1]]
        found_N = log_probabilities(model, hidden_RTD[is_asked_RT], asked_RT[is_asked_RT])
        found_RT[is_asked_RT] = found_N.double()
        return found_RT.sum(dim=1).view(-1, self.num_prompts)


def _padded(
    tokens: Sequence[tuple[int, ...]], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Branches padded on the right with their own first token, which nothing reads."""
    longest = max(map(len, tokens))
    tokens_KT = torch.tensor([t + t[:1] * (longest - len(t)) for t in tokens], device=device)
    lengths_K1 = torch.tensor([[len(t)] for t in tokens], device=device)
    return tokens_KT, torch.arange(longest, device=device) < lengths_K1
