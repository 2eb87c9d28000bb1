"""Choices scored over their tree are those scored one by one with a whole pass for each."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_writers import FAMILIES, WITH_ENCODER, random_prompts, tiny_writer
from tokenizers import Tokenizer

from sartor.core.errors import TrialError
from sartor.engines.writing import choices
from sartor.engines.writing.choices import score_choices
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.trie import branches_of

CHOICES = [
    np.array(ids)
    for ids in (
        [5, 6, 7],
        [5, 6, 8, 9],
        [5, 6],  # the beginning of two others
        [10],
        [11, 12, 13, 14, 15, 16],
        [5, 20, 21],
        [30, 31],
        [30, 31],  # twice
        [40, 41, 42],
        [40, 44, 45],
        [40, 44, 46, 47, 48],
        [6],
    )
]
LENGTHS = (5, 23, 9, 30, 14)
STORIES = Path(__file__).resolve().parents[2].parent / "shared" / "models" / "stories260K"


def one_by_one(model, prompts, choices):
    """A whole pass of the model for every prompt and choice."""
    scores_NC = np.zeros((len(prompts), len(choices)))
    for row, prompt in enumerate(prompts):
        for column, choice in enumerate(choices):
            scores_NC[row, column] = _alone(model, torch.tensor(prompt), torch.tensor(choice))
    return scores_NC


@torch.no_grad()
def _alone(model, prompt, choice):
    if model.config.is_encoder_decoder:
        start = torch.tensor([model.config.decoder_start_token_id])
        read_1T = torch.cat([start, choice[:-1]])[None]
        logits_TV = model(input_ids=prompt[None], decoder_input_ids=read_1T).logits[0]
    else:
        logits_TV = model(torch.cat([prompt, choice])[None]).logits[0, len(prompt) - 1 : -1]
    return float(logits_TV.double().log_softmax(-1).gather(1, choice[:, None]).sum())


@pytest.fixture(params=["in one pass", "branch by branch"])
def way(request, monkeypatch):
    """Both ways over the tree, where a family can go both."""
    if request.param == "branch by branch":
        monkeypatch.setattr(choices, "MOST_NODES", -1)
    return request.param


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("num_shared", [0, 20])
@pytest.mark.usefixtures("way")
def test_scores_are_those_of_a_pass_for_each(family, num_shared):
    model = tiny_writer(family)
    beginning = random_prompts((num_shared,), seed=9)[0]
    prompts = [np.concatenate([beginning, rest]) for rest in random_prompts(LENGTHS)]
    truth_NC = one_by_one(model, prompts, CHOICES)
    parts = LanguageModel(model)
    for budget_tokens in (None, 1, 300):
        found_NC, num_tokens_C = score_choices(parts, prompts, CHOICES, budget_tokens=budget_tokens)
        np.testing.assert_allclose(found_NC, truth_NC, atol=1e-4, rtol=5e-6)
    assert num_tokens_C.tolist() == [len(choice) for choice in CHOICES]
    assert truth_NC.std(axis=1).min() > 1  # the choices differ


@settings(max_examples=25, deadline=None)
@given(
    family=st.sampled_from(["llama", "mistral"]),
    found=st.lists(st.lists(st.integers(4, 7), min_size=1, max_size=5), min_size=1, max_size=9),
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=4),
    budget_tokens=st.sampled_from([1, 60, 8192]),
)
def test_any_choices_after_any_prompts(family, found, lengths, budget_tokens):
    model = tiny_writer(family)
    prompts = random_prompts(tuple(lengths))
    arrays = [np.array(choice) for choice in found]
    found_NC, _ = score_choices(model, prompts, arrays, budget_tokens=budget_tokens)
    np.testing.assert_allclose(found_NC, one_by_one(model, prompts, arrays), atol=1e-4, rtol=5e-6)


def test_families_with_windows_or_a_source_go_branch_by_branch():
    able = {name for name in FAMILIES if LanguageModel(tiny_writer(name)).can_read_trees}
    assert {"llama", "gpt2", "qwen2"} <= able
    assert not able & {"mistral", "gemma2", "gemma3_text", "gpt_neo", "t5", "bart"}


def test_every_token_of_the_tree_is_read_once_and_last_ones_never(way):
    parts = LanguageModel(tiny_writer("llama"))
    tokens_read = []

    def note(_, positional, named):
        tokens_read.append(named["input_ids"].numel())

    hook = parts.trunk.register_forward_pre_hook(note, with_kwargs=True)
    try:
        score_choices(parts, random_prompts((7, 7)), CHOICES)
    finally:
        hook.remove()
    inner = {tuple(choice[:n]) for choice in CHOICES for n in range(1, len(choice))}
    assert sum(tokens_read[1:]) >= 2 * len(inner)
    padded = sum(tokens_read[1:]) - 2 * len(inner)
    # Branch by branch, ends of unequal length stand in one batch.
    assert padded <= (0 if way == "in one pass" else 2 * 8)
    assert tokens_read[0] == 2 * 7


@pytest.mark.usefixtures("way")
def test_memory_is_bounded_by_the_budget():
    parts = LanguageModel(tiny_writer("llama"))
    sizes = []

    def note(_, positional, named):
        held = named["past_key_values"].get_seq_length() + named["input_ids"].shape[1]
        sizes.append(len(named["input_ids"]) * held)

    hook = parts.trunk.register_forward_pre_hook(note, with_kwargs=True)
    try:
        score_choices(parts, random_prompts(LENGTHS), CHOICES, budget_tokens=80)
    finally:
        hook.remove()
    assert max(sizes) <= 80


def test_a_tree_holds_every_choice_once():
    def walk(branches, before=()):
        for first, second in pairwise(branches):
            assert first.tokens[0] != second.tokens[0]
        for branch in branches:
            path = before + branch.tokens
            yield from ((number, path) for number in branch.ends)
            assert branch.ends or len(branch.branches) > 1  # nothing is split without a reason
            yield from walk(branch.branches, path)

    found = dict(walk(branches_of(CHOICES)))
    assert found == {number: tuple(choice) for number, choice in enumerate(CHOICES)}


@pytest.mark.parametrize("family", ["llama", "bart"])
def test_a_prompt_or_choice_that_cannot_be_read_is_refused_in_words(family):
    model = tiny_writer(family)
    too_long = random_prompts((129 if family in WITH_ENCODER else 123,))
    with pytest.raises(TrialError, match=r"prompt 0: has 12[39] tokens"):
        score_choices(model, too_long, CHOICES)
    with pytest.raises(TrialError, match="choice 1: has no token"):
        score_choices(model, random_prompts((5,)), [np.array([5]), np.array([], int)])
    with pytest.raises(TrialError, match="choices: hold nothing to choose from"):
        score_choices(model, random_prompts((5,)), [])


def test_no_prompts_give_no_scores():
    scores_NC, num_tokens_C = score_choices(tiny_writer("llama"), [], CHOICES)
    assert scores_NC.shape == (0, len(CHOICES))
    assert len(num_tokens_C) == len(CHOICES)


@pytest.mark.needs_shared
@pytest.mark.skipif(not STORIES.is_dir(), reason="../shared/models is absent")
def test_a_trained_model_knows_what_follows():
    model = transformers.AutoModelForCausalLM.from_pretrained(STORIES).eval()
    tokenizer = Tokenizer.from_file(str(STORIES / "tokenizer.json"))
    prompts = [np.array(tokenizer.encode(text).ids) for text in ("Once upon a", "Once upon")]
    endings = ("time", "tire", "a time", "a tire", "dog")
    choices = [np.array(tokenizer.encode(text, add_special_tokens=False).ids) for text in endings]
    found_NC, _ = score_choices(model, prompts, choices)
    np.testing.assert_allclose(found_NC, one_by_one(model, prompts, choices), atol=1e-4)
    assert [endings[column] for column in found_NC.argmax(axis=1)] == ["time", "a time"]
