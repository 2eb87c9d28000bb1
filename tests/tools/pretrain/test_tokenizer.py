"""The tokenizer spells everything, and its chat template is what training teaches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tools.pretrain.streams import UNTRAINED, encode_chats
from tools.pretrain.tokenizer import CHAT_TEMPLATE, CONTROL_TOKENS
from transformers import AutoTokenizer

TURNS = [
    ["system", "You answer for the shop."],
    ["user", " Is the coat ready? "],
    ["assistant", "Yes, since Monday."],
    ["user", "¿Y el abrigo gris?"],
    ["assistant", "También."],
]


@pytest.fixture
def tokenizer(toy_folder: Path) -> AutoTokenizer:
    return AutoTokenizer.from_pretrained(toy_folder / "tokenizer")


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, 1234.50 euros.",
        "¿Dónde está? ñandú, naïve, straße",
        "日本語 и русский\u00a0العربية",
        "👩🏽‍🔧 🏳️‍🌈 e\u0301",
        "  two  spaces\n\n\ttabs \r\n",
        "".join(chr(code) for code in range(1, 256)),
        "",
    ],
)
def test_every_text_comes_back_as_it_was(tokenizer: AutoTokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_control_tokens_are_one_token_each(tokenizer: AutoTokenizer) -> None:
    for number, token in enumerate(CONTROL_TOKENS):
        assert tokenizer(f"a{token}b")["input_ids"].count(number) == 1


def test_the_template_writes_what_training_reads(tokenizer: AutoTokenizer) -> None:
    messages = [{"role": role, "content": words} for role, words in TURNS]
    shown = tokenizer.apply_chat_template(messages, return_dict=False)
    [(tokens, targets)] = encode_chats(tokenizer.backend_tokenizer, [TURNS])
    assert shown[:-1] == tokens.tolist()
    learned = [int(target) for target in targets if target != UNTRAINED]
    assert tokenizer.decode(learned) == "Yes, since Monday.<|end_of_turn|>También.<|end_of_turn|>"


def test_a_prompt_ends_where_the_first_learned_token_follows(tokenizer: AutoTokenizer) -> None:
    messages = [{"role": role, "content": words} for role, words in TURNS[:2]]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    [(tokens, targets)] = encode_chats(tokenizer.backend_tokenizer, [TURNS[:3]])
    assert prompt == tokens[: len(prompt)].tolist()
    assert (targets[: len(prompt) - 1] == UNTRAINED).all()
    assert targets[len(prompt) - 1] != UNTRAINED


def test_the_end_of_a_turn_ends_generation(tokenizer: AutoTokenizer) -> None:
    assert tokenizer.eos_token == "<|end_of_turn|>"


def test_the_template_is_one_file_that_transformers_reads(toy_folder: Path) -> None:
    folder = toy_folder / "tokenizer"
    assert (folder / "chat_template.jinja").read_text("utf-8") == CHAT_TEMPLATE
    assert AutoTokenizer.from_pretrained(folder).chat_template == CHAT_TEMPLATE
    config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"


def test_other_roles_are_refused(tokenizer: AutoTokenizer) -> None:
    with pytest.raises(Exception, match="roles are"):
        tokenizer.apply_chat_template([{"role": "tool", "content": "x"}])
