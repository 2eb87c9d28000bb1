"""The FAQ of Hem & Co. written out in every format: what readers are held against.

Its pairs come from the bundled text by a rule of one line and from the ones below, never through the readers.
"""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """A question and its answer: paragraphs `p`, lists `ul` and `ol`, tables."""

    section: str
    question: str
    answer: tuple[tuple[str, Any], ...]


LINK = ("our size chart", "https://hem.example/sizes")
MORE = (
    Entry(
        "Visiting us",
        "What do I bring to a fitting?",
        (
            ("p", "Little is needed:"),
            ("ul", ["the shoes you will wear", "a shirt that fits you", "your order number"]),
            ("p", "We have mirrors, pins and tea."),
        ),
    ),
    Entry(
        "Visiting us",
        "How does a first visit go?",
        (
            (
                "ol",
                [
                    "We measure you.",
                    "You choose a cloth.",
                    "We agree on a date for the first fitting.",
                ],
            ),
        ),
    ),
    Entry(
        "Visiting us",
        "When are the shops open?",
        (
            (
                "table",
                [
                    ["Shop", "Weekdays", "Saturday"],
                    ["Bristol", "9 to 18", "10 to 16"],
                    ["Utrecht", "10 to 18", "10 to 17"],
                    ["Malm\u00f6", "9 to 17", "closed"],
                ],
            ),
        ),
    ),
    Entry(
        "Visiting us",
        "Which size am I?",
        (("link", "Compare your measurements with %s before you order."),),
    ),
    Entry(
        "Visiting us",
        "I have lost my appointment card.",
        (("p", "That is no trouble. Your name is enough."),),
    ),
)


def entries() -> list[Entry]:
    """Every pair of the key, in order."""
    found, section = [], ""
    text = files("sartor").joinpath("examples", "hem", "faq.md").read_text("utf-8")
    for block in re.split(r"^(?=##)", text, flags=re.M)[1:]:
        head, _, body = block.partition("\n")
        if head.startswith("### "):
            found.append(Entry(section, head[4:].strip(), (("p", body.strip()),)))
        else:
            section = head[3:].strip()
    return [*found, *MORE]


