"""Writing agrees with `transformers`, whatever is batched, shared or cut; the oracle is its `generate`."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tiny_writers import FAMILIES, WITH_ENCODER, random_prompts, tiny_writer
from tokenizers import Tokenizer

from sartor.core.errors import TrialError
from sartor.engines.writing.decoding import Decoding
from sartor.engines.writing.writer import Writer

STOPS = (3, 17, 40)
LENGTHS = (5, 23, 9, 30, 14)
STORIES = Path(__file__).resolve().parents[2].parent / "shared" / "models" / "stories260K"
DRAWN = Decoding(temperature=1.0, top_k=40, top_p=0.95, seed=3)


def theirs(model, prompt, *, max_new_tokens, stops=STOPS, **more):
    """Token ids and log-probability by `generate`, for one prompt."""
    ids = torch.from_numpy(prompt)[None]
    given = transformers.GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=list(stops),
        pad_token_id=0,
        decoder_start_token_id=model.generation_config.decoder_start_token_id,
        return_dict_in_generate=True,
        output_logits=True,
        **more,
    )
    answer = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=given)
    new_T = answer.sequences[0, -len(answer.logits) :]
    log_probs_TV = torch.cat(answer.logits).log_softmax(-1)
    return new_T.tolist(), float(log_probs_TV.gather(1, new_T[:, None]).sum())


@contextmanager
def shapes_read(writer):
    """Shapes of all token ids that the trunk reads, (rows, tokens)."""
    shapes = []

    def note(_, positional, named):
        shapes.append(tuple(named["input_ids"].shape))

    hook = writer.model.trunk.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield shapes
    finally:
        hook.remove()


def assert_same(found, model, prompts, **given):
    for written, prompt in zip(found, prompts, strict=True):
        ids, log_probability = theirs(model, prompt, **given)
        stopped = ids[-1] in given.get("stops", STOPS)
        assert written.ids.tolist() == (ids[:-1] if stopped else ids)
        assert written.stopped_by == ("stop" if stopped else "length")
        assert written.num_tokens == len(ids)
        allowed = 1e-4 + 1e-5 * len(ids)
        assert written.log_probability == pytest.approx(log_probability, abs=allowed)


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_texts_are_those_of_transformers_token_for_token(family):
    model, prompts = tiny_writer(family), random_prompts(LENGTHS)
    found = Writer(model, stop_ids=STOPS).generate(prompts, max_new_tokens=30)
    assert_same(found, model, prompts, max_new_tokens=30)
    assert sum(len(set(written.ids.tolist())) >= 4 for written in found) >= 3  # the texts vary
    assert len({tuple(written.ids) for written in found}) == len(found)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_text_does_not_depend_on_its_batch(family):
    model, prompts = tiny_writer(family), random_prompts(LENGTHS)
    together = Writer(model, stop_ids=STOPS).generate(prompts, max_new_tokens=20)
    alone = Writer(model, stop_ids=STOPS, budget_tokens=1).generate(prompts, max_new_tokens=20)
    for one, other in zip(together, alone, strict=True):
        assert one.ids.tolist() == other.ids.tolist()
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("num_shared", [16, 40])
def test_a_shared_beginning_changes_nothing(family, num_shared):
    model = tiny_writer(family)
    beginning = random_prompts((num_shared,), seed=9)[0]
    prompts = [np.concatenate([beginning, rest]) for rest in random_prompts((1, 30, 9, 3))]
    shared = Writer(model, stop_ids=STOPS).generate(prompts, max_new_tokens=20)
    assert_same(shared, model, prompts, max_new_tokens=20)


def test_a_shared_beginning_is_read_once():
    writer = Writer(tiny_writer("gemma2"), stop_ids=[])
    beginning = random_prompts((60,), seed=9)[0]
    prompts = [np.concatenate([beginning, rest]) for rest in random_prompts((5, 5, 5, 5))]
    with shapes_read(writer) as shapes:
        writer.generate(prompts, max_new_tokens=1)
    assert shapes == [(1, 60), (4, 5)]


@pytest.mark.parametrize("family", ["llama", "gemma2", "gpt_neo"])
def test_a_remembered_beginning_is_not_read_again(family):
    model = tiny_writer(family)
    system, examples = random_prompts((40, 30), seed=9)
    prompts = [np.concatenate([system, examples, rest]) for rest in random_prompts((4, 9))]
    writer = Writer(model, stop_ids=STOPS)
    writer.remember(np.concatenate([system, random_prompts((7,), seed=1)[0]]))
    with shapes_read(writer) as shapes:
        found = writer.generate(prompts, max_new_tokens=12)
        alone = writer.generate(prompts[1:], max_new_tokens=12)
        other = writer.generate(random_prompts((20,)), max_new_tokens=12)
    assert_same([*found, *alone], model, [*prompts, prompts[1]], max_new_tokens=12)
    assert_same(other, model, random_prompts((20,)), max_new_tokens=12)
    assert [shape for shape in shapes if shape[1] > 1] == [(1, 30), (2, 9), (1, 39), (1, 20)]


def test_of_a_conversation_only_the_new_part_is_read():
    model, (before, more) = tiny_writer("llama"), random_prompts((50, 20))
    writer = Writer(model, stop_ids=STOPS)
    writer.remember(before)
    longer = np.concatenate([before, more])
    with shapes_read(writer) as shapes:
        writer.remember(longer)
        found = writer.generate([np.append(longer, 9)], max_new_tokens=1)
        writer.generate([before], max_new_tokens=1)
    assert shapes == [(1, 20), (1, 1), (1, 1)]
    assert_same(found, model, [np.append(longer, 9)], max_new_tokens=1)


def test_what_was_remembered_is_forgotten_when_the_weights_learn():
    model = tiny_writer.__wrapped__("llama")
    prompts = random_prompts((30, 12))
    writer = Writer(model, stop_ids=STOPS)
    writer.remember(prompts[0])
    before = writer.generate(prompts, max_new_tokens=8)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.3, fused=True)
    model(torch.from_numpy(prompts[0])[None]).logits.square().mean().backward()
    optimizer.step()
    after = writer.generate(prompts, max_new_tokens=8)
    assert after[0].ids.tolist() != before[0].ids.tolist()
    assert_same(after, model, prompts, max_new_tokens=8)


def test_an_encoder_reads_every_prompt_whole():
    assert Writer(tiny_writer("llama"), stop_ids=[]).shares_prefix
    writer = Writer(tiny_writer("t5"), stop_ids=[])
    assert not writer.shares_prefix
    writer.remember(random_prompts((9,))[0])  # no effect, no harm
    assert len(writer.generate(random_prompts((9, 12)), max_new_tokens=3)) == 2


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2", "t5"])
def test_finished_rows_leave_the_batch(family):
    model, prompts = tiny_writer(family), random_prompts((6, 21, 12, 9, 17, 30, 3, 11))
    stops = [*range(3, 160, 10)]
    writer = Writer(model, stop_ids=stops)
    with shapes_read(writer) as shapes:
        found = writer.generate(prompts, max_new_tokens=25)
    num_written = sum(written.num_tokens for written in found)
    assert num_written <= sum(rows for rows, _ in shapes) < 4 / 3 * num_written
    assert len({written.num_tokens for written in found}) > 2
    assert_same(found, model, prompts, max_new_tokens=25, stops=stops)


MANY = tuple(3 + 7 * number % 41 for number in range(24))
STOPPING = tuple(range(3, 160, 10))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("budget_tokens", [150, 300])
def test_the_next_texts_take_the_places_of_finished_ones(family, budget_tokens):
    model, prompts = tiny_writer(family), random_prompts(MANY)
    writer = Writer(model, stop_ids=STOPPING, budget_tokens=budget_tokens)
    with shapes_read(writer) as shapes:
        found = writer.generate(prompts, max_new_tokens=25)
    assert len({written.num_tokens for written in found}) > 1
    assert_same(found, model, prompts, max_new_tokens=25, stops=STOPPING)
    most = budget_tokens // (min(MANY) + 25)
    assert 2 <= max(rows for rows, _ in shapes) <= most
    if family not in WITH_ENCODER:  # no place is free while anybody waits
        num_steps = sum(tokens == 1 for _, tokens in shapes)
        least = budget_tokens // (max(MANY) + 25)
        assert num_steps <= sum(written.num_tokens for written in found) / least + 25


@pytest.mark.parametrize("family", ["llama", "gpt2", "mistral", "gemma2"])
def test_drawn_texts_do_not_depend_on_whose_place_they_take(family):
    model, prompts = tiny_writer(family), random_prompts(MANY)
    penalised = Decoding(temperature=1.0, top_p=0.95, repetition_penalty=1.3, seed=3)
    together, few = (
        Writer(model, stop_ids=STOPPING, budget_tokens=budget).generate(
            prompts, max_new_tokens=25, decoding=penalised
        )
        for budget in (None, 200)
    )
    assert [w.ids.tolist() for w in together] == [w.ids.tolist() for w in few]


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2", "gpt_neo"])
def test_a_text_may_be_longer_than_all_whose_places_are_free(family):
    """One that leaves room for one token only comes first; what follows it has a longer prompt."""
    model = tiny_writer(family)
    prompts = random_prompts((127, 40, 3, 60, 4, 90, 5))
    writer = Writer(model, stop_ids=STOPPING, budget_tokens=280)
    found = writer.generate(prompts, max_new_tokens=80)
    for written, prompt in zip(found, prompts, strict=True):
        room = min(80, 128 - len(prompt))
        assert_same([written], model, [prompt], max_new_tokens=room, stops=STOPPING)


@pytest.mark.parametrize("family", ["llama", "gpt2", "gpt_neo", "mistral", "bart"])
def test_the_context_ends_a_text(family):
    model, prompts = tiny_writer(family), random_prompts((120, 127, 8, 100))
    found = Writer(model, stop_ids=[]).generate(prompts, max_new_tokens=200)
    room = (127,) * 4 if family in WITH_ENCODER else (8, 1, 120, 28)
    assert [written.num_tokens for written in found] == list(room)
    assert {written.stopped_by for written in found} == {"length"}
    for row in range(len(prompts)):
        assert_same([found[row]], model, [prompts[row]], max_new_tokens=room[row], stops=[])


@pytest.mark.parametrize("family", ["llama", "bart"])
def test_a_prompt_without_room_is_refused_in_words(family):
    num_tokens = 129 if family in WITH_ENCODER else 128
    prompts = random_prompts((4, num_tokens))
    with pytest.raises(TrialError, match=rf"prompt 1: has {num_tokens} tokens") as refused:
        Writer(tiny_writer(family), stop_ids=[]).generate(prompts, max_new_tokens=5)
    assert "the model reads 128" in refused.value.problem
    assert refused.value.fix.startswith("Shorten it")


def test_an_empty_prompt_is_refused_in_words():
    with pytest.raises(TrialError, match="prompt 0: has no token"):
        Writer(tiny_writer("llama"), stop_ids=[]).generate([np.array([], int)], max_new_tokens=5)


def test_no_prompts_give_no_texts():
    assert Writer(tiny_writer("llama"), stop_ids=[]).generate([], max_new_tokens=5) == []


def test_an_answer_needs_room():
    with pytest.raises(TrialError, match="max_new_tokens: 0 leaves no room"):
        Writer(tiny_writer("llama"), stop_ids=[]).generate(random_prompts((3,)), max_new_tokens=0)


@pytest.mark.parametrize("family", ["llama", "t5"])
def test_a_repetition_penalty_is_that_of_transformers(family):
    model, prompts = tiny_writer(family), random_prompts(LENGTHS)
    decoding = Decoding(repetition_penalty=1.7)
    found = Writer(model, stop_ids=STOPS).generate(prompts, max_new_tokens=25, decoding=decoding)
    assert_same(found, model, prompts, max_new_tokens=25, repetition_penalty=1.7)
    plain = Writer(model, stop_ids=STOPS).generate(prompts, max_new_tokens=25)
    assert any(a.ids.tolist() != b.ids.tolist() for a, b in zip(found, plain, strict=True))


@pytest.mark.parametrize("family", ["llama", "t5"])
def test_a_draw_does_not_depend_on_the_rows_beside_it(family):
    model, prompts = tiny_writer(family), random_prompts(LENGTHS)
    writer = Writer(model, stop_ids=STOPS)
    together = writer.generate(prompts, max_new_tokens=15, decoding=DRAWN)
    for row, prompt in enumerate(prompts):
        alone = writer.generate([prompt], max_new_tokens=15, decoding=DRAWN)[0]
        assert alone.ids.tolist() == together[row].ids.tolist()


def test_draws_differ_by_seed_and_by_copy_and_are_repeated():
    writer = Writer(tiny_writer("llama"), stop_ids=STOPS)
    prompts = random_prompts((9,)) * 3

    def draw(seed):
        decoding = Decoding(temperature=1.0, seed=seed)
        found = writer.generate(prompts, max_new_tokens=10, decoding=decoding)
        return [tuple(written.ids) for written in found]

    assert len({*draw(1), *draw(2)}) == 6
    assert draw(1) == draw(1)


def test_the_model_is_left_in_training():
    model = tiny_writer("gpt2")
    model.train()
    try:
        first, second = (
            Writer(model, stop_ids=STOPS).generate(random_prompts((8,)), max_new_tokens=8)[0].ids
            for _ in range(2)
        )
        assert first.tolist() == second.tolist()  # no dropout
        assert model.training
    finally:
        model.eval()


@pytest.mark.needs_shared
@pytest.mark.skipif(not STORIES.is_dir(), reason="../shared/models is absent")
def test_a_trained_model_tells_the_story_that_transformers_tells():
    model = transformers.AutoModelForCausalLM.from_pretrained(STORIES).eval()
    tokenizer = Tokenizer.from_file(str(STORIES / "tokenizer.json"))
    openings = ["Once upon a time", "Lily and Ben saw a dog. The dog", "The sun", "Tom was sad"]
    prompts = [np.array(tokenizer.encode(text).ids) for text in openings]
    writer = Writer(model, stop_ids=[2], tokenizer=tokenizer)
    found = writer.generate(prompts, max_new_tokens=80)
    assert_same(found, model, prompts, max_new_tokens=80, stops=[2])
    assert "little" in found[0].text
    pieces = list(writer.stream(prompts[0], max_new_tokens=80))
    assert "".join(pieces) == found[0].text
    assert len(pieces) > 40
