"""Guided writing: whatever the model wants, the text is whole, keeps the schema and fits the room."""

from __future__ import annotations

import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from writer_folders import TEXTS, random_model, save_tokenizer

from sartor.core.answer_schema import bounded
from sartor.core.errors import TrialError
from sartor.engines.writing.decoding import Decoding
from sartor.engines.writing.guides import Grammar
from sartor.engines.writing.token_bytes import spelling_of, token_bytes
from sartor.engines.writing.writer import Writer

pytestmark = pytest.mark.slow

VOCABULARY, STOP = 300, 1
LIST = {"type": "array", "items": {"type": "string"}}
SCHEMAS = {
    "spans": {"type": "object", "properties": {"name": LIST, "place": LIST}},
    "record": {
        "type": "object",
        "properties": {
            "colour": {"enum": ["blue", "grey", None]},
            "due": {"type": "string", "format": "date"},
            "is_new": {"type": "boolean"},
            "size": {"type": ["integer", "null"]},
            "price": {"type": "number", "minimum": 0},
            "to": {
                "type": "object",
                "properties": {"town": {"type": "string"}},
                "required": ["town"],
            },
        },
        "required": ["colour", "is_new", "size", "to"],
    },
    "nested": {
        "type": "object",
        "properties": {
            "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}, "minItems": 1}
        },
        "required": ["parts"],
        "$defs": {
            "part": {
                "type": "object",
                "properties": {
                    "of": {"type": "array", "items": {"$ref": "#/$defs/part"}},
                    "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
                },
                "required": ["code"],
            }
        },
    },
    "free": {"type": "object"},
}


