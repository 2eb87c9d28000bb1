"""What is learned, as the page and the terminal show it."""

from __future__ import annotations

import io
import re

from rich.console import Console, Group
from samples import inbox

from sartor.cli.lessons import lessons_view
from sartor.core.lesson import LOOK, WRONG, Finding, LessonsOfBase, ShownLesson, ShownToken
from sartor.report.html import render_report

TOKENS = (
    ShownToken("<|user|>", False),
    ShownToken("Where <b>is</b> it?\u202e", False),
    ShownToken("", False, num_left_out=312),
    ShownToken("<|assistant|>", False),
    ShownToken("In the", True),
    ShownToken(" attic.\n", True),
    ShownToken("<|end|>", True),
)
LESSONS = (
    LessonsOfBase(
        "tiny",
        findings=(Finding(LOOK, "Of 2 answers."), Finding(WRONG, "The `<|end|>` is missing.")),
        shown=(ShownLesson("rows.jsonl:7", TOKENS, 318, 3, True, True),),
    ),
    LessonsOfBase("org/absent", problem="is not on this machine."),
)


def page(lessons=LESSONS) -> str:
    decision, card, goal_text, warnings = inbox()
    return render_report(
        decision, card=card, goal_text=goal_text, warnings=warnings, lessons=lessons
    )


def test_the_page_marks_what_is_learned_and_escapes_it() -> None:
    shown = page()
    start = shown.index('<bdi class="tokens"')
    block = shown[start : shown.index("</bdi>", start)]
    learned = re.findall(r'<i class="on">([^<]*)</i>', block)
    assert learned == ["In the", " attic.↵\n", "&lt;|end|&gt;"]
    assert "Where &lt;b&gt;is&lt;/b&gt; it?⟨U+202E⟩" in block
    assert "<em>312 more tokens</em>" in block
    assert "3 of 318 tokens learned, prompt shortened, end of the answer cut off" in shown
    assert '<span class="state bad">wrong</span>' in shown
    assert "is not on this machine." in shown


def test_without_a_base_that_learns_to_write_the_page_says_nothing_of_it() -> None:
    assert "token by token" not in page(())


def printed(**console: object) -> str:
    out = io.StringIO()
    settings = {"file": out, "width": 80, "markup": False, "highlight": False, **console}
    Console(**settings).print(Group(*lessons_view(LESSONS)))  # type: ignore[arg-type]
    return out.getvalue()


def test_without_colour_brackets_stand_around_what_is_learned() -> None:
    text = printed()
    words = " ".join(text.split())
    assert "⟦In the attic.↵ <|end|>⟧" in words
    assert "it?⟨U+202E⟩ … 312 more tokens …" in words
    assert "not shown  is not on this machine." in text
    assert "wrong" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_in_colour_each_token_has_its_own_and_there_are_no_brackets() -> None:
    text = printed(force_terminal=True, color_system="standard")
    assert "⟦" not in text
    assert "\x1b[30;42mIn the\x1b[0m" in text
    assert re.search(r"\x1b\[30;102m ?attic\.↵\x1b\[0m", text)
    assert re.search(r"\x1b\[30;42m<\|end\|>\x1b\[0m", text)


def test_where_nothing_is_there_to_show_there_is_no_title() -> None:
    assert list(lessons_view(())) == []
