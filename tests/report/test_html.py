"""The report: complete, safe, the same every time, and fit for narrow pages."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from edge_samples import EDGES, ESCAPE, HEBREW, SCRIPT, hostile
from samples import SAMPLES, banking, inbox, no_model_needed, score
from written_samples import WRITTEN, replies, translation

from sartor.report.html import SECTIONS, render_report

ALL = {**SAMPLES, **EDGES, **WRITTEN}
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """What a browser would build: tags, attributes, and whether everything is closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def rendered(sample) -> str:
    decision, card, goal_text, warnings = sample
    return render_report(decision, card=card, goal_text=goal_text, warnings=warnings)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_section_is_there_and_every_tag_is_closed(name):
    page = Page(rendered(ALL[name]()))
    assert page.open == []
    ids = [value for attribute, value in page.attributes if attribute == "id"]
    assert ids == [anchor for anchor, _ in SECTIONS]


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_same_decision_gives_the_same_bytes(name):
    assert rendered(ALL[name]()).encode("utf-8") == rendered(ALL[name]()).encode("utf-8")


@pytest.mark.parametrize("name", sorted(ALL))
def test_nothing_outside_the_file_is_referred_to(name):
    source = rendered(ALL[name]())
    page = Page(source)
    addresses = {"src", "href", "action", "srcset", "poster", "data", "formaction", "background"}
    found = [value for attribute, value in page.attributes if attribute in addresses]
    assert all(value.startswith("#") or value == "data:," for value in found)
    assert "url(" not in source
    assert "@import" not in source
    assert "default-src 'none'" in source


def test_texts_of_users_stay_text():
    page = Page(rendered(hostile()))
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    source = rendered(hostile())
    assert SCRIPT not in source
    assert ESCAPE not in source
    assert "⟨U+202E⟩" in source
    assert "\u202e" not in source
    assert HEBREW in source


def test_a_user_can_read_right_to_left_text_without_it_leaking_into_the_page():
    assert f'<bdi class="quoted" dir="auto">{HEBREW}</bdi>' in rendered(hostile())


def test_the_verdict_shows_marks_with_interval_and_probability():
    text = rendered(inbox())
    assert "Not yet: the best model sorts the inbox" in text
    assert "not met" in text
    assert "(0.807 to 0.885)" in text
    assert "truly met with probability 74\u00a0%" in text
    assert "The clock ended this run before its plan was done" in text
    assert "LoRA had spent its share of the budget" in text


def test_the_automation_rate_is_said_in_words():
    text = rendered(banking())
    assert (
        "89 of 100 messages are answered alone; of these at least 95 of 100 should be right; "
        "the other 11 go to people." in text
    )


def test_full_automation_leaves_no_one_for_people():
    assert "none goes to people" in rendered(no_model_needed())


def test_a_threshold_above_one_means_that_nothing_is_answered_alone():
    decision, *rest = banking()
    automation = replace(decision.automation, threshold=1.5)
    text = rendered((replace(decision, automation=automation), *rest))
    assert "It should answer nothing alone" in text
    assert "messages are answered alone; of these" not in text


def test_out_of_scope_recall_is_claimed_only_where_it_was_measured():
    decision, *rest = banking()
    automation = replace(decision.automation, out_of_scope={"threshold": 0.3, "keep_share": 0.95})
    text = rendered((replace(decision, automation=automation), *rest))
    assert "how many it recognises is not known" in text
    assert "83\u00a0% were recognised" in rendered(banking())


def test_a_score_has_neither_automation_nor_labels():
    text = rendered(score())
    assert "Nothing is promised here" in text
    assert "Label by label" not in text
    assert "at most 0.450" in text
    assert "less is better" in text


def test_without_test_rows_the_page_says_that_its_figures_flatter():
    decision, *rest = banking()
    candidates = tuple(replace(c, test=None, test_seeds=None) for c in decision.candidates)
    text = rendered((replace(decision, candidates=candidates, test_looks=0), *rest))
    assert "There are no test rows" in text
    assert "No test set was looked at." in text
    assert "There are no test rows" not in rendered(banking())


def test_candidates_left_behind_are_folded_and_say_why():
    text = rendered(banking())
    assert "10 candidates left behind" in text
    assert "ran out of memory at 16 tokens x 512 rows" in text


def test_the_rule_and_the_looks_at_the_test_are_in_the_record():
    text = rendered(banking())
    decision = banking()[0]
    assert decision.rule in text
    assert "looked at twice in this workspace" in text
    assert "tolerance: 0.005" in text


