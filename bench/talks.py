"""Made-up conversations and the models that read them: for benchmarks in which only sizes count.

Words are syllables of no language, drawn as unevenly as words are (Zipf). So a vocabulary of any size is
learned from them in a moment, nearly every word is one token, and rows get the lengths that are asked for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

OPENING = "well"
"""First word of every text; behind a role's token words have no space before them."""
SYLLABLES = tuple("".join(pair) for pair in product("bdfgklmnprstvz", "aeiou"))
PROMPT_CONTROLS, ANSWER_CONTROLS = 4, 1
"""Control tokens of the chat template around a prompt, and behind an answer."""
SPREAD = 0.6
"""Of the logarithm of lengths: most rows are short, some are three times the mean."""
FEWEST_WORDS, MOST_WORDS = 3, 195


@dataclass(frozen=True)
class Size:
    """Shape of a Llama with one table for input and output (Touvron et al. 2023, arXiv 2302.13971)."""

    vocabulary: int
    width: int
    num_layers: int
    num_heads: int
    num_key_value_heads: int
    hidden: int
    """Width inside a layer."""
    num_words: int
    """Different words in the rows: a little fewer than tokens, so that nearly every word is one."""


SIZES = {
    "tiny": Size(600, 32, 2, 4, 4, 64, 200),
    "15m": Size(32_000, 256, 8, 8, 8, 704, 24_000),
    "120m": Size(32_000, 768, 12, 12, 12, 2048, 24_000),
}
"""`tiny` shows that a benchmark works; the others have 14.6 and 109.5 million parameters."""


@dataclass(frozen=True)
class Talk:
    """A message and the answer that is learned."""

    prompt: str
    answer: str


def talks(
    num_rows: int, *, mean_tokens: float, learned_share: float, num_words: int, seed: int = 0
) -> list[Talk]:
    """Rows of lengths that vary as in chats.

    Args:
        num_rows: How many.
        mean_tokens: Of prompt and answer together, control tokens included; about.
        learned_share: Of these tokens those of the answer, 0 to 1; about.
        num_words: Different words in them.
        seed: Of the draw.
    """
    rng = np.random.default_rng(seed)
    asked_words = (1 - learned_share) * mean_tokens - PROMPT_CONTROLS
    answered_words = learned_share * mean_tokens - ANSWER_CONTROLS
    prompts = texts(_lengths(num_rows, asked_words, rng), num_words, rng)
    answers = texts(_lengths(num_rows, answered_words, rng), num_words, rng)
    return [Talk(*pair) for pair in zip(prompts, answers, strict=True)]


def texts(lengths: Sequence[int], num_words: int, rng: np.random.Generator) -> list[str]:
    """Texts of so many words each."""
    known = np.array(words(num_words))
    odds = 1 / (np.arange(num_words) + 2.7)
    return [
        " ".join([OPENING, *rng.choice(known, size=length - 1, p=odds / odds.sum())])
        for length in lengths
    ]


def words(number: int) -> list[str]:
    """The commonest words first: of two syllables, then of three."""
    short, long = (["".join(s) for s in product(SYLLABLES, repeat=n)] for n in (2, 3))
    rng = random.Random(0)
    rng.shuffle(short)
    return [*short, *rng.sample(long, max(0, number - len(short)))][:number]


def _lengths(num_rows: int, mean: float, rng: np.random.Generator) -> list[int]:
    drawn = rng.lognormal(sigma=SPREAD, size=num_rows)
    scaled = np.rint(drawn * mean / drawn.mean())
    return [int(length) for length in scaled.clip(FEWEST_WORDS, MOST_WORDS)]


def write_base(folder: Path, size: Size, *, seed: int = 0) -> Path:
    """A base model as a hub would give it: weights at random, tokenizer and template as a recipe has them."""
    import torch
    from tools.pretrain.models import CONTEXT
    from tools.pretrain.tokenizer import BOS, END_OF_TURN, PAD, save, train_tokenizer
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = train_tokenizer(_vocabulary_texts(size.num_words), vocabulary=size.vocabulary)
    assert tokenizer.get_vocab_size() <= size.vocabulary
    save(tokenizer, folder)
    config = LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        intermediate_size=size.hidden,
        num_hidden_layers=size.num_layers,
        num_attention_heads=size.num_heads,
        num_key_value_heads=size.num_key_value_heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.token_to_id(PAD),
        bos_token_id=tokenizer.token_to_id(BOS),
        eos_token_id=tokenizer.token_to_id(END_OF_TURN),
    )
    torch.manual_seed(seed)
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def _vocabulary_texts(num_words: int) -> Iterator[str]:
    """Every word at least once, the common ones often."""
    known = words(num_words)
    yield from (f"{OPENING} {word}" for word in known)
    yield from texts([100] * 200, num_words, np.random.default_rng(1))


def token_counts(folder: Path, rows: Sequence[Talk]) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of each row, and of its answer with the token that ends it; both (N,)."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def counted(some: list[str]) -> np.ndarray:
        return np.array([len(one.ids) for one in tokenizer.encode_batch_fast(some)])

    answers_N = counted([row.answer for row in rows]) + ANSWER_CONTROLS
    return counted([row.prompt for row in rows]) + PROMPT_CONTROLS + answers_N, answers_N
