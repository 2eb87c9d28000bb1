"""Models that write, loaded whole: every weight from the folder, none drawn at random."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
)
from transformers.utils import logging

from sartor.core.base_model import DECODER, ENCODER_DECODER, LOAD_AGAIN, BaseModel
from sartor.core.errors import BaseModelError
from sartor.engines.pretrained import (
    load_errors,
    load_pretrained,
    load_whole,
    refuse_drawn,
)

# Remarks on what is loaded; `load_whole` checks what they would say.
logging.set_verbosity_error()
logging.disable_progress_bar()
FACTORIES = {DECODER: AutoModelForCausalLM, ENCODER_DECODER: AutoModelForSeq2SeqLM}
"""Architecture to the class of transformers that writes."""
LARGEST_EXCESS = 2
"""Times as many parameters as the folder holds that a configuration may ask for before it is refused."""


def load_writer(base: BaseModel) -> Any:
    """The base with its output layer, in fp32 on the CPU and evaluation mode.

    Returns:
        What `AutoModelForCausalLM` gives for a decoder, `AutoModelForSeq2SeqLM` for an encoder-decoder.

    Raises:
        BaseModelError: It does not load, or a weight is missing, has another shape, or has no place.
    """
    return _load(FACTORIES[base.architecture], base)


def load_writer_trunk(base: BaseModel) -> Any:
    """A decoder without its output layer, for features of texts; else as `load_writer`."""
    assert base.architecture == DECODER, base.architecture
    return _load(AutoModel, base)


def load_writer_classifier(base: BaseModel, config: Any) -> Any:
    """A decoder with transformers' class head in place of its output layer, the one new weight.

    Args:
        base: A decoder, of a family with a class head.
        config: Of `transformers`, for this base and the labels.

    Raises:
        BaseModelError: As for `load_writer`.
    """
    attention = _attention(AutoModelForSequenceClassification, base, config)
    with load_errors(base):
        model, drawn = load_pretrained(
            AutoModelForSequenceClassification, base, config, attention=attention
        )
    refuse_drawn(base, drawn - {"score.weight"})
    return model


def _load(factory: Any, base: BaseModel) -> Any:
    with load_errors(base):
        config = AutoConfig.from_pretrained(
            base.folder, trust_remote_code=False, local_files_only=True
        )
    return load_whole(factory, base, config, attention=_attention(factory, base, config))


def _attention(factory: Any, base: BaseModel, config: Any) -> str:
    """The fastest attention that the family knows, once the sizes asked for were found sound."""
    with load_errors(base), torch.device("meta"):
        outline = factory.from_config(config)
    _refuse_excess(base, outline.num_parameters())
    return "sdpa" if outline._supports_sdpa else "eager"


def _refuse_excess(base: BaseModel, num_parameters: int) -> None:
    """What the files lack would be allotted before anybody says so; a hostile size takes the machine."""
    if num_parameters > LARGEST_EXCESS * base.num_parameters:
        raise BaseModelError(
            where=str(base.folder / "config.json"),
            problem=f"asks for {num_parameters:,} parameters, the weights hold "
            f"{base.num_parameters:,}.",
            fix=LOAD_AGAIN,
        )