def test_several_labels_per_text_are_listed():
    page = rendered(hostile())
    assert "no label" in page
    assert "150 labels in train and valid" in page


def test_all_colours_of_text_meet_wcag_aa_in_light_and_dark():
    style = (Path(render_report.__code__.co_filename).parent / "templates/style.css").read_text()
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for part in _roots(style))
    for theme in (light, {**light, **dark}):
        for colour in ("ink", "soft", "good", "bad", "thread", "tape-edge"):
            assert _contrast(theme[colour], theme["paper"]) >= 4.5, colour
            assert _contrast(theme[colour], theme["surface"]) >= 4.5, colour
        assert _contrast(theme["tape-ink"], theme["tape"]) >= 4.5


def _roots(style: str) -> list[str]:
    return re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)[:2]


def _contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2, 1.4.3."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


def opened(browser, tmp_path, sample, width):
    """The page in a browser, and every address that it asked for."""
    file = tmp_path / "report.html"
    file.write_text(rendered(sample), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    return page, requests


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 700, 1280])
@pytest.mark.parametrize("name", sorted(ALL))
def test_the_page_never_scrolls_sideways_and_asks_for_nothing(browser, tmp_path, name, width):
    page, requests = opened(browser, tmp_path, ALL[name](), width)
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert not page.title().startswith("owned")
    page.close()


@pytest.mark.slow
def test_a_click_on_a_heading_sorts_and_the_filter_hides(browser, tmp_path):
    page, _ = opened(browser, tmp_path, banking(), 1280)
    first = page.locator("table.labels tbody tr th").first
    page.locator("table.labels thead button").nth(4).click()
    page.locator("table.labels thead button").nth(4).click()
    scores = page.locator("table.labels tbody tr td:last-child").evaluate_all(
        "cells => cells.map(cell => Number(cell.dataset.sort))"
    )
    assert scores == sorted(scores, reverse=True)
    page.get_by_placeholder("Filter labels").fill("pin_blocked")
    assert page.locator("table.labels tbody tr:visible").count() == 1
    assert first.is_hidden() or "pin_blocked" in first.inner_text()
    page.close()


def test_every_metric_of_written_answers_stands_beside_the_references_own():
    text = rendered(replies())
    assert "Everything that was measured" in text
    assert "the references themselves" in text
    table = text.split("Everything that was measured")[1].split("</table>")[0]
    assert table.count("<tr") == 1 + 4 + 1
    for words in ("ROUGE-L", "relevance", "bits per byte", "1.08<", "no better side"):
        assert words in table, words
    assert "BLEU over 100, by sacrebleu" in text
    assert "tok:13a" in text
    assert "Everything that was measured" not in rendered(banking())


def test_a_metric_that_was_not_measured_has_no_column():
    table = rendered(translation()).split("Everything that was measured")[1].split("</table>")[0]
    assert "relevance" not in table
    assert "the references themselves" not in table


def test_answers_of_all_finalists_stand_side_by_side_on_the_same_inputs():
    text = rendered(replies())
    part = text.split("The same inputs, every finalist")[1].split("Furthest from the reference")[0]
    assert part.count("<article") == 4
    assert part.count("<dt>reference</dt>") == 4
    for title in ("LoRA", "the answer to the most similar example"):
        assert part.count(title) == 4, title
    assert "drawn at random" in part
    assert "nothing</span>" in part, "an empty answer is shown as one"


def test_the_page_says_what_retrieval_changed():
    assert "changes the same base by +0.168 in chrF" in rendered(replies())
    assert "closer to the reference on 83 of 100 inputs" in rendered(replies())
    assert "what is looked up changes" not in rendered(translation())


def test_a_page_of_texts_does_not_talk_of_labels():
    for sample in (replies(), translation()):
        text = rendered(sample).split("<h3>sartor.yaml, resolved</h3>")[0]
        assert not re.search(r"\blabels?\b", re.sub(r"<[^>]*>", " ", text.split("</style>")[1]))
    assert "told what to do" in rendered(replies())


def test_the_card_of_texts_tells_lengths_languages_and_turns():
    chat, translated = rendered(replies()), rendered(translation())
    assert "Words of an answer" in chat
    assert "Turns before an answer" in chat
    assert "English to Spanish" in translated
    assert "Turns before an answer" not in translated
