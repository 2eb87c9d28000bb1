"""Folders of models that write: weights merged, chat template, and the decoding they were measured with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sartor.core.candidate import Fitted
from sartor.core.conversation import Turn
from sartor.core.decoding import generation_keys
from sartor.core.prompt import Prompt
from sartor.engines.chat_template import TODAY
from sartor.engines.load_writer import load_writer
from sartor.engines.packages.card import max_tokens_of, write_json
from sartor.engines.packages.pretrained_files import (
    overlay,
    quiet_transformers,
    save_model,
    save_tokenizer,
)
from sartor.engines.packages.prompt_folder import LABEL_TOKENS
from sartor.engines.packages.transformer_folder import write_adapter
from sartor.engines.plain_turns import plain_template
from sartor.engines.rendering import Renderer
from sartor.engines.tokenizer_files import template_source

PROBE = Prompt((Turn("user", "Where is it?"),))
"""Shows what a tokenizer puts before a text."""
CLOCK = re.compile(r"strftime_now\(\s*([\"'])([^\"']*)\1\s*\)")
"""A template that asks for the day."""
DECODER_IDS = ("decoder_start_token_id", "forced_bos_token_id")
"""What the decoder of an encoder-decoder reads first."""


def write_writer_folder(fitted: Fitted, folder: Path) -> int:
    """A model whose learned tensors lie over the base's (`writer`)."""
    assert fitted.base is not None
    model = load_writer(fitted.base)
    overlay(model, fitted.arrays, missing=set())
    return _save(model, fitted, folder)


def write_writer_adapter_folder(fitted: Fitted, folder: Path) -> int:
    """`adapter/` as PEFT reads it, and the merged model at the top (`writer_adapter`)."""
    assert fitted.base is not None
    model = load_writer(fitted.base)
    task_type = "SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM"
    merged = write_adapter(model, fitted, fitted.arrays, folder / "adapter", task_type=task_type)
    return _save(merged, fitted, folder)


def renderer_of(fitted: Fitted) -> Renderer:
    """From conversations to tokens, as in training."""
    assert fitted.base is not None
    return Renderer(fitted.base, max_tokens=max_tokens_of(fitted))


def template_for_others(renderer: Renderer) -> str:
    """The chat template with which other programs give a model the tokens that it has learned from.

    A template that asks for the day keeps the one that the training told it.
    """
    found = template_source(renderer.base.folder)
    if renderer.template is None or found is None:
        return plain_template(
            end=renderer.tokenizer.id_to_token(renderer.stop_id) or "",
            opening=_opening(renderer),
            is_encoder_decoder=renderer.is_encoder_decoder,
        )
    return CLOCK.sub(lambda call: json.dumps(TODAY.strftime(call[2])), found[0])


def _opening(renderer: Renderer) -> str:
    """What stands before the text where a tokenizer adds special tokens, which it does not after a template.

    Some tokenizers begin a text with a space that they leave out after a special token.
    """
    if renderer.is_encoder_decoder:
        return ""  # its tokenizer ends every text with a token, so special tokens stay on
    wanted = renderer.prompt(PROBE, answer_tokens=0).tokens_T.tolist()
    text = renderer.text(PROBE)
    bare = renderer.tokenizer.encode(text, add_special_tokens=False).ids
    num_before = max(0, len(wanted) - len(bare))
    special = "".join(renderer.tokenizer.id_to_token(token) or "" for token in wanted[:num_before])
    for opening in (special, f"{special} "):
        ids = renderer.tokenizer.encode(opening + text, add_special_tokens=False).ids
        if ids == wanted:
            return opening
    return special


def _save(model: Any, fitted: Fitted, folder: Path) -> int:
    from transformers import GenerationConfig

    assert fitted.base is not None
    renderer = renderer_of(fitted)
    generation = _generation(model, fitted, renderer)
    with quiet_transformers():
        model.generation_config = GenerationConfig(**generation)
    save_model(model, fitted, folder, with_labels=False)
    write_json(generation, folder / "generation_config.json")
    save_tokenizer(fitted, folder)
    save_template(renderer, folder)
    return int(generation["pad_token_id"])


def save_template(renderer: Renderer, folder: Path) -> None:
    """Write `chat_template.jinja`, the one place in which it stands."""
    template = template_for_others(renderer)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text("utf-8"))
    if config.pop("chat_template", None) is not None:
        path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _generation(model: Any, fitted: Fitted, renderer: Renderer) -> dict[str, Any]:
    """Up to the stop token, by the decoding that was measured, whatever the base's makers prefer."""
    pad_id = _first_id(model.config.get_text_config().pad_token_id)
    found: dict[str, Any] = {
        **generation_keys(fitted.facts.get("decoding", {})),
        "eos_token_id": renderer.stop_id,
        "max_new_tokens": int(fitted.facts["max_answer_tokens"]) or LABEL_TOKENS,
        "pad_token_id": renderer.stop_id if pad_id is None else pad_id,
    }
    if renderer.is_encoder_decoder:
        found |= _decoder_ids(model)
    return found


def _decoder_ids(model: Any) -> dict[str, int]:
    """From where `LanguageModel` reads them: the configuration, then that of generation."""
    own, generation = model.config, model.generation_config
    start = getattr(own, DECODER_IDS[0], None)
    start = generation.decoder_start_token_id if start is None else start
    ids = {DECODER_IDS[0]: start, DECODER_IDS[1]: generation.forced_bos_token_id}
    return {name: int(token) for name, token in ids.items() if token is not None}


def _first_id(ids: Any) -> int | None:
    return int(ids[0]) if isinstance(ids, list) else None if ids is None else int(ids)
