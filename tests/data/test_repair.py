"""What software did to a text is undone; what somebody wrote stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from language_messages import MESSAGES, NO_LANGUAGE_FOR_CERTAIN

from sartor.data.repair import (
    BROKEN_ENCODING,
    CHANGES,
    COMPOSED_CHARACTERS,
    CONTROL_CHARACTERS,
    HALF_CHARACTERS,
    HTML_ENTITIES,
    HTML_TAGS,
    INVISIBLE_CHARACTERS,
    LIGATURES,
    LINE_ENDS,
    TERMINAL_CODES,
    UNUSUAL_SPACES,
    WHITE_SPACE,
    repair,
)

REPAIRED = [
    ("schÃ¶ne GrÃ¼ÃŸe", "schöne Grüße", BROKEN_ENCODING),
    ("Itâ€™s here", "It’s here", BROKEN_ENCODING),
    ("It\x92s here", "It’s here", BROKEN_ENCODING),
    ("ÃƒÂ¼ber", "über", BROKEN_ENCODING),
    ("> Ã¼ber alles\nüber alles 日本", "> über alles\nüber alles 日本", BROKEN_ENCODING),
    ("Fish &amp; chips", "Fish & chips", HTML_ENTITIES),
    ("Fish &amp;amp; chips", "Fish & chips", HTML_ENTITIES),
    ("caf&eacute; &#8364; 5 &#x2713;", "café € 5 ✓", HTML_ENTITIES),
    ("x &lt; y", "x < y", HTML_ENTITIES),
    ("Dear &lt;NAME_1&gt;,", "Dear <NAME_1>,", HTML_ENTITIES),
    ("one<br>two<br/>three", "one\ntwo\nthree", HTML_TAGS),
    ("<p>Hello,</p><p>it is <b>ready</b>&nbsp;now</p>", "Hello,\n\nit is ready now", HTML_TAGS),
    ("Hi <NAME_1>,<br>a < b, mail <EMAIL>", "Hi <NAME_1>,\na < b, mail <EMAIL>", HTML_TAGS),
    ("one\ntwo <b>bold</b>\n\nthree", "one\ntwo bold\n\nthree", HTML_TAGS),
    (
        'see <a class="x" href="https://a.example/?b=1&lang=2">our page</a>',
        "see our page (https://a.example/?b=1&lang=2)",
        HTML_TAGS,
    ),
    ("<a href='https://a.example/b'>a.example/b</a>", "https://a.example/b", HTML_TAGS),
    ("&lt;p&gt;Hello&lt;/p&gt;&lt;p&gt;Bye&lt;/p&gt;", "Hello\n\nBye", HTML_TAGS),
    ("<p>so &#55357;&#56832;</p>", "so 😀", HTML_TAGS),
    ("\ud83d\ude00", "😀", HALF_CHARACTERS),
    ("half \ud83d", "half �", HALF_CHARACTERS),
    ("\x1b[31mred\x1b[0m", "red", TERMINAL_CODES),
    ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour", LINE_ENDS),
    ("be\x00fore", "before", CONTROL_CHARACTERS),
    ("conﬁrm the oﬀer", "confirm the offer", LIGATURES),
    ("\ufeffzero\u200bwidth soft\u00adhyphen", "zerowidth softhyphen", INVISIBLE_CHARACTERS),
    ("la\u200dtin and l\u200eeft", "latin and left", INVISIBLE_CHARACTERS),
    ("hidden\U000e0068\U000e0069", "hidden", INVISIBLE_CHARACTERS),
    ("10\u00a0€ et\u202f!", "10 € et !", UNUSUAL_SPACES),
    ("cafe\u0301", "café", COMPOSED_CHARACTERS),
    ("  one  \n\n\n\ntwo\t\n", "one\n\ntwo", WHITE_SPACE),
]
KEPT = [
    "a < b and c > d, a<b>c",
    "<NAME_1> wrote to <EMAIL> from <your name>",
    "<https://a.example/x> and <anna@a.example>",
    "I <3 you, AT&T, R&D, ?a=1&copy=2&x=3",
    "<order><id>5</id></order> AT&amp;T is refused",
    "How do I add a <div> in my page?",
    "```\n<p>hello</p>\n```",
    "Write `<br>` for a new line",
    "&lt;b&gt;bold&lt;/b&gt; shows the tags",
    "<p>Write &lt;br&gt; for a new line</p>",
    "{{Order Number}} 100% {x} [y] | --- |",
    "“curly” ‘quotes’ – dashes — dots … «guillemets»",
    "ＦＵＬＬ width ﾊﾝｶｸ 日本\u3000語",
    "می\u200cخواهم کتاب\u200cها",
    "क्\u200dष न्\u200cह",
    "שלום \u200fabc\u200e",
    "👨\u200d👩\u200d👧 🏳️\u200d🌈 👩🏽\u200d⚕️ ❤️ 1️⃣ ☎︎",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "SÃO PAULO, ÅÄÖ, ÎLE, ¡¿Qué?!, ½ ° ² €",
    "   ".join("abc") + "\n    indented\n\n- item",
    "",
]


@pytest.mark.parametrize(("text", "repaired", "change"), REPAIRED)
def test_damage_is_undone_and_named(text, repaired, change):
    assert repair(text).text == repaired
    assert change in repair(text).changes


@pytest.mark.parametrize("text", KEPT)
def test_what_somebody_wrote_stays(text):
    assert repair(text) == (text, ())


def test_sound_messages_in_all_languages_stay():
    lines = [
        line.strip() for both in MESSAGES.values() for part in both for line in part.splitlines()
    ]
    changed = [text for text in [*lines, *NO_LANGUAGE_FOR_CERTAIN] if repair(text).changes]
    assert changed == []


PIECES = st.sampled_from(
    [
        *(
            "&",
            "amp;",
            "lt;",
            "gt;",
            "#60;",
            "&#55357;",
            "&#56832;",
            "&nbsp;",
            "&copy",
            "quot;",
            "&lt;",
            "&gt;",
        ),
        *(
            "<",
            ">",
            "/",
            "br",
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<x>",
            "</x>",
            "<a href=http://a.b>",
            "</a>",
            "`",
            "p>",
        ),
        *(
            "\r",
            "\n",
            " ",
            "\t",
            "\x85",
            "\xa0",
            "\u3000",
            "\u200b",
            "\u200c",
            "\u200d",
            "\ufe0f",
            "\u200e",
            "\xad",
        ),
        *(
            "Ã",
            "¼",
            "â",
            "€",
            "™",
            "\x92",
            "é",
            "e",
            "\u0301",
            "ﬁ",
            "\u202e",
            "ب",
            "क",
            "😀",
            "日",
            "\U0001f3f4",
        ),
        *(
            "\U000e0067",
            "\U000e007f",
            "\U000e0100",
            "\ud83d",
            "\ude00",
            "\x1b[1m",
            "\x1b",
            "[0m",
            "a",
            "B",
            "1",
            "<!--",
        ),
        *(
            "\x00",
            "\u2028",
            "\uff21",
            "&amp;lt;",
            "-->",
            "<style>",
            "```",
            "<?xml",
            "\u0958",
            "\u2126",
            "\u0344",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=40)))
@example("&amp;" * 30)
@example("&" + "amp;" * 30 + "lt;p&gt;")
@example("Ã\x83Â\x83Ã\x82Â¼" * 3)
def test_a_repaired_text_is_repaired(text):
    once = repair(text)
    assert repair(once.text) == (once.text, ())
    assert list(once.changes) == [name for name in CHANGES if name in once.changes]
    assert bool(once.changes) == (once.text != text)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "&amp;",
            "&lt;p&gt;",
            "<a href=http://a ",
            "<a href=http://a>",
            "<p>",
            "<b",
            "<",
            "&",
            " ",
            "\n",
            " \n",
        ),
        *(
            "\r",
            "\u200d",
            "👨\u200d",
            "Ã",
            "Ã¼",
            "â€",
            "\U0001f3f4\U000e0067",
            "\x1b[",
            "`",
            "&#",
            "e\u0301\u0301",
            "<!--",
        ),
    ],
)
def test_time_grows_linearly(piece):
    start = time.perf_counter()
    repair(piece * (200_000 // len(piece)))
    assert time.perf_counter() - start < 5
