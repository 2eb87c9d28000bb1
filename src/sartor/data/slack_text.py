"""What Slack's markup says to a reader: names for ids, texts for links."""

from __future__ import annotations

import re
from collections.abc import Callable

_MARKUP = re.compile(r"<([^<>]{1,4000})>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def plain_slack(text: str, name_of: Callable[[str], str]) -> str:
    """The text of a message without markup.

    Args:
        text: As Slack exports it: `<@U123>`, `<#C1|fittings>`, `<https://x|our page>`, `&amp;`.
        name_of: The name of a user by the id.
    """
    text = _MARKUP.sub(lambda found: _shown(found[1], name_of), text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def _shown(inner: str, name_of: Callable[[str], str]) -> str:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        return f"@{label or name_of(target[1:])}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    return label or target.removeprefix("mailto:").removeprefix("tel:")
