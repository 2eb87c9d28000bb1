"""The tensors of a model that writes: layers, embeddings, and whether its output layer is its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sartor.base.families import Tensors
from sartor.base.headers import StoredTensor
from sartor.base.weights import stored_tensors

NOT_LEARNED = re.compile(
    r"(^|\.)(attn|attention)\.(masked_)?bias$|rotary_emb\.|(^|\.)final_logits_bias$"
    r"|EncDecAttention\.relative_attention_bias|^(score|classification_head|qa_outputs|v_head)\."
)
"""Masks, frequencies and the heads of other tasks, which are stored beside the weights and not loaded."""
POSITIONS = re.compile(r"(^|\.)(wpe|embed_positions|relative_attention_bias)\.")


@dataclass(frozen=True)
class WriterWeights:
    """Learned tensors by name, without the prefix of the trunk."""

    tensors: Mapping[str, StoredTensor]
    names: Tensors

    @property
    def embeddings(self) -> tuple[int, ...] | None:
        """Shape of the token embeddings, (vocabulary, width), by whichever name they are stored."""
        stored = self._embeddings()
        return stored.shape if stored else None

    @property
    def num_layers(self) -> int:
        return self._count(self.names.layers)

    @property
    def num_decoder_layers(self) -> int:
        return self._count(self.names.decoder_layers)

    @property
    def has_embeddings(self) -> bool:
        """Whether token embeddings are stored that are not the output layer."""
        return self._embeddings() is not self._output()

    @property
    def has_output(self) -> bool:
        """Whether an output layer is stored."""
        return self._output() is not None

    @property
    def has_own_output(self) -> bool:
        """Whether the stored output layer differs from the stored embeddings."""
        output, embeddings = self._output(), self._embeddings()
        if output is None or embeddings is None or output is embeddings:
            return False
        return not output.holds_the_same_as(embeddings)

    @property
    def multiplied(self) -> int:
        """Parameters multiplied for every token: all but embeddings and output layer."""
        return self._num_multiplied("")

    @property
    def written_only(self) -> int:
        """Of those the ones that only written tokens pass through, in an encoder-decoder."""
        return self._num_multiplied("decoder.") if self.names.decoder_layers else 0

    def num_parameters(self, *, is_tied: bool) -> int:
        """Everything learned; copies of the embeddings and a tied output layer once."""
        embeddings = self._embeddings()
        copies = self.names.output if is_tied else ()
        if embeddings is not None:
            copies += tuple(
                name
                for name in self.names.embeddings
                if name in self.tensors and self.tensors[name].holds_the_same_as(embeddings)
            )
        return sum(
            tensor.num_parameters
            for name, tensor in self.tensors.items()
            if tensor is embeddings or name not in copies
        )

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Shape of one tensor, None where it is not stored."""
        return self.tensors[name].shape if name in self.tensors else None

    def _embeddings(self) -> StoredTensor | None:
        names = (*self.names.embeddings, *self.names.output)
        return next((self.tensors[name] for name in names if name in self.tensors), None)

    def _output(self) -> StoredTensor | None:
        return next((self.tensors[n] for n in self.names.output if n in self.tensors), None)

    def _num_multiplied(self, start: str) -> int:
        apart = {*self.names.embeddings, *self.names.output, "lm_head.bias"}
        return sum(
            tensor.num_parameters
            for name, tensor in self.tensors.items()
            if name.startswith(start) and name not in apart and not POSITIONS.search(name)
        )

    def _count(self, layers: str) -> int:
        """Layers under a name, by the highest number; 0 where there is no name."""
        if not layers:
            return 0
        pattern = re.compile(rf"{re.escape(layers)}\.(\d{{1,6}})\.")
        found = [match for name in self.tensors if (match := pattern.match(name))]
        return max((int(match[1]) + 1 for match in found), default=0)


def read_writer_weights(files: tuple[Path, ...], names: Tensors) -> WriterWeights:
    """The learned tensors, from the headers alone.

    Raises:
        BaseModelError: A file is no safetensors file, or cut short.
    """
    stored = stored_tensors(files)
    return WriterWeights(
        {
            name.removeprefix(names.prefix): tensor
            for name, tensor in stored.items()
            if not NOT_LEARNED.search(name)
        },
        names,
    )
