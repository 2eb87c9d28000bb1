"""Taggers: tokens speak for words, windows join, every way of training learns and can be stored."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tiny_models as tiny

sys.path.append(str(Path(__file__).parents[1] / "tune"))
from extract_rows import LABELS, as_rows, extract_facts, surfaces

from sartor.core.candidate import Job
from sartor.core.goal import OutputKind
from sartor.core.tagging import words_of
from sartor.engines.encoder import load_tokenizer
from sartor.engines.tagging import Reading
from sartor.engines.torch_engine import TorchEngine
from sartor.engines.windows import NO_TOKEN, joined, worded
from sartor.tune.full import Full
from sartor.tune.last_layers import LastLayers
from sartor.tune.lora import Lora
from sartor.tune.token_head import TokenHead

METHODS = (TokenHead, LastLayers, Lora, Full)
TEXTS = [
    "where is my order",
    "please refund the torn waistcoat",
    "I love the blue coat",
    "the parcel is late again",
    "thank you for the coat",
    "refund my order please",
]
WORDS = {"order": "name", "waistcoat": "name", "coat": "name", "parcel": "place"}


def rows_of(texts=TEXTS):
    """Things are to be marked."""
    targets = []
    for text in texts:
        found = [(s, e, WORDS.get(text[s:e])) for s, e in words_of(text)]
        targets.append(tuple(span for span in found if span[2]))
    return as_rows(texts, targets)


def job_of(method, base, *, rows=None, seed=0, max_tokens=tiny.MAX_TOKENS, **settings):
    about = extract_facts(num_fit=len(TEXTS), max_tokens=max_tokens)
    chosen = {dial.name: dial.default for dial in method.dials(about, base)} | settings
    return Job(about, chosen, base, rows or rows_of(), seed)


def engine(max_tokens=tiny.MAX_TOKENS):
    return TorchEngine(tiny.Memory(), max_tokens=max_tokens)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_a_tiny_task(base_of, method):
    base = base_of("bert")
    faster = {"learning_rate": 2e-2} if method is TokenHead else {}
    fit = method().begin(job_of(method(), base, batch_size=2, **faster), engine())
    fit.advance(64 if method is TokenHead else 24)
    found = fit.answers([*TEXTS, "", "thank you so much"])
    marked = [surfaces(t, spans) for t, spans in zip(TEXTS, found.written_N[:6], strict=True)]
    asked = [surfaces(t, spans) for t, spans in zip(TEXTS, rows_of().targets, strict=True)]
    if method is TokenHead:  # a random trunk does not tell all words apart
        assert sum(a == b for a, b in zip(marked, asked, strict=True)) >= 4
    else:
        assert marked == asked
    assert found.written_N[6] == ()
    assert found.logits_NC.shape == (8, 1)
    assert np.isnan(found.logits_NC[6])
    assert (found.logits_NC[:6] <= 0).all()
    fitted = fit.fitted()
    assert fitted.kind == "tagger"
    assert fitted.facts["tags"] == ["O", "B-name", "I-name", "B-place", "I-place"]
    assert fitted.arrays["weight_0"].shape == (5, base.width)


@pytest.mark.parametrize("method", [TokenHead, LastLayers])
def test_a_stored_trial_goes_on_to_the_bit(base_of, method):
    base = base_of("bert")
    whole = method().begin(job_of(method(), base), engine())
    whole.advance(1)
    first = method().begin(job_of(method(), base), engine())
    first.advance(0.5)
    second = method().begin(job_of(method(), base), engine())
    second.restore(first.state())
    second.advance(1)
    for name, array in whole.state().arrays.items():
        np.testing.assert_array_equal(array, second.state().arrays[name])


@pytest.mark.parametrize("family", ["bert", "electra", "modernbert", "distilbert"])
def test_cached_activations_say_what_the_whole_model_says(base_of, family, monkeypatch):
    base = base_of(family)
    found = []
    for is_cached in (True, False):
        fit = TokenHead().begin(job_of(TokenHead(), base), engine())
        if not is_cached:
            for name in ("can_cache_output", "can_cache_lower_layers"):
                monkeypatch.setattr(f"sartor.engines.encoder_engine.{name}", lambda trunk: False)
        fit.advance(0.25)
        found.append(fit.answers(TEXTS).logits_NC)
    np.testing.assert_allclose(*found, atol=1e-4)


def test_the_output_layer_starts_from_a_probe(base_of):
    losses = [
        engine()
        .encoders.prepare(job_of(Full(), base_of("bert")), trains="all", is_new=is_new)
        .objective.learn(np.arange(len(TEXTS)), 1)
        for is_new in (True, False)
    ]
    assert losses[0] < 0.6 * losses[1]


def test_a_label_that_no_row_holds_is_never_given(base_of):
    base = base_of("bert")
    only = rows_of(TEXTS[:3])
    fit = Full().begin(job_of(Full(), base, rows=only), engine())
    fit.advance(2)
    labels = {label for spans in fit.answers(TEXTS).written_N for _, _, label in spans}
    assert labels <= {"name"}
    assert set(LABELS) > labels


def test_rows_without_any_span_and_without_any_word(base_of):
    rows = as_rows(["late again", "", " "], [(), (), ()])
    fit = LastLayers().begin(job_of(LastLayers(), base_of("bert"), rows=rows), engine())
    fit.advance(0.5)
    assert list(fit.answers(["the coat is late", ""]).written_N) == [(), ()]


@pytest.mark.parametrize("family", ["bert", "roberta"])
@pytest.mark.parametrize(
    "text",
    [
        "is  it   late",
        "\U0001f600 coat \U0001f469\u200d\U0001f680!",
        "שָׁלוֹם order",
        "cafe\u0301 where",
        "日本 order",
        "\u200b coat",
    ],
)
def test_each_word_is_read_at_a_token_of_its_own_characters(base_of, family, text):
    tokenizer = load_tokenizer(base_of(family), tiny.MAX_TOKENS)
    read = worded(tokenizer, text)
    encoding = tokenizer.encode(text)
    [window] = read.windows
    for (start, end), token in zip(read.words, window.token_of_W, strict=True):
        covering = [
            number
            for number, (first, last) in enumerate(encoding.offsets)
            if first < end and last > start and not encoding.special_tokens_mask[number]
        ]
        assert token == (covering[0] if covering else NO_TOKEN)
    known = {text[s:e] for (s, e), t in zip(read.words, window.token_of_W, strict=True) if t >= 0}
    assert known >= {"late", "coat", "order", "where"} & set(text.split())


def long_text(num):
    return " ".join(["the parcel is late", "I love the blue coat"] * num)


def test_windows_hold_every_word_and_overlap(base_of):
    tokenizer = load_tokenizer(base_of("bert"), 24)
    text = long_text(20)
    read = worded(tokenizer, text)
    assert len(read.windows) > 5
    at = [(w.first_word, w.first_word + len(w.token_of_W)) for w in read.windows]
    assert at[0][0] == 0
    assert at[-1][1] == len(read.words)
    for (begin, end), (next_begin, next_end) in pairwise(at):
        assert begin < next_begin < end < next_end, "forwards, with words in common"
    assert all((w.token_of_W != NO_TOKEN).all() for w in read.windows)
    for window in read.windows:
        assert len(tokenizer.encode(window.text).ids) <= 24
        first = read.words[window.first_word]
        assert window.text.startswith(text[first[0] : first[1]])


def test_a_word_is_judged_where_it_has_most_context(base_of):
    read = worded(load_tokenizer(base_of("bert"), 24), long_text(20))
    scores = []
    for number, window in enumerate(read.windows):
        scores_TC = np.full((24, 2), -1.0)
        scores_TC[window.token_of_W, 0] = number
        scores_TC[window.token_of_W, 1] = np.arange(len(window.token_of_W))
        scores.append(scores_TC)
    found_WC = joined(read, scores)
    ends = [w.first_word + len(w.token_of_W) for w in read.windows]
    for word, (number, place) in enumerate(found_WC.astype(int)):
        assert place == word - read.windows[number].first_word
        context = min(place, ends[number] - 1 - word)
        for window, end in zip(read.windows, ends, strict=True):
            if window.first_word <= word < end:
                assert min(word - window.first_word, end - 1 - word) <= context


def test_a_text_of_one_endless_word_is_cut_and_answered(base_of):
    tokenizer = load_tokenizer(base_of("bert"), 24)
    assert len(worded(tokenizer, "x" * 500).windows) == 1
    assert len(worded(tokenizer, f"a {'x' * 500} b").words) == 3


def test_long_texts_are_learned_and_answered_to_their_end(base_of):
    base = base_of("bert")
    text = long_text(12)
    fit = Full().begin(job_of(Full(), base, rows=rows_of([*TEXTS, text])), engine(max_tokens=24))
    fit.advance(16)
    [spans] = fit.answers([text]).written_N
    assert {t for t, _ in surfaces(text, spans)} <= {"coat", "parcel"}
    assert spans[-1][0] == text.rindex("coat")
    assert len(spans) == 24


def test_a_list_of_texts_is_read_once(base_of):
    reading = Reading(load_tokenizer(base_of("bert"), 24))
    assert reading.of(TEXTS) is reading.of(TEXTS)
    assert reading.of(list(TEXTS)) is not reading.of(TEXTS)


def test_spans_alone_are_asked_of_taggers():
    assert TokenHead.does == {"encoder": frozenset({OutputKind.SPANS})}
