"""Chat templates: what transformers renders, and nothing that a hostile one asks for beyond it."""

from __future__ import annotations

import resource
import time

import pytest
from templates import TEMPLATES
from transformers.utils.chat_template_utils import render_jinja_template

from sartor.core.errors import BaseModelError
from sartor.engines.chat_template import ChatTemplate

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}
CONVERSATION = [
    {"role": "user", "content": "  Where is my coat?\nNumber A-12. {{ 7 * 7 }} 👩‍🔧 שלום "},
    {"role": "assistant", "content": "On its way."},
    {"role": "user", "content": ""},
]
CALLS = [
    {"role": "user", "content": "find it"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"type": "function", "function": {"name": "find", "arguments": {"é": 1, "b": "x"}}}
        ],
    },
]


def ours(source: str) -> ChatTemplate:
    return ChatTemplate(source, special_tokens=SPECIAL, where="tiny/chat_template.jinja")


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("asks_for_answer", [True, False])
@pytest.mark.parametrize("messages", [CONVERSATION, CALLS])
def test_it_renders_what_transformers_renders(name: str, asks_for_answer: bool, messages) -> None:
    [theirs], _ = render_jinja_template(
        [messages],
        chat_template=TEMPLATES[name],
        add_generation_prompt=asks_for_answer,
        **SPECIAL,
    )
    assert ours(TEMPLATES[name]).render(messages, asks_for_answer=asks_for_answer) == theirs


@pytest.mark.parametrize(
    "source",
    [
        "{% set ns = namespace(found=false, n=0) %}{% for m in messages %}{% if not ns.found and "
        "m.role == 'assistant' %}{% set ns.found = true %}{% endif %}{% set ns.n = ns.n + 1 %}"
        "{% if loop.last %}{{ loop.length ~ ns.found ~ ns.n }}{% endif %}{% endfor %}",
        "{% macro said(m) %}{{ m.role | upper ~ '=' ~ m.content }}{% endmacro %}"
        "{% for m in messages if m.role != 'assistant' %}{{ said(m) }}{{ loop.index0 }}{% endfor %}",
        "{% for m in messages[::-1] %}{% if loop.index > 2 %}{% break %}{% endif %}{{ m.content | "
        "indent(4) }}|{{ '%s-%05.2f' % (m.role, 3.14159) }}{% endfor %}",
        "{% generation %}{{ messages | length }}{% endgeneration %}{{ dict(a=1) | tojson(indent=2) }}",
        "{{ messages[0].content.split('.')[0] ~ none ~ true ~ missing }}{{ '='*40 }}"
        "{{ 'x' | center(9) }}{{ ['a', 'b'] | join(', ') }}{{ range(3) | list }}",
    ],
)
def test_what_templates_use_of_jinja_is_as_in_transformers(source: str) -> None:
    [theirs], _ = render_jinja_template([CONVERSATION], chat_template=source, **SPECIAL)
    assert ours(source).render(CONVERSATION, asks_for_answer=False) == theirs


HOSTILE = [
    "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
    "{{ 'a' * 10**9 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ ([1] * 9999) * 9999 }}",
    "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}"
    "{% endfor %}{{ ns.s }}",
    "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}"
    "{% endfor %}{{ ns.s }}",
    "{{ 'a' | center(2000000000) }}",
    "{{ '%2000000000d' | format(1) }}",
    "{{ '%2000000000d' % 1 }}",
    "{{ ('{:' ~ '2000000000}').format(1) }}",
    "{{ 'a'.ljust(2000000000) }}",
    "{% for i in range(99999) %}{{ 'a' * 9999 }}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ messages.append(1) }}",
    "{% set ns = namespace(__class__=1) %}",
    "{{ raise_exception('not me') }}",
    "{{ messages[0].content.nothing.at.all }}",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_template_is_refused_before_it_costs_anything(source: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with pytest.raises(BaseModelError) as caught:
        ours(source).render(CONVERSATION, asks_for_answer=False)
    assert caught.value.where == "tiny/chat_template.jinja"
    assert time.process_time() - start < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024, "KiB"


def test_a_template_that_is_none_is_named() -> None:
    with pytest.raises(BaseModelError, match="the chat template fails"):
        ours("{% for m in messages %}")
    with pytest.raises(BaseModelError, match="at most 200,000 are read"):
        ours("x" * 200_001)


def test_the_day_is_the_same_every_day() -> None:
    """Or a prompt in service would differ from the prompts that were learned."""
    assert ours("{{ strftime_now('%d %b %Y') }}").render([], asks_for_answer=False) == "26 Jul 2024"
