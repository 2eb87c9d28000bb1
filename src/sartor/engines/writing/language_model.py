"""A generative model of any family as two steps: token ids to hidden states, hidden states to logits.

Between the two the positions can be chosen: an output layer with 150,000 rows is the dearest part of a
small model, and it is applied only where its answer is read.

Shape letters: B rows of a batch, T tokens, S tokens of a source text, D width, V vocabulary.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from sartor.core.errors import TrialError
from sartor.engines.writing.growing_cache import bytes_held, new_cache

PROBE_TOKENS = (1, 2, 3, 4)
TOLERANCE, HALF_TOLERANCE = 1e-3, 0.1
"""Largest difference of the probe's logits, as a share of their size; the other for 16 bits."""


TREE_FAMILIES = frozenset({"gpt2", "gpt_neox", "llama", "phi", "qwen2", "qwen3"})
"""Families of which it was tested that a mask of four dimensions is taken as it is."""


@dataclass(frozen=True)
class Encoded:
    """Source texts as the encoder of an encoder-decoder gives them."""

    hidden_BSD: torch.Tensor
    mask_BS: torch.Tensor

    def taken(self, rows_R: torch.Tensor) -> Encoded:
        """Some rows, repeated as asked."""
        return Encoded(self.hidden_BSD[rows_R], self.mask_BS[rows_R])


class LanguageModel:
    """A model of `transformers` that writes, taken apart into trunk and output layer.

    Args:
        model: A causal language model, or an encoder-decoder that writes.

    Raises:
        TrialError: The parts do not give what the model itself gives, so the family is not supported.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.is_encoder_decoder = bool(model.config.is_encoder_decoder)
        self.trunk = model.get_decoder() if self.is_encoder_decoder else model.base_model
        self.head = model.get_output_embeddings()
        if self.trunk is model or self.head is None:
            raise _unsupported(model, "has no trunk and output layer that can be told apart")
        parameters = inspect.signature(self.trunk.forward).parameters
        if "past_key_values" not in parameters or not _attends_everywhere(model):
            raise _unsupported(model, "keeps a running state in place of keys and values")
        self._takes_positions = "position_ids" in parameters
        self.start_ids = _start_ids(model) if self.is_encoder_decoder else ()
        self.bytes_per_token = 1
        """Of keys and values, all layers together."""
        self._check_parts()

    @classmethod
    def of(cls, model: Any) -> LanguageModel:
        """The model taken apart, or what is already that."""
        return model if isinstance(model, cls) else cls(model)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.head.weight.device

    @property
    def vocabulary(self) -> int:
        """Rows of the output layer."""
        return int(self.head.weight.shape[0])

    @property
    def context_tokens(self) -> int | None:
        """Most tokens that the model can tell apart by position; None where it counts distances only."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)

    @property
    def weights_version(self) -> int:
        """Another number after every change of the weights in place, as by an optimizer."""
        return sum(weight._version for weight in self.model.parameters())

    @property
    def can_share_prefix(self) -> bool:
        """Whether equal beginnings of prompts are read once; an encoder reads each prompt both ways."""
        return not self.is_encoder_decoder

    def hidden(
        self,
        tokens_BT: torch.Tensor,
        *,
        mask_BT: torch.Tensor | None = None,
        positions_BT: torch.Tensor | None = None,
        cache: Any = None,
        encoded: Encoded | None = None,
    ) -> torch.Tensor:
        """Hidden states (B, T, D) that the output layer reads.

        Args:
            tokens_BT: Token ids; of an encoder-decoder those of the decoder.
            mask_BT: 1 where a token is real, cached ones included; None where all are.
            positions_BT: Where each token stands in its text; None: they follow those cached.
            cache: Keys and values of `transformers`, which grows.
            encoded: The source texts of an encoder-decoder.
        """
        given: dict[str, Any] = {"attention_mask": mask_BT, "use_cache": cache is not None}
        if cache is not None:
            given["past_key_values"] = cache
        if positions_BT is not None and self._takes_positions:
            given["position_ids"] = positions_BT
        if encoded is not None:
            given["encoder_hidden_states"] = encoded.hidden_BSD
            given["encoder_attention_mask"] = encoded.mask_BS
        return self.trunk(input_ids=tokens_BT, **given).last_hidden_state

    def new_cache(self) -> Any:
        """Keys and values of nothing yet."""
        return new_cache(has_source=self.is_encoder_decoder)

    def encode(self, tokens_BS: torch.Tensor, mask_BS: torch.Tensor) -> Encoded:
        """Source texts through the encoder of an encoder-decoder."""
        encoder = self.model.get_encoder()
        states = encoder(input_ids=tokens_BS, attention_mask=mask_BS).last_hidden_state
        return Encoded(states, mask_BS)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits (..., V) of hidden states (..., D), by all that the family does after its trunk.

        T5 scales tied states (Raffel et al. 2020), BART adds a bias, Gemma 2 caps softly (arXiv
        2408.00118), Granite divides and Cohere multiplies.
        """
        config = self.model.config.get_text_config()
        if _scales_states(config):
            hidden = hidden * config.d_model**-0.5
        logits = self.head(hidden)
        if (bias_1V := getattr(self.model, "final_logits_bias", None)) is not None:
            logits = logits + bias_1V[0]
        if divisor := getattr(config, "logits_scaling", None):
            logits = logits / divisor
        if factor := getattr(config, "logit_scale", None):
            logits = logits * factor
        if cap := getattr(config, "final_logit_softcapping", None):
            logits = torch.tanh(logits / cap) * cap
        return logits

    @property
    def can_read_trees(self) -> bool:
        """Whether a mask of its own may say what each token sees: no windows, and positions can be given."""
        layers = DynamicCache(config=self.model.config).layers
        return (
            self.model.config.model_type in TREE_FAMILIES
            and self._takes_positions
            and all(type(layer) is DynamicLayer for layer in layers)
        )

    @property
    def has_plain_head(self) -> bool:
        """Whether logits in fp32 are one matrix product of states and weights, and nothing else."""
        config = self.model.config.get_text_config()
        changes = ("logits_scaling", "logit_scale", "final_logit_softcapping")
        return (
            type(self.head) is torch.nn.Linear
            and self.head.bias is None
            and self.head.weight.dtype is torch.float32
            and not _scales_states(config)
            and getattr(self.model, "final_logits_bias", None) is None
            and not any(getattr(config, name, None) for name in changes)
        )

    @contextmanager
    def asked(self) -> Iterator[None]:
        """No dropout and no gradients; training goes on afterwards as before."""
        was_training = self.model.training
        if was_training:
            self.model.eval()
        try:
            with torch.inference_mode():
                yield
        finally:
            if was_training:
                self.model.train()

    def _check_parts(self) -> None:
        """Compare with the model's own logits: whole, then padded and in two parts through a cache."""
        with self.asked():
            tokens_1T = torch.tensor([PROBE_TOKENS], device=self.device) % self.vocabulary
            truth_TV = self._own_logits(tokens_1T)[0]
            parts_2TV = self._logits_in_parts(tokens_1T[0])
        pairs = ((parts_2TV[0], truth_TV), (parts_2TV[1, 1:], truth_TV[:-1]))
        share = HALF_TOLERANCE if truth_TV.dtype.itemsize == 2 else TOLERANCE
        allowed = share * (1 + truth_TV.abs().max())
        if not all((ours - truth).abs().max() <= allowed for ours, truth in pairs):
            raise _unsupported(self.model, "computes its logits in a way that is not known here")

    def _own_logits(self, tokens_1T: torch.Tensor) -> torch.Tensor:
        if self.is_encoder_decoder:
            return self.model(input_ids=tokens_1T, decoder_input_ids=tokens_1T).logits
        return self.model(input_ids=tokens_1T).logits

    def _logits_in_parts(self, tokens_T: torch.Tensor) -> torch.Tensor:
        """Two rows, the second moved to the right by one place and padded; the last token alone."""
        if self.is_encoder_decoder:
            tokens_1T = tokens_T[None]
            encoded = self.encode(tokens_1T, torch.ones_like(tokens_1T))
            states_1TD = self._in_two_parts(tokens_1T, None, self.new_cache(), encoded)
            logits_1TV = self.logits(states_1TD)
            return torch.cat([logits_1TV, logits_1TV.roll(1, dims=1)])
        tokens_2T = torch.stack([tokens_T, tokens_T.roll(1)])
        mask_2T = torch.ones_like(tokens_2T)
        mask_2T[1, 0] = 0
        return self.logits(self._in_two_parts(tokens_2T, mask_2T, self.new_cache(), None))

    def _in_two_parts(
        self,
        tokens_BT: torch.Tensor,
        mask_BT: torch.Tensor | None,
        cache: Any,
        encoded: Encoded | None,
    ) -> torch.Tensor:
        states = []
        for start, stop in ((0, -1), (-1, None)):
            positions_BT = None if mask_BT is None else positions(mask_BT)[:, start:stop]
            states.append(
                self.hidden(
                    tokens_BT[:, start:stop],
                    mask_BT=None if mask_BT is None else mask_BT[:, :stop],
                    positions_BT=positions_BT,
                    cache=cache,
                    encoded=encoded,
                )
            )
        self.bytes_per_token = bytes_held(cache) // tokens_BT.numel()
        return torch.cat(states, dim=1)


