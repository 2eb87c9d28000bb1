"""An API as a base: its prices from the goal, the workspace's list, or the one that comes along."""

from __future__ import annotations

from pathlib import Path

import pytest

from sartor.base.api import PRICES_FILE, api_base, fingerprint_of
from sartor.core.endpoint import Endpoint, TokenPrices
from sartor.core.errors import GoalError

LISTED = Endpoint("x", "https://api.openai.com/v1", "gpt-4o-mini")
OWN = "date: 2026-01-31\nhosts: {api.openai.com: {gpt-4o-mini: {input: 7, output: 8}}}\n"


def prices_of(endpoint: Endpoint, folder: Path) -> TokenPrices | None:
    base = api_base(endpoint, folder=folder)
    assert base.endpoint is not None
    return base.endpoint.prices


def test_the_goal_goes_before_the_workspace_and_that_before_what_comes_along(
    tmp_path: Path,
) -> None:
    shipped = prices_of(LISTED, tmp_path)
    assert shipped is not None
    assert (shipped.input, shipped.output) == (0.15, 0.6)
    assert "2025" in shipped.source
    (tmp_path / PRICES_FILE).write_text(OWN)
    assert prices_of(LISTED, tmp_path) == TokenPrices(7, 8, "api_prices.yaml of 2026-01-31")
    given = TokenPrices(1, 2)
    assert prices_of(Endpoint("x", LISTED.url, LISTED.model, prices=given), tmp_path) == given
    assert prices_of(Endpoint("x", LISTED.url, "unheard"), tmp_path) is None


@pytest.mark.parametrize("text", ["[", "date: x", "hosts: {}", "a: !!python/name:os.system"])
def test_a_list_of_prices_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / PRICES_FILE).write_text(text)
    with pytest.raises(GoalError, match="is no list of prices"):
        prices_of(LISTED, tmp_path)


def test_answers_depend_on_whom_is_asked_for_what_and_on_no_key_or_price() -> None:
    same = Endpoint("y", LISTED.url, LISTED.model, key="A", prices=TokenPrices(1, 2), concurrency=9)
    assert fingerprint_of(same) == fingerprint_of(LISTED)
    for other in (
        Endpoint("x", "https://other/v1", LISTED.model),
        Endpoint("x", LISTED.url, "gpt-4o"),
        Endpoint("x", LISTED.url, LISTED.model, request={"top_p": 1}),
    ):
        assert fingerprint_of(other) != fingerprint_of(LISTED)