def words(text: str) -> list[str]:
    """Words of a text without marks of Markdown, addresses of links and marks of lists."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*(?:[-*\u2022]|\d+\.)\s|\|[\s|:-]*\||[|*#]", " ", text, flags=re.M)
    return re.findall(r"\w+", text.casefold())


def key_of(entry: Entry) -> tuple[str, ...]:
    """The words of question and answer."""
    parts = []
    for kind, content in entry.answer:
        if kind == "link":
            content = content % LINK[0]
        flat = content if isinstance(content, list) else [content]
        parts += [cell for row in flat for cell in (row if isinstance(row, list) else [row])]
    return (*words(entry.question), "?", *words(" ".join(parts)))


def markdown() -> str:
    """Headings."""
    lines, section = ["# Hem & Co. \u2013 FAQ", ""], ""
    for entry in entries():
        if entry.section != section:
            section = entry.section
            lines += [f"## {section}", ""]
        lines += [f"### {entry.question}", "", *map(_markdown_block, entry.answer)]
    return "\n".join(lines)


def _markdown_block(block: tuple[str, Any]) -> str:
    kind, content = block
    if kind == "ul":
        return "".join(f"- {item}\n" for item in content)
    if kind == "ol":
        return "".join(f"{at}. {item}\n" for at, item in enumerate(content, 1))
    if kind == "table":
        rows = [f"| {' | '.join(row)} |" for row in content]
        return "\n".join([rows[0], "|---|---|---|", *rows[1:], ""])
    return (content % f"[{LINK[0]}]({LINK[1]})" if kind == "link" else content) + "\n"


def html_block(block: tuple[str, Any]) -> str:
    """One block of an answer as HTML."""
    kind, content = block
    if kind in ("ul", "ol"):
        return f"<{kind}>{''.join(f'<li>{html.escape(item)}</li>' for item in content)}</{kind}>"
    if kind == "table":
        rows = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in content]
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
    text = html.escape(content)
    return f"<p>{text % f'<a href={chr(34)}{LINK[1]}{chr(34)}>{LINK[0]}</a>' if kind == 'link' else text}</p>"


AROUND = (
    "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>FAQ</title><style>p {margin: 1em}</style>"
    "%s</head><body><nav><ul><li><a href=/>Shop</a><li><a href=/faq>FAQ</a></ul></nav>"
    "<div class='cookie-banner'>May we bake? <button>Yes</button></div>%s"
    "<footer>Hem &amp; Co., 1 Weaver Street, Bristol</footer><script>alert('?')</script></body></html>"
)


def _page(one: Callable[[Entry], str], *, head: str = "", main: str = "main") -> str:
    parts, section = [f"<{main}><h1>Questions, answered</h1>"], ""
    for entry in entries():
        if entry.section != section:
            section = entry.section
            parts.append(f"<h2>{html.escape(section)}</h2>")
        parts.append(one(entry))
    return AROUND % (head, "\n".join([*parts, f"</{main}>"]))


def _answer(entry: Entry) -> str:
    return "".join(map(html_block, entry.answer))


def html_headings() -> str:
    return _page(lambda e: f"<h3>{html.escape(e.question)}</h3>{_answer(e)}")


def html_details() -> str:
    return _page(
        lambda e: f"<details><summary>{html.escape(e.question)}</summary>\n{_answer(e)}</details>",
        main="div",
    )


def html_dl() -> str:
    return _page(lambda e: f"<dl><dt>{html.escape(e.question)}</dt><dd>{_answer(e)}</dd></dl>")


def html_bold() -> str:
    return _page(lambda e: f"<p><strong>{html.escape(e.question)}</strong></p>{_answer(e)}")


def html_microdata() -> str:
    start = '<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question">'
    middle = '<div itemscope itemprop="acceptedAnswer"><div itemprop="text">'
    return _page(
        lambda e: (
            f'{start}<h3 itemprop="name">{html.escape(e.question)}</h3>{middle}{_answer(e)}</div></div></div>'
        )
    )


def html_json_ld() -> str:
    """Stated for programs; the page itself shows nothing but a heading."""
    entity = [
        {
            "@type": "Question",
            "name": entry.question,
            "acceptedAnswer": {"@type": "Answer", "text": _answer(entry)},
        }
        for entry in entries()
    ]
    stated = json.dumps(
        {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": entity}
    )
    stated = stated.replace("</", "<\\/")
    return AROUND % (
        f'<script type="application/ld+json">{stated}</script>',
        "<main><h1>FAQ</h1></main>",
    )


def docx() -> bytes:
    """Built-in styles, real lists and tables."""
    import docx
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Hem & Co."
    document.add_heading("Hem & Co. \u2013 FAQ", 0)
    section = ""
    for entry in entries():
        if entry.section != section:
            section = entry.section
            document.add_heading(section, 1)
        document.add_heading(entry.question, 2)
        for kind, content in entry.answer:
            if kind in ("ul", "ol"):
                for item in content:
                    document.add_paragraph(
                        item, style="List Bullet" if kind == "ul" else "List Number"
                    )
            elif kind == "table":
                table = document.add_table(len(content), len(content[0]))
                for row, cells in zip(table.rows, content, strict=True):
                    for cell, text in zip(row.cells, cells, strict=True):
                        cell.text = text
            elif kind == "link":
                before, after = content.split("%s")
                paragraph = document.add_paragraph(before)
                kind_of = (
                    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
                )
                link = OxmlElement("w:hyperlink")
                link.set(qn("r:id"), document.part.relate_to(LINK[1], kind_of, is_external=True))
                link.append(paragraph.add_run(LINK[0])._r)
                paragraph._p.append(link)
                paragraph.add_run(after)
            else:
                document.add_paragraph(content)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def docx_bold() -> bytes:
    """As people write it: no styles, questions in bold, a table made of tabs nowhere."""
    import docx

    document = docx.Document()
    for entry in entries():
        document.add_paragraph().add_run(entry.question).bold = True
        for _, content in entry.answer:
            rows = content if isinstance(content, list) else [content]
            for row in rows:
                text = " ".join(row) if isinstance(row, list) else row
                document.add_paragraph(text.replace("%s", LINK[0]))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf_reportlab() -> bytes:
    """Headings in larger letters, a footer with the page on each page."""
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate, Table

    styles = getSampleStyleSheet()
    flow: list[Any] = [Paragraph("Hem &amp; Co. \u2013 FAQ", styles["Title"])]
    section = ""
    for entry in entries():
        if entry.section != section:
            section = entry.section
            flow.append(Paragraph(html.escape(section), styles["Heading1"]))
        flow.append(Paragraph(html.escape(entry.question), styles["Heading3"]))
        for kind, content in entry.answer:
            if kind in ("ul", "ol"):
                items = [Paragraph(item, styles["BodyText"]) for item in content]
                flow.append(ListFlowable(items, bulletType="bullet" if kind == "ul" else "1"))
            elif kind == "table":
                flow.append(Table(content))
            else:
                text = html.escape(content.replace("%s", LINK[0]))
                flow.append(Paragraph(text, styles["BodyText"]))

    def footer(canvas: Any, template: Any) -> None:
        canvas.drawString(72, 30, f"Hem & Co. FAQ, page {template.page}")

    buffer = io.BytesIO()
    SimpleDocTemplate(buffer).build(flow, onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


def pdf_chromium(browser: Any, page: Callable[[], str] = html_headings) -> bytes:
    """A page as a browser prints it, date and address in its margins."""
    tab = browser.new_page(java_script_enabled=False)
    shown = page().replace("<nav>", "<nav hidden>").replace("<footer>", "<footer hidden>")
    tab.set_content(shown.replace("class='cookie-banner'", "hidden"))
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "2cm")
    printed: bytes = tab.pdf(display_header_footer=True, margin=margin)
    tab.close()
    return printed


def precision_recall(found: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Of pairs found, against the key; a pair is right where question and answer are, word for word."""
    wanted = {key_of(entry) for entry in entries()}
    right = sum((*words(question), "?", *words(answer)) in wanted for question, answer in found)
    return right / max(1, len(found)), right / len(wanted)
