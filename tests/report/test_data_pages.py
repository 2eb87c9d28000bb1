"""The two pages about data: complete, safe, the same every time, and fit for narrow screens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from edge_samples import ESCAPE, HEBREW, SCRIPT
from page_samples import data_sample, insight_sample
from test_html import CHROMIUM, CHROMIUM_ARGS, Page

from sartor.core.insight import SURE_P, Mood
from sartor.core.lesson import LessonsOfBase
from sartor.report.data_page import render_data_page
from sartor.report.insight_page import render_insight_page
from sartor.report.insight_words import headline, rising_and_falling

PAGES = {
    "data": lambda: render_data_page(**data_sample()),
    "data with few labels": lambda: render_data_page(**data_sample(12)),
    "insight": lambda: render_insight_page("0123456789abcdef", insight_sample()),
    "insight without times": lambda: render_insight_page(
        "0123456789abcdef", insight_sample(60, has_times=False)
    ),
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_whole_and_equal_input_gives_equal_bytes(name):
    text = PAGES[name]()
    assert text == PAGES[name]()
    assert Page(text).open == []
    assert text.count("<h1") == 1


@pytest.mark.parametrize("name", sorted(PAGES))
def test_hostile_texts_are_words_and_nothing_else(name):
    text = PAGES[name]()
    page = Page(text)
    assert SCRIPT not in text
    assert "script" not in page.tags
    assert "b" not in page.tags or "<b>ticks</b>" not in text
    assert not [key for key, _ in page.attributes if key.startswith("on")]
    assert not any(character in text for character in "\u202e\u200b\x1b\x00")
    assert ESCAPE not in text
    assert HEBREW.split()[0] in text


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_names_nothing_outside_itself(name):
    page = Page(PAGES[name]())
    for key, value in page.attributes:
        if key in ("href", "src", "action", "data", "poster", "xlink:href"):
            assert value.startswith("#") or value == "data:,", (key, value)
    (policy,) = [value for _, value in page.attributes if value.startswith("default-src")]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_rare_labels_are_folded_away_and_thin_ones_marked():
    text = render_data_page(**data_sample())
    assert "and 120 more" in text
    assert text.count("under 5</span>") == len(data_sample()["facts"].readiness.thin_labels)
    assert "more</summary>" not in render_data_page(**data_sample(12)).split("labels</h2>")[0]


def test_the_page_holds_what_each_base_would_learn_and_what_was_seen():
    text = render_data_page(
        **data_sample(), lessons=[LessonsOfBase("tiny", problem="is not here.")]
    )
    assert "What base models would learn" in text
    assert "is not here." in text
    assert "What base models would learn" not in render_data_page(**data_sample())


def test_a_sure_rise_is_a_sentence_and_no_other_is():
    found = insight_sample()
    (sentence,) = rising_and_falling(found)
    assert "rose from 2\u00a0% (0 to 4) to 8\u00a0% (6 to 10), p\u00a0<\u00a00.001." in sentence
    assert headline(found).endswith("of 150 labels, 1 rises.")
    text = render_insight_page("0123456789abcdef", found)
    assert text.count('<span class="state win">rises</span>') == 1
    assert "falls</span>" not in text


def test_ends_that_contradict_the_trend_make_it_unsure():
    found = insight_sample()
    first = replace(found.trends[0], early=found.trends[0].late, late=found.trends[0].early)
    assert first.p_value < SURE_P
    assert not first.is_sure
    assert rising_and_falling(replace(found, trends=(first, *found.trends[1:]))) == []


def test_without_times_totals_are_shown_and_said_to_be_all():
    text = render_insight_page("0123456789abcdef", insight_sample(60, has_times=False))
    assert "nothing can be said of what rises or falls" in text
    assert "New words lately" not in text
    assert "and 20 more" in text


def test_what_was_not_judged_is_a_sentence():
    found = replace(insight_sample(), mood=Mood(problem="How messages sound was not judged: why."))
    text = render_insight_page("0123456789abcdef", found)
    assert "How messages sound was not judged: why." in text
    assert "word list" not in text


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 400, 700, 1200])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_never_scrolls_sideways_and_asks_for_nothing(
    browser, tmp_path: Path, name: str, width: int
) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGES[name](), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    page.close()
