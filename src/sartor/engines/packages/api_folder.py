"""The folder of a winner behind an API: its prompt, whom it is for, and never a key."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from sartor.core.candidate import Fitted
from sartor.engines.api.requests import body_of
from sartor.engines.packages.card import write_json
from sartor.engines.packages.prompt_folder import prompt_of, said_of_prompt


def write_api_folder(fitted: Fitted, folder: Path) -> int:
    """`prompt.json`: all that is said to the endpoint, and where it is (`api_prompt`)."""
    assert fitted.base is not None
    endpoint = fitted.base.endpoint
    assert endpoint is not None
    room = int(fitted.facts["max_answer_tokens"])
    pattern = prompt_of(fitted.facts["pattern"])
    body, _ = body_of(endpoint, pattern, max_new_tokens=room, max_tokens=None)
    document = {
        **said_of_prompt(fitted),
        "endpoint": asdict(endpoint),
        "pattern": body.pop("messages"),
        "body": body,
    }
    write_json(document, folder / "prompt.json")
    return 0
