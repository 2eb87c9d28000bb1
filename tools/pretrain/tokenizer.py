"""A byte-level BPE of 8,192 tokens, trained on the mix that the models read.

Byte-level: every text can be spelled, none is unknown (Radford et al. 2019). Digits stand alone, so that
numbers are read and written digit by digit. Control tokens: padding, the begin of a text, and for chats the
roles and the end of a turn, which the chat template writes and training teaches to stop at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from tools.pretrain.models import CONTEXT
from tools.pretrain.sources import KINDS

VOCABULARY = 8192
PAD, BOS = "<|pad|>", "<|begin|>"
SYSTEM, USER, ASSISTANT, END_OF_TURN = "<|system|>", "<|user|>", "<|assistant|>", "<|end_of_turn|>"
CONTROL_TOKENS = (PAD, BOS, SYSTEM, USER, ASSISTANT, END_OF_TURN)
TOKENIZER_FILE = Path("tokenizer") / "tokenizer.json"
NUM_RESERVED = 10
"""Tokens left free for what a later stage may need."""
MOST_CHARACTERS = {"novels": 12_000_000}
"""Characters of a kind that the vocabulary is learned from: novels must not crowd out the rest."""
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] not in ('system', 'user', 'assistant') %}"
    "{{ raise_exception('roles are system, user and assistant') }}"
    "{% endif %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] | trim + '<|end_of_turn|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def train_tokenizer(texts: Iterator[str], *, vocabulary: int = VOCABULARY) -> Tokenizer:
    """A BPE whose merges are learned from some texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    reserved = [f"<|reserved_{number}|>" for number in range(NUM_RESERVED)]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[*CONTROL_TOKENS, *reserved],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """As a folder that `AutoTokenizer` reads, of this and of earlier versions of transformers."""
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=END_OF_TURN,
        pad_token=PAD,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    config = json.loads(file.read_text("utf-8")) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    file.write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    merges = folder / "tokenizer.json"
    merges.write_text(
        json.dumps(json.loads(merges.read_text("utf-8")), ensure_ascii=False), "utf-8"
    )


def vocabulary_texts(corpus: Path) -> Iterator[str]:
    """Training texts of every kind, cut to their share."""
    for kind in KINDS:
        left = MOST_CHARACTERS.get(kind, 1 << 40)
        with (corpus / f"{kind}.train.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)["text"]
                yield text[:left]
                left -= len(text)
                if left <= 0:
                    break
