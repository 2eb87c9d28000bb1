"""Ten chat templates in the manner of public model families, in wording of our own, and a tokenizer for them.

Each has the trait for which its family is known: how turns begin and end, where the system's turn goes, what
an opened answer looks like.
"""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from sartor.core.base_model import BaseModel

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
BRACKETS = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m.role == 'system' %}{% set ns_system = m.content %}{% endif %}"
    "{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}{% endif %}"
    "{% if m.role == 'assistant' %}{{ ' ' + m.content|trim + ' ' + eos_token }}{% endif %}{% endfor %}"
)
HEADERS = (
    "{{ bos_token }}{% for m in messages %}{{ '<|start_header|>' + m['role'] + '<|end_header|>\n\n' + "
    "m['content'] | trim + '<|eot|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header|>assistant<|end_header|>\n\n' }}{% endif %}"
)
NO_SYSTEM = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('no system turn') }}"
    "{% endif %}{% for m in messages %}{% set role = 'model' if m.role == 'assistant' else m.role %}"
    "{{ '<start_of_turn>' + role + '\n' + m.content | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
SYSTEM_INTO_USER = (
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content + '\n\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}"
    "{{ bos_token }}{% for m in rest %}{% if m.role == 'user' %}"
    "{{ '[INST]' + (system if loop.last else '') + m.content + '[/INST]' }}"
    "{% else %}{{ m.content + eos_token }}{% endif %}{% endfor %}"
)
PIPES = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
PLAIN_WORDS = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ 'USER: ' + m.content + ' ' }}"
    "{% elif m.role == 'assistant' %}{{ 'ASSISTANT: ' + m.content + eos_token + '\n' }}"
    "{% else %}{{ m.content + '\n\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)
THINKS = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{% if m.tool_calls %}{% for c in m.tool_calls %}"
    "{{ '<tool_call>' ~ (c.function | tojson) ~ '</tool_call>' }}{% endfor %}{% endif %}"
    "{{ m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
OPENS_A_THOUGHT = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '<|User|>' + m.content }}"
    "{% elif m.role == 'assistant' %}{{ '<|Assistant|>' + m.content + eos_token }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|Assistant|><think>\n' }}{% endif %}"
)
NEVER_ENDS = (
    "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)
TEMPLATES = {
    "chatml": CHATML,
    "brackets": BRACKETS,
    "headers": HEADERS,
    "no system": NO_SYSTEM,
    "system into user": SYSTEM_INTO_USER,
    "pipes": PIPES,
    "plain words": PLAIN_WORDS,
    "thinks": THINKS,
    "opens a thought": OPENS_A_THOUGHT,
    "never ends": NEVER_ENDS,
}
CONTROLS = (
    *("<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|start_header|>", "<|end_header|>", "<|eot|>"),
    *("<start_of_turn>", "<end_of_turn>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>"),
    *("<|User|>", "<|Assistant|>"),
)
LINES = (
    "The trousers arrived in Málaga, one leg shorter than the other.",
    "Could you tell me when the grey jacket will be ready? Thank you 🙂",
    "We have moved your fitting to Tuesday at ten; the tailor will call.",
)


def tokenizer() -> Tokenizer:
    """A byte-level BPE that knows every control token above."""
    found = Tokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[AddedToken(text, special=True) for text in CONTROLS],
        show_progress=False,
    )
    found.train_from_iterator(LINES * 5, trainer)
    return found


def base(
    folder: Path,
    *,
    template: str | None,
    eos_token: str | None = "</s>",
    architecture: str = "decoder",
    context_tokens: int = 2048,
    as_file: bool = True,
) -> BaseModel:
    """A base model of which only tokenizer and template are needed."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(folder / "tokenizer.json"))
    config = {"bos_token": {"content": "<s>"}, "eos_token": eos_token}
    if template is not None and as_file:
        (folder / "chat_template.jinja").write_text(template, "utf-8")
    elif template is not None:
        config["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    return BaseModel(
        id="tiny",
        hub_id=None,
        folder=folder,
        source="local",
        architecture=architecture,
        family="llama",
        num_parameters=1,
        num_layers=1,
        width=8,
        vocabulary=400,
        context_tokens=context_tokens,
        licence="mit",
        pooling="mean",
        fingerprint=str(folder),
    )