def positions(mask_BT: torch.Tensor) -> torch.Tensor:
    """Place of every token in its own text, (B, T); 0 for padding, which nothing attends to."""
    return (mask_BT.cumsum(dim=1) - 1).clamp_min(0)


def _attends_everywhere(model: Any) -> bool:
    """Whether every layer attends to tokens, all of them or a window, so that its cache can be cut."""
    layers = DynamicCache(config=model.config).layers
    return all(type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in layers)


def _scales_states(config: Any) -> bool:
    if config.model_type in ("umt5", "switch_transformers"):
        return bool(config.tie_word_embeddings)
    return bool(getattr(config, "scale_decoder_outputs", False))


def _start_ids(model: Any) -> tuple[int, ...]:
    """What the decoder reads before its first own token: its start, and a language where it is told one."""
    generation = model.generation_config
    start = getattr(model.config, "decoder_start_token_id", None)
    start = generation.decoder_start_token_id if start is None else start
    if start is None:
        raise _unsupported(model, "does not say by which token its decoder starts")
    forced = generation.forced_bos_token_id
    return (int(start),) if forced is None else (int(start), int(forced))


def _unsupported(model: Any, problem: str) -> TrialError:
    return TrialError(
        where=str(model.config.model_type),
        problem=f"{problem}.",
        fix="Choose a model of another family under `bases:`, for example llama, qwen2 or t5.",
    )
