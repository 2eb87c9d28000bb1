"""How large a model is, by its configuration and by its weights; the two have to agree.

Sizes that the weights do not have would be filled with random numbers, in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.base.documents import FETCH_AGAIN
from sartor.base.families import NULL_SIZES, Family
from sartor.base.weights import read_shapes, weight_files
from sartor.base.writer_weights import WriterWeights, read_writer_weights
from sartor.core.base_model import ENCODER
from sartor.core.errors import BaseModelError


@dataclass(frozen=True)
class Sizes:
    """Of `BaseModel` the fields of the same names, where they are explained."""

    num_parameters: int
    multiplied_parameters: int
    num_layers: int
    width: int
    vocabulary: int
    context_tokens: int
    decoder_layers: int = 0
    decoder_parameters: int = 0
    tied_output: bool = False
    window_tokens: int | None = None


def read_sizes(folder: Path, config: dict[str, Any], family: Family) -> Sizes:
    """Sizes of a model whose folder has been checked (`trust.check_folder`).

    Raises:
        BaseModelError: Its configuration says other sizes than its weights have, or none.
    """
    if family.architecture == ENCODER:
        return _encoder_sizes(folder, config, family)
    return _writer_sizes(folder, config, family)


def _encoder_sizes(folder: Path, config: dict[str, Any], family: Family) -> Sizes:
    shapes = read_shapes(weight_files(folder))
    width = _size(folder, config, family.width_key)
    num_layers = _size(folder, config, family.layers_key)
    vocabulary = _size(folder, config, "vocab_size")
    embedded_width = config.get("embedding_size", width)
    _check_embeddings(folder, shapes.token_embeddings, (vocabulary, embedded_width))
    if shapes.num_layers is not None and num_layers != shapes.num_layers:
        raise _layers_disagree(folder, family.layers_key, num_layers, shapes.num_layers)
    return Sizes(
        num_parameters=shapes.num_parameters,
        multiplied_parameters=shapes.multiplied(
            shared_layer_uses=num_layers // config.get("num_hidden_groups", 1)
        ),
        num_layers=num_layers,
        width=width,
        vocabulary=vocabulary,
        context_tokens=_context_tokens(folder, config, family),
    )


def _writer_sizes(folder: Path, config: dict[str, Any], family: Family) -> Sizes:
    weights = read_writer_weights(weight_files(folder), family.tensors)
    width = _size(folder, config, family.width_key)
    num_layers = _size(folder, config, family.layers_key)
    vocabulary = _size(folder, config, "vocab_size")
    decoder_layers = _decoder_layers(folder, config, family, num_layers)
    _check_aliases(folder, config, family)
    _check_embeddings(folder, weights.embeddings, (vocabulary, width))
    if num_layers != weights.num_layers:
        raise _layers_disagree(folder, family.layers_key, num_layers, weights.num_layers)
    if decoder_layers != weights.num_decoder_layers:
        key = family.decoder_layers_key or ""
        raise _layers_disagree(folder, key, decoder_layers, weights.num_decoder_layers)
    is_tied = _is_tied(folder, config, family, weights)
    context_tokens = _context_tokens(folder, config, family)
    _check_positions(folder, family, weights, (context_tokens, width))
    return Sizes(
        num_parameters=weights.num_parameters(is_tied=is_tied),
        multiplied_parameters=weights.multiplied,
        num_layers=num_layers,
        width=width,
        vocabulary=vocabulary,
        context_tokens=context_tokens,
        decoder_layers=decoder_layers,
        decoder_parameters=weights.written_only,
        tied_output=is_tied,
        window_tokens=_window_tokens(config, family),
    )


def _size(folder: Path, config: dict[str, Any], key: str) -> int:
    if config.get(key) is None:
        raise BaseModelError(
            where=f"{folder / 'config.json'} > {key}", problem="is missing.", fix=FETCH_AGAIN
        )
    return int(config[key])


def _decoder_layers(folder: Path, config: dict[str, Any], family: Family, num_layers: int) -> int:
    key = family.decoder_layers_key
    if key is None:
        return 0
    is_left_out = key in NULL_SIZES and config.get(key) is None
    return num_layers if is_left_out else _size(folder, config, key)


def _context_tokens(folder: Path, config: dict[str, Any], family: Family) -> int:
    key, default = family.context_key, family.default_context_tokens
    positions = default if default and key not in config else _size(folder, config, key)
    most = family.most_positions or positions
    if not family.reserved_positions < positions <= most:
        leaves = "leaves no position for a token" if positions <= most else f"is more than {most:,}"
        raise BaseModelError(
            where=f"{folder / 'config.json'} > {key}",
            problem=f"`{positions}` {leaves}.",
            fix=FETCH_AGAIN,
        )
    return positions - family.reserved_positions


def _window_tokens(config: dict[str, Any], family: Family) -> int | None:
    window = family.window
    if window is None or (window.switch and not config.get(window.switch, False)):
        return None
    return config.get(window.key, window.default_tokens)


def _is_tied(folder: Path, config: dict[str, Any], family: Family, weights: WriterWeights) -> bool:
    """Whether the output layer is the embeddings, as transformers would have it.

    Told to tie, it ties unless the weights hold two that differ.
    """
    said = config.get("tie_word_embeddings")
    is_asked = family.is_always_tied or (family.is_tied if said is None else bool(said))
    if not is_asked and not (weights.has_output and weights.has_embeddings):
        lacking = family.tensors.embeddings if weights.has_output else family.tensors.output
        raise BaseModelError(
            where=str(folder),
            problem=f"its weights hold no `{lacking[0]}`, and config.json does not tie embeddings "
            "and output layer.",
            fix="Use the folder of the whole model; this one cannot write.",
        )
    return is_asked and not weights.has_own_output


def _check_aliases(folder: Path, config: dict[str, Any], family: Family) -> None:
    """transformers takes either name, and the later one in the file wins."""
    for alias, key in family.aliases:
        if alias in config and config[alias] != config.get(key):
            raise BaseModelError(
                where=f"{folder / 'config.json'} > {alias}",
                problem=f"is {config[alias]!r}, but `{key}`, the same thing, is "
                f"{config.get(key)!r}.",
                fix=f"Delete `{alias}`, or fetch the model again.",
            )


def _check_embeddings(
    folder: Path, found: tuple[int, ...] | None, expected: tuple[int, int]
) -> None:
    if found is None:
        raise BaseModelError(
            where=str(folder), problem="its weights hold no token embeddings.", fix=FETCH_AGAIN
        )
    if found != expected:
        raise _disagreement(folder, "vocab_size", f"{expected} token embeddings", str(found))


def _check_positions(
    folder: Path, family: Family, weights: WriterWeights, expected: tuple[int, int]
) -> None:
    rows, width = expected[0] + family.tensors.positions_before, expected[1]
    for name in family.tensors.positions:
        found = weights.shape(name)
        if found != (rows, width):
            said = f"{(rows, width)} embeddings of positions (`{name}`)"
            raise _disagreement(folder, family.context_key, said, str(found or "none"))


def _layers_disagree(folder: Path, key: str, said: int, found: int) -> BaseModelError:
    return _disagreement(folder, key, f"{said} layers", str(found))


def _disagreement(folder: Path, key: str, said: str, found: str) -> BaseModelError:
    return BaseModelError(
        where=f"{folder / 'config.json'} > {key}",
        problem=f"speaks of {said}, the weights hold {found}.",
        fix=FETCH_AGAIN,
    )
