"""Streamed text: nothing is taken back, no character is torn, joined it is the whole text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import regex
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from sartor.engines.writing.pieces import TextPieces
from sartor.engines.writing.writer import Writer

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
TEXTS = [
    "The tailor measured twice and cut once.",
    f"Wonderful! 😀🎉 Our {FAMILY} loves it 👍🏽, and so does the cat 🐈\u200d⬛.",
    "החייט מדד פעמיים וגזר פעם אחת. שָׁלוֹם",
    "Cafe\u0301, nai\u0308ve, e\u0323\u0301, Zoë, straße, ﬁt",
    "flags 🇳🇱🇧🇪 and 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f, keycap 1️⃣",
    "中文測試，日本語のテスト、한국어 시험 \u1112\u1161\u11ab",
    "หนังสือ น้ำ और हिन्दी में क्षेत्र",
    "line one\r\nline two\n\n  three\ttabs   ",
    " leading space",
    "",
]
STORIES = Path(__file__).resolve().parents[2].parent / "shared" / "models" / "stories260K"


@pytest.fixture(scope="module")
def of_bytes():
    """Byte-level pairs, so few that most characters outside ASCII are torn."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


@pytest.fixture(scope="module")
def of_words():
    """Sentencepiece's way: words with their space, bytes for what no word holds."""
    words = ["<s>", "</s>", "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    words += ["▁", *"abcdefghijklmnopqrstuvwxyz", "▁the", "▁tailor", "er", "in"]
    merges = [("i", "n"), ("e", "r")]
    tokenizer = Tokenizer(
        models.BPE(
            {word: number for number, word in enumerate(words)},
            merges,
            unk_token="<unk>",
            byte_fallback=True,
            fuse_unk=True,
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(["<s>", "</s>"])
    return tokenizer


@pytest.fixture(params=["bytes", "words"])
def tokenizer(request, of_bytes, of_words):
    return of_bytes if request.param == "bytes" else of_words


def streamed(tokenizer, ids, stop_strings=()):
    pieces = TextPieces(tokenizer, stop_strings)
    found = [pieces.push(int(token)) for token in ids]
    return [*found, pieces.finish()]


def assert_whole_characters(found, text):
    """Every place where a piece ends is the end of a character, as Unicode's rules say."""
    ends = set(np.cumsum([len(c) for c in regex.findall(r"\X", text)], dtype=int)) | {0}
    assert set(np.cumsum([len(piece) for piece in found], dtype=int)) <= ends


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_join_to_the_text_and_tear_nothing(tokenizer, text):
    ids = tokenizer.encode(text).ids
    found = streamed(tokenizer, ids)
    whole = tokenizer.decode(ids)
    assert "".join(found) == whole
    assert_whole_characters(found, whole)
    if text == TEXTS[0]:
        assert sum(map(bool, found)) > 15  # it streams


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_taken_back_whatever_comes(tokenizer, seed):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, tokenizer.get_vocab_size(), 60)
    found = streamed(tokenizer, ids)
    assert "".join(found) == tokenizer.decode(ids)
    so_far = ""
    for number, piece in enumerate(found[:-1]):
        so_far += piece
        for more in (number + 1, number + 2, len(ids)):
            assert tokenizer.decode(ids[:more]).startswith(so_far)


def test_a_bad_byte_spoils_the_run_before_it(of_words):
    """Sentencepiece's decoder reads a run of bytes as a whole, so é may not be given out before its end."""
    ids = [of_words.token_to_id(f"<0x{byte:02X}>") for byte in (0xC3, 0xA9, 0xFF)]
    assert of_words.decode(ids[:2]) == "é"
    assert of_words.decode(ids) == "\ufffd" * 3
    assert "".join(streamed(of_words, ids)) == "\ufffd" * 3


@pytest.mark.parametrize(
    ("stops", "rest"),
    [
        (["cut"], "The tailor measured twice and "),
        (["once", "twice"], "The tailor measured "),
        (["."], "The tailor measured twice and cut once"),
        (["T"], ""),
        (["no such", ""], "The tailor measured twice and cut once."),
        (["tailors"], "The tailor measured twice and cut once."),
        ([" cut once.\n", "measured twice and"], "The tailor "),
    ],
)
def test_a_stop_string_ends_the_text_before_it(of_bytes, stops, rest):
    ids = of_bytes.encode(TEXTS[0]).ids
    found = streamed(of_bytes, ids, stops)
    assert "".join(found) == rest
    pieces = TextPieces(of_bytes, stops)
    so_far = ""
    for token in ids:
        so_far += pieces.push(token)
        assert rest.startswith(so_far)
    assert pieces.is_stopped == (rest != TEXTS[0])


@pytest.fixture(scope="module")
def babbler(of_bytes):
    """A random model over the bytes: its texts are torn characters without end."""
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        vocab_size=of_bytes.get_vocab_size(),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
        initializer_range=0.3,
    )
    return transformers.LlamaForCausalLM(config).eval()


@pytest.mark.parametrize("text", TEXTS[:5])
def test_a_stream_joins_to_the_batchs_text(of_bytes, babbler, text):
    writer = Writer(babbler, stop_ids=[2], tokenizer=of_bytes)
    prompts = [np.array(of_bytes.encode(text).ids) for text in (text, "The cat", "שלום")]
    found = writer.generate(prompts, max_new_tokens=60)[0]
    pieces = list(writer.stream(prompts[0], max_new_tokens=60))
    assert "".join(pieces) == found.text == of_bytes.decode(found.ids)
    assert len(set(found.ids.tolist())) > 10
    assert_whole_characters(pieces, found.text)


def test_a_stop_string_ends_batch_and_stream_alike(of_bytes, babbler):
    writer = Writer(babbler, stop_ids=[2], tokenizer=of_bytes)
    prompts = [np.array(of_bytes.encode(text).ids) for text in TEXTS[:4]]
    plain = writer.generate(prompts, max_new_tokens=60)
    stop = plain[0].text[10:13]
    found = writer.generate(prompts, max_new_tokens=60, stop_strings=[stop])
    assert found[0].stopped_by == "stop"
    assert found[0].num_tokens < plain[0].num_tokens
    for cut, whole, prompt in zip(found, plain, prompts, strict=True):
        assert cut.text == whole.text.split(stop)[0]
        assert whole.ids[: len(cut.ids)].tolist() == cut.ids.tolist()
        pieces = writer.stream(prompt, max_new_tokens=60, stop_strings=[stop])
        assert "".join(pieces) == cut.text


def test_a_stream_begins_before_the_text_is_done(of_bytes, babbler):
    writer = Writer(babbler, stop_ids=[2], tokenizer=of_bytes)
    stream = writer.stream(np.array(of_bytes.encode(TEXTS[0]).ids), max_new_tokens=60)
    assert next(stream)
    assert not torch.is_inference_mode_enabled()  # between pieces the caller's own mode holds
    assert len(list(stream)) > 5


@pytest.mark.needs_shared
@pytest.mark.skipif(not STORIES.is_dir(), reason="../shared/models is absent")
@pytest.mark.parametrize("text", TEXTS)
def test_a_trained_tokenizers_bytes_are_joined(text):
    tokenizer = Tokenizer.from_file(str(STORIES / "tokenizer.json"))
    ids = tokenizer.encode(text).ids
    found = streamed(tokenizer, ids)
    assert "".join(found) == tokenizer.decode(ids)
    assert_whole_characters(found, tokenizer.decode(ids))