@pytest.fixture(scope="module")
def byte_level(tmp_path_factory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(folder)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def pieces() -> Tokenizer:
    """As T5's: pieces of sentencepiece, no single bytes, no braces."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        initial_alphabet=list('[]":,«»()0123456789-._abcdefghijklmnopqrstuvwxyz'),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*TEXTS, '["The": "a", 1.5] «(»)'] * 5, trainer)
    return tokenizer


def grammar_of(tokenizer: Tokenizer, name: str, vocabulary: int = VOCABULARY) -> Grammar:
    return Grammar(tokenizer, bounded(SCHEMAS[name]), vocabulary=vocabulary, stop_id=STOP)


def walk(grammar: Grammar, *, limit: int, choose) -> str:
    """A text whose tokens `choose` takes from the allowed ones."""
    guide = grammar.guide()
    for used in range(limit):
        guide.settled(choose(np.flatnonzero(guide.allowed()), guide), room=limit - used - 1)
        if guide.is_complete:
            return guide.text
    raise AssertionError(f"not whole after {limit} tokens: {guide.text}")


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("family", ["gpt2", "t5"])
def test_every_text_of_an_untrained_model_is_whole_and_keeps_the_schema(family, name, byte_level):
    """2,000 texts in all, with room from the least that is possible up to plenty."""
    grammar = grammar_of(byte_level, name)
    writer = Writer(random_model(family), stop_ids={STOP}, tokenizer=byte_level)
    rng = np.random.default_rng(0)
    checker = Draft202012Validator(SCHEMAS[name])
    num_full = 0
    for batch in range(5):
        limit = grammar.least_tokens + (0, 1, 5, 12, 30)[batch]
        prompts = [rng.integers(4, VOCABULARY, size=rng.integers(2, 9)) for _ in range(50)]
        found = writer.generate(
            prompts,
            max_new_tokens=limit,
            decoding=Decoding(temperature=1.5, seed=batch),
            guides=[grammar.guide() for _ in prompts],
        )
        for one in found:
            assert checker.is_valid(json.loads(one.text or ""))
            assert one.num_tokens <= limit
            assert one.stopped_by == "stop"
            assert np.isfinite(one.log_probability)
            num_full += one.num_tokens == limit
    assert num_full >= 50, "some had no room left"


@pytest.mark.parametrize("name", SCHEMAS)
def test_whoever_chooses_badly_still_ends(name, byte_level):
    rng = np.random.default_rng(1)
    grammar = grammar_of(byte_level, name)
    checker = Draft202012Validator(SCHEMAS[name])
    chosen = (
        lambda allowed, guide: int(allowed[-1]),
        lambda allowed, guide: int(allowed[0]),
        lambda allowed, guide: max(map(int, allowed), key=lambda t: len(grammar.bytes_V[t])),
        lambda allowed, guide: int(rng.choice(allowed)),
        lambda allowed, guide: int(rng.integers(VOCABULARY)),
    )
    for choose in chosen:
        for more in (0, 3, 17):
            text = walk(grammar, limit=grammar.least_tokens + more, choose=choose)
            assert checker.is_valid(json.loads(text)), text


@pytest.mark.parametrize("name", ["spans", "record", "free"])
def test_a_vocabulary_without_braces_writes_them_with_other_signs(name, pieces):
    assert set(spelling_of(pieces).swapped) == {"{", "}", "«", "»"}
    size = pieces.get_vocab_size()
    grammar = grammar_of(pieces, name, vocabulary=size + 3)
    rng = np.random.default_rng(2)
    for more in (0, 4, 20):
        text = walk(
            grammar,
            limit=grammar.least_tokens + more,
            choose=lambda allowed, guide: int(rng.choice(allowed)),
        )
        Draft202012Validator(SCHEMAS[name]).validate(json.loads(text))


def test_the_least_room_is_that_of_the_shortest_record(byte_level):
    assert grammar_of(byte_level, "spans").least_tokens == len("{}")
    shortest = '{"colour":"blue","is_new":true,"size":0,"to":{"town":""}}'
    assert grammar_of(byte_level, "record").least_tokens <= len(shortest)


def test_what_is_learned_can_be_written(byte_level, pieces):
    """The tokens of a known answer, as the tokenizer cuts it, are allowed and taken one by one."""
    answer = '{"name":["Friday","The hem"],"place":["Utrecht"]}'
    for tokenizer in (byte_level, pieces):
        grammar = grammar_of(tokenizer, "spans", vocabulary=tokenizer.get_vocab_size())
        ids = tokenizer.encode(grammar.spelling.of(answer), add_special_tokens=False).ids
        guide = grammar.guide()
        for number, token in enumerate(ids):
            assert guide.allowed()[token], grammar.bytes_V[token]
            assert guide.settled(token, room=200) == token
            assert guide.is_complete == (number == len(ids) - 1)
        assert guide.text == answer


def test_tokens_are_the_bytes_that_they_decode_to(byte_level, pieces):
    text = "The hem, sewn in Utrecht - é \U0001f600"
    found, _ = token_bytes(byte_level, VOCABULARY)
    ids = byte_level.encode(text, add_special_tokens=False).ids
    assert b"".join(found[token] for token in ids).decode() == text
    found, control = token_bytes(pieces, pieces.get_vocab_size())
    ids = pieces.encode("The hem of wool", add_special_tokens=False).ids
    assert b"".join(found[token] for token in ids).decode().strip() == "The hem of wool"
    assert control == [0, 1, 2]


def test_half_a_character_is_completed_at_the_limit(byte_level):
    grammar = grammar_of(byte_level, "spans")
    found, _ = token_bytes(byte_level, VOCABULARY)
    guide = grammar.guide()
    for token in byte_level.encode('{"name":["', add_special_tokens=False).ids:
        guide.settled(token, room=30)
    guide.settled(found.index("\U0001f600".encode()[:1]), room=30)
    for room in range(30, -1, -1):
        guide.settled(-1 % VOCABULARY, room=min(room, guide.least_tokens - 1))
        if guide.is_complete:
            break
    [passage] = json.loads(guide.text)["name"]
    assert len(passage) >= 1


def test_too_little_room_is_said_before_anything_is_written(byte_level):
    grammar = grammar_of(byte_level, "record")
    writer = Writer(random_model("gpt2"), stop_ids={STOP}, tokenizer=byte_level)
    with pytest.raises(TrialError, match="shortest answer allowed takes"):
        writer.generate([np.array([5, 6])], max_new_tokens=3, guides=[grammar.guide()])


def test_a_schema_that_no_record_keeps_is_refused(byte_level):
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "minLength": 5, "maxLength": 1}},
        "required": ["a"],
    }
    with pytest.raises(TrialError, match="schema"):
        Grammar(byte_level, bounded(schema), vocabulary=VOCABULARY, stop_id=STOP)


def test_texts_written_beside_each_other_are_those_written_alone(byte_level):
    grammar = grammar_of(byte_level, "record")
    writer = Writer(random_model("llama"), stop_ids={STOP}, tokenizer=byte_level)
    prompts = [np.array([5, 6, 7]), np.array([9, 9]), np.array([40, 41, 42, 43])]
    together = writer.generate(
        prompts, max_new_tokens=100, guides=[grammar.guide() for _ in prompts]
    )
    for prompt, one in zip(prompts, together, strict=True):
        [alone] = writer.generate([prompt], max_new_tokens=100, guides=[grammar.guide()])
        assert alone.text == one.text


def test_control_tokens_are_never_allowed(byte_level):
    assert not grammar_of(byte_level, "spans").guide().allowed()[[0, 1, 2, 3]].any()
