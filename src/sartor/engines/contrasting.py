"""Texts of one label come to lie together; afterwards a linear layer reads the labels off.

Supervised contrastive learning (Khosla et al. 2020, arXiv 2004.11362, loss "out"); for few examples of a
sentence encoder: SetFit (Tunstall et al. 2022, arXiv 2209.11055). Every text of a batch gets a partner of its
label, so B rows give pairs by the square of B, and a few dozen steps say what there is to say. Some tokens of
each text go unread, so that no pair is told by a single word of the few (word deletion: Wei & Zou 2019,
arXiv 1901.11196).

Shape letters: N rows, B texts of a batch with their partners, C labels, D width, T tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch

from sartor.core.candidate import Answers, Fitted, Job
from sartor.core.label_name import AS_EXAMPLE, LABEL_NAME
from sartor.core.words import readable_label
from sartor.engines.adapt import Adapted
from sartor.engines.encoder import scoring_batches
from sartor.engines.fitted import sentence_encoder_of
from sartor.engines.inputs import Inputs
from sartor.engines.linear import linear_layer
from sartor.engines.memory import parts_of, random_state, set_random_state

LENGTH_GROUPS = 4
"""Parts of a batch that are padded each for itself: a partner is drawn whatever its length."""
START_FORGOTTEN = 3
"""For the weight average: steps are few and large, so it takes in a third of them, up to its memory."""


@dataclass(frozen=True)
class Examples:
    """Texts with one label each."""

    texts: Sequence[str]
    labels_N: np.ndarray

    @classmethod
    def of(cls, job: Job) -> Examples:
        """The rows of a job; with `label_name: as an example` the labels' names, too."""
        texts, labels_N = job.rows.texts, job.rows.targets
        if job.settings[LABEL_NAME] == AS_EXAMPLE:
            texts = [*texts, *map(readable_label, job.facts.labels)]
            labels_N = np.concatenate([labels_N, np.arange(job.facts.num_labels)])
        return cls(texts, labels_N)


