"""HTML of strangers becomes what a person reads of it, quickly."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sartor.data.html_text import MAX_HTML_CHARACTERS, num_images, text_of_html

READ = [
    (
        "<p>Hi <b>Ann</b>,</p><p>see <a href='x'>this</a><br>ok &amp; bye</p>",
        "Hi Ann,\n\nsee this\nok & bye",
    ),
    ("<ul><li>a<li>b</ul>", "- a\n- b"),
    ("<div>a</div><div>b</div>", "a\nb"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ("a<script>alert(1)</script><style>p{}</style><title>t</title>b", "ab"),
    ("<!-- x -->a", "a"),
    ("no markup", "no markup"),
    ("a\n\n\n\nb", "a\n\nb"),
    ("1 &lt; 2 &nbsp; 3", "1 < 2 3"),
    ("<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><p>a", None),
    ("", ""),
    ("\x00\ud800", ""),
]


@pytest.mark.parametrize(("html", "text"), READ)
def test_html_reads_as_it_is_shown(html, text):
    shown = text_of_html(html)
    assert shown == text if text is not None else "root:" not in shown


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "</div>",
        "<p>a</p>",
        "<table><tr><td>",
        "<ul><li>",
        "<",
        "&",
        "<a x=1 ",
        "<b><i>",
        "<!--",
        "&#1;",
    ],
)
def test_no_markup_takes_more_than_seconds(piece):
    html = piece * (MAX_HTML_CHARACTERS // len(piece) + 1)
    start = time.perf_counter()
    text_of_html(html)
    assert time.perf_counter() - start < 5


def test_a_table_is_not_filled_up_with_spaces():
    html = (
        "<table><tr><td>" + "x" * 20_000 + "</td></tr>" + "<tr><td></td></tr>" * 2_000 + "</table>"
    )
    assert len(text_of_html(html)) == 20_000


def test_pictures_are_counted():
    assert num_images("<img src=a><IMG src='b'/><imgx>") == 2


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<", ">", "&", "&amp;", "<pre>", "\x00", "a", "\n", "<svg>"]
        )
    )
)
def test_any_pieces_become_text(pieces):
    text_of_html("".join(pieces)).encode()
