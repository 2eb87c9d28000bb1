"""The same tokens learned and the same loss as TRL's SFTTrainer, on the same rows (TRL 1.16 as oracle)."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from templates import base

from sartor.core.conversation import Turn
from sartor.core.prompt import Prompt
from sartor.engines.lesson_tokens import Lesson, learned_once
from sartor.engines.rendering import Renderer
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.learned import flat_batch, padded_batch
from sartor.engines.writing.sequence_loss import sequence_loss

pytestmark = pytest.mark.slow

MARKED = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}"
    "{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TALKS = [
    [
        ("user", "Hello, where is my coat?"),
        ("assistant", "May I have its number?"),
        ("user", "A-12 🙂"),
        ("assistant", "It is in the post."),
        ("user", "Thank you"),
        ("assistant", "You are welcome!"),
    ],
    [("system", "Be brief."), ("user", "Do you sew for children?"), ("assistant", "No.")],
    [("user", "Can the trousers be made longer?"), ("assistant", "Yes, by four centimetres.")],
    [("user", "schöne Jacke"), ("assistant", "Danke! Die Anprobe ist am Dienstag um zehn.")],
]


def model() -> Any:
    config = transformers.LlamaConfig(
        vocab_size=400,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        pad_token_id=0,
        tie_word_embeddings=True,
    )
    torch.manual_seed(3)
    return transformers.LlamaForCausalLM(config).eval()


def tokenizer_of(folder: Path) -> Any:
    return transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        bos_token="<s>",
        eos_token="<|im_end|>",
        pad_token="</s>",
        chat_template=MARKED,
    )


def their_batch(folder: Path, talks: list[Any], **settings: Any) -> tuple[Any, dict[str, Any]]:
    """TRL's trainer and the batch that it makes of all rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from datasets import Dataset
        from trl import SFTConfig, SFTTrainer

        rows = [{"messages": [{"role": r, "content": c} for r, c in talk]} for talk in talks]
        configured = SFTConfig(
            output_dir=str(folder / "out"),
            per_device_train_batch_size=len(talks),
            assistant_only_loss=True,
            max_length=None,
            report_to="none",
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            shuffle_dataset=False,
            **settings,
        )
        trainer = SFTTrainer(
            model=model(),
            args=configured,
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer_of(folder),
        )
        batch = next(iter(trainer.get_train_dataloader()))
    return trainer, batch


def their_loss(trainer: Any, batch: dict[str, Any]) -> float:
    trainer.model.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(trainer.compute_loss(trainer.model, dict(batch)))


def our_lessons(folder: Path) -> list[Lesson]:
    """All replies of all talks, as rows of a dataset would have them."""
    one = Renderer(base(folder, template=MARKED, eos_token="<|im_end|>"), max_tokens=256)
    found = []
    for talk in TALKS:
        turns = [Turn(role, content) for role, content in talk]
        found += [
            one.lesson(Prompt(tuple(turns[:place])), turn.content)
            for place, turn in enumerate(turns)
            if turn.role == "assistant"
        ]
    return learned_once(found)


def learned_ids(lessons: list[Lesson]) -> list[tuple[list[int], list[int]]]:
    """Tokens up to the last learned one, and places of the learned ones."""
    return sorted(
        (lesson.tokens_T.tolist(), np.flatnonzero(lesson.is_learned_T).tolist())
        for lesson in lessons
    )


def test_the_same_tokens_are_learned_and_cost_the_same(tmp_path: Path) -> None:
    """Conversations with several replies, system turns, other languages; padded."""
    lessons = our_lessons(tmp_path)
    trainer, batch = their_batch(tmp_path, TALKS)
    theirs = []
    for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True):
        places = torch.nonzero(labels != -100).flatten().tolist()
        theirs.append((ids[: places[-1] + 1].tolist(), places))
    assert learned_ids(lessons) == sorted(theirs)
    ours = padded_batch(
        [lesson.tokens_T for lesson in lessons],
        [lesson.is_learned_T for lesson in lessons],
        device="cpu",
    )
    loss = float(sequence_loss(LanguageModel.of(model()), ours).detach())
    assert loss == pytest.approx(their_loss(trainer, batch), abs=1e-5)


def test_texts_behind_each_other_cost_the_same_as_theirs_packed(tmp_path: Path) -> None:
    lessons = our_lessons(tmp_path)
    trainer, batch = their_batch(tmp_path, TALKS, padding_free=True)
    ours = flat_batch(
        [lesson.tokens_T for lesson in lessons],
        [lesson.is_learned_T for lesson in lessons],
        device="cpu",
    )
    loss = float(sequence_loss(LanguageModel.of(model()), ours).detach())
    assert "position_ids" in batch, "theirs is packed"
    assert loss == pytest.approx(their_loss(trainer, batch), abs=1e-5)


def test_a_batch_learned_in_parts_has_the_gradients_of_the_whole(tmp_path: Path) -> None:
    lessons = our_lessons(tmp_path)
    whole, parts = LanguageModel.of(model()), LanguageModel.of(model())

    def batch(some: list[Lesson]) -> Any:
        return padded_batch(
            [lesson.tokens_T for lesson in some],
            [lesson.is_learned_T for lesson in some],
            device="cpu",
        )

    sequence_loss(whole, batch(lessons)).backward()
    num_learned = sum(int(lesson.is_learned_T.sum()) for lesson in lessons)
    for lesson in lessons:
        sequence_loss(parts, batch([lesson]), num_learned=num_learned).backward()
    for one, other in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.allclose(one.grad, other.grad, atol=1e-6)
