"""Turns as a base without a chat template reads them, and the same as a template for other programs."""

from __future__ import annotations

import json

SPEAKERS = {"system": "", "user": "User: ", "assistant": "Assistant: ", "tool": "Tool: "}
"""How turns begin."""
MARK = "{#- Plain turns, for a base without a chat template of its own. -#}"
"""First line of what `plain_template` gives."""
TURNS = """\
{%- for m in messages -%}
{{- ('' if loop.first else '\\n\\n') + SPEAKERS[m['role']] + m['content'] -}}
{{- END if m['role'] == 'assistant' else '' -}}
{%- endfor -%}"""
DECODER = TURNS + "{%- if add_generation_prompt -%}{{- '\\n\\nAssistant:' -}}{%- endif -%}"
ENCODER_DECODER = (
    "{%- if messages|length == 1 and messages[0]['role'] == 'user' -%}"
    "{{- messages[0]['content'] -}}{%- else -%}" + TURNS + "{%- endif -%}"
)


def plain_template(*, end: str, opening: str, is_encoder_decoder: bool) -> str:
    """The format as a chat template in Jinja.

    Args:
        end: Text of the token that ends an answer.
        opening: What the tokenizer puts before every text; with a template, tokenizers leave it out.
        is_encoder_decoder: A single message is then read as it is.
    """
    body = ENCODER_DECODER if is_encoder_decoder else DECODER
    body = body.replace("SPEAKERS", json.dumps(SPEAKERS)).replace("END", json.dumps(end))
    start = "{{- " + json.dumps(opening) + " -}}" if opening else ""
    return f"{MARK}\n{start}{body}"


def is_plain_template(source: str) -> bool:
    """Whether a chat template is one of `plain_template`."""
    return source.startswith(MARK)