class Contrasting:
    """Implements `training.Objective`.

    Args:
        job: Settings: `temperature`, `token_dropout`, `inverse_regularisation`.
        examples: What is learned from.
        adapted: Gives unit vectors.
        inputs: Turns texts into tokens.
    """

    def __init__(self, job: Job, examples: Examples, *, adapted: Adapted, inputs: Inputs) -> None:
        self.job = job
        self.examples = examples
        self.model = adapted.model
        self.inputs = inputs
        labels_N = examples.labels_N
        self._rows_of_label = {x: np.flatnonzero(labels_N == x) for x in np.unique(labels_N)}
        self._layer: tuple[np.ndarray, np.ndarray] | None = None

    def batches(self, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
        return spread_batches(self.examples.labels_N, batch_size=batch_size, rng=rng)

    def learn(self, rows: np.ndarray, num_parts: int) -> float:
        self._layer = None
        chosen = np.concatenate([rows, self._partners(rows)])
        if num_parts > 1:
            return self._learn_in_parts(parts_of(chosen, num_parts))
        loss = self._loss(self._vectors(chosen), chosen)
        loss.backward()
        return float(loss.detach())

    def _learn_in_parts(self, parts: Sequence[np.ndarray]) -> float:
        """Every text is held against all others, yet goes through the model with its part only.

        First all vectors without gradients, from them the gradient of each vector, then the parts once more:
        gradient caching (Gao et al. 2021, arXiv 2101.06983).
        """
        drawn, vectors = [], []
        for part in parts:
            drawn.append(random_state())
            with torch.no_grad():
                vectors.append(self._vectors(part))
        whole_BD = torch.cat(vectors).requires_grad_()
        loss = self._loss(whole_BD, np.concatenate(parts))
        loss.backward()
        assert whole_BD.grad is not None
        gradients = whole_BD.grad.split([len(part) for part in parts])
        for part, state, gradient_BD in zip(parts, drawn, gradients, strict=True):
            set_random_state(state)
            self._vectors(part).backward(gradient_BD)
        return float(loss.detach())

    def _loss(self, vectors_BD: torch.Tensor, chosen: np.ndarray) -> torch.Tensor:
        labels_B = torch.from_numpy(self.examples.labels_N[chosen]).to(vectors_BD.device)
        temperature = self.job.settings["temperature"]
        return contrastive_loss(vectors_BD, labels_B, temperature=temperature)

    def answers(self, texts: Sequence[str]) -> Answers:
        """Logits (N, C)."""
        weight_CD, bias_C = self.output_layer()
        return Answers((self._features(texts) @ weight_CD.T + bias_C).astype(np.float32))

    def scoring(self) -> AbstractContextManager[None]:
        return self.inputs.scoring()

    def fitted(self, adapted: Adapted) -> Fitted:
        return sentence_encoder_of(adapted, self.job, *self.output_layer())

    def output_layer(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights (C, D) and biases (C,) over what the encoder makes of the rows now."""
        if self._layer is None:
            self._layer = linear_layer(
                self._features(self.examples.texts),
                self.examples.labels_N,
                facts=self.job.facts,
                inverse_regularisation=self.job.settings["inverse_regularisation"],
            )
        return self._layer

    def _partners(self, rows: np.ndarray) -> np.ndarray:
        """Another row of the label of each row; where there is none, the row itself.

        Seen twice, a row is two texts to a model with dropout (SimCSE: Gao et al. 2021, arXiv 2104.08821).
        """
        partners = rows.copy()
        for place, row in enumerate(rows):
            others = self._rows_of_label[self.examples.labels_N[row]]
            others = others[others != row]
            if len(others):
                partners[place] = others[int(torch.randint(len(others), ()))]
        return partners

    def _vectors(self, chosen: np.ndarray) -> torch.Tensor:
        """Unit vectors of some rows, (B, D); rows of like length go through the model together."""
        read = self.inputs.read(self.examples.texts)
        order = np.argsort(read.lengths[chosen], kind="stable")
        parts = [part for part in np.array_split(order, LENGTH_GROUPS) if len(part)]
        vectors_BD = torch.cat([self._of_some_tokens(*read.batch(chosen[part])) for part in parts])
        return vectors_BD[torch.from_numpy(np.argsort(order)).to(vectors_BD.device)]

    def _of_some_tokens(self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """Unit vectors of texts of which some tokens go unread; never the first."""
        is_read_BT = torch.rand(mask_BT.shape) >= self.job.settings["token_dropout"]
        is_read_BT[:, 0] = True
        return self.model(tokens_BT, mask_BT * is_read_BT.to(mask_BT.device))

    @torch.inference_mode()
    def _features(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (N, D)."""
        read = self.inputs.read(texts)
        features_ND = np.empty((len(texts), self.model.config.hidden_size), dtype=np.float32)
        device = next(self.model.parameters()).device
        for batch_rows in scoring_batches(read.lengths, device):
            features_ND[batch_rows] = self.model(*read.batch(batch_rows)).float().cpu().numpy()
        return features_ND


def spread_batches(
    labels_N: np.ndarray, *, batch_size: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """One epoch: every row once, the rows of a label evenly over all steps, steps in random order.

    A step then holds as many labels as it can: the more there are, the more each text has to tell apart.
    """
    place_N = np.empty(len(labels_N))
    for label in np.unique(labels_N):
        rows = np.flatnonzero(labels_N == label)
        place_N[rows] = (rng.permutation(len(rows)) + rng.random(len(rows))) / len(rows)
    order = np.argsort(place_N, kind="stable")
    batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def contrastive_loss(
    vectors_BD: torch.Tensor, labels_B: torch.Tensor, *, temperature: float
) -> torch.Tensor:
    """Minus the mean log-probability with which a text picks one of its label among all the others, in nats.

    Args:
        vectors_BD: Unit vectors, at least two of every label among them.
        labels_B: Their labels.
        temperature: Divides the cosine similarities.
    """
    itself_BB = torch.eye(len(labels_B), dtype=torch.bool, device=vectors_BD.device)
    similar_BB = (vectors_BD @ vectors_BD.T / temperature).masked_fill(itself_BB, float("-inf"))
    is_partner_BB = (labels_B[:, None] == labels_B[None, :]) & ~itself_BB
    chosen_BB = similar_BB.log_softmax(dim=1).masked_fill(~is_partner_BB, 0.0)
    return -(chosen_BB.sum(1) / is_partner_BB.sum(1)).mean()
