"""FAQs as rows: the same pairs whatever the format, what asks and what does not, and what is refused."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import faq_formats as faq
import pytest
from written_data import counted, examples, prepared, wanted

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.documents import read_passages
from sartor.data.files import find_files
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, Dropped, RawRow

CHROMIUM = Path("/usr/bin/chromium")
WRITERS = {
    "headings.md": faq.markdown,
    "headings.html": faq.html_headings,
    "details.html": faq.html_details,
    "list.html": faq.html_dl,
    "bold.html": faq.html_bold,
    "microdata.html": faq.html_microdata,
    "json_ld.html": faq.html_json_ld,
    "styles.docx": faq.docx,
    "bold.docx": faq.docx_bold,
    "reportlab.pdf": faq.pdf_reportlab,
}
LEAST_SHARE = 0.95


def rows_of(path: Path) -> list[RawRow | BadRow | Dropped]:
    return list(read_rows(DataFile(path, path.name, "all", path.suffix[1:], "")))


def read(folder: Path, text: str | bytes, name: str = "faq.md") -> list[RawRow | BadRow | Dropped]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return rows_of(path)


def pairs_of(rows: list[RawRow | BadRow | Dropped]) -> list[tuple[str, str]]:
    return [(r.fields["question"], r.fields["answer"]) for r in rows if isinstance(r, RawRow)]


@pytest.mark.parametrize("name", WRITERS)
def test_one_faq_gives_the_same_pairs_in_every_format(name: str, tmp_path: Path) -> None:
    found = pairs_of(read(tmp_path, WRITERS[name](), name))
    precision, recall = faq.precision_recall(found)
    print(f"{name}: precision {precision:.3f}, recall {recall:.3f} of {len(faq.entries())} pairs")
    assert min(precision, recall) >= LEAST_SHARE


@pytest.mark.slow
@pytest.mark.parametrize("page", [faq.html_headings, faq.html_bold])
def test_pages_printed_by_a_browser_give_them_too(page, tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        printed = faq.pdf_chromium(browser, page)
        browser.close()
    rows = read(tmp_path, printed, "faq.pdf")
    assert min(faq.precision_recall(pairs_of(rows))) >= LEAST_SHARE
    assert any(
        row.what == "headers and footers of pages" for row in rows if isinstance(row, Dropped)
    )


@pytest.mark.parametrize("name", WRITERS)
def test_passages_hold_the_words_of_the_text(name: str, tmp_path: Path) -> None:
    content = WRITERS[name]()
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    found = read_passages((name,), folder=tmp_path)
    there = Counter(faq.words(" ".join(found.texts)))
    asked = Counter(word for entry in faq.entries() for word in faq.key_of(entry) if word != "?")
    share = (asked & there).total() / asked.total()
    print(f"{name}: {share:.4f} of {asked.total()} words in {len(found.texts)} passages")
    assert share >= 0.98
    assert "Weaver" not in " ".join(found.texts)
    assert all(place.startswith(f"{name}:") for place in found.places)


def test_answers_keep_lists_tables_and_links_as_markdown(tmp_path: Path) -> None:
    for name in ("headings.md", "details.html", "styles.docx"):
        answers = dict(pairs_of(read(tmp_path, WRITERS[name](), name)))
        assert "- the shoes you will wear\n- a shirt" in answers["What do I bring to a fitting?"]
        assert "1. We measure you.\n2. You choose" in answers["How does a first visit go?"]
        assert "\n| Bristol | 9 to 18 | 10 to 16 |" in answers["When are the shops open?"]
        assert "[our size chart](https://hem.example/sizes)" in answers["Which size am I?"]


SHAPES = {
    "bold lines": "**How long?**\n\nSix weeks.\n\n**How much?**\nA lot.\n",
    "run in": "**How long?** Six weeks.\n\n**How much?** A lot.\n",
    "letters": "Q: How long?\nA: Six weeks.\n\nQ: How much?\nA: A lot.\n",
    "German": "Frage 1: How long?\nAntwort: Six weeks.\n\nFrage 2: How much?\nAntwort: A lot.\n",
    "numbers": "## 1. How long?\n\nSix weeks.\n\n## 2. How much?\n\nA lot.\n",
    "numbered list": "1. **How long?**\n\n   Six weeks.\n\n2. **How much?**\n\n   A lot.\n",
    "table": "| Question | Answer |\n|---|---|\n| How long? | Six weeks. |\n| How much? | A lot. |\n",
    "plain": "How long?\n\nSix weeks.\n\nHow much?\n\nA lot.\n",
    "details": "<details>\n<summary>How long?</summary>\n\nSix weeks.\n\n</details>\n\n"
    "<details>\n<summary>How much?</summary>\n\nA lot.\n\n</details>\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_questions_are_found_however_they_are_set_off(shape: str, tmp_path: Path) -> None:
    assert pairs_of(read(tmp_path, SHAPES[shape])) == [
        ("How long?", "Six weeks."),
        ("How much?", "A lot."),
    ]


def test_a_heading_without_a_mark_asks_where_most_of_its_level_do(tmp_path: Path) -> None:
    text = "# FAQ\n\n## Log in\n\n### How?\n\nSo.\n\n### I cannot log in.\n\nTry it.\n\n### Why?\n\nThus.\n"
    assert pairs_of(read(tmp_path, text)) == [
        ("How?", "So."),
        ("I cannot log in.", "Try it."),
        ("Why?", "Thus."),
    ]
    text = (
        "# Shop\n\n## About us\n\nWe sew.\n\n## Imprint\n\nBristol.\n\n## Any wishes?\n\nTell us.\n"
    )
    assert pairs_of(read(tmp_path, text)) == [("Any wishes?", "Tell us.")]


def test_nested_sections_are_named_and_headings_in_answers_stay_in_them(tmp_path: Path) -> None:
    text = "# FAQ\n\n## Orders\n\n### Late\n\n#### How long?\n\nSix weeks.\n\n##### In a hurry\n\nAsk us.\n"
    [row] = [row for row in read(tmp_path, text) if isinstance(row, RawRow)]
    assert row == RawRow(
        "faq.md",
        7,
        {
            "question": "How long?",
            "answer": "Six weeks.\n\n##### In a hurry\n\nAsk us.",
            "section": "Orders > Late",
            "group": "",
        },
    )


def test_five_sections_are_groups_and_fewer_are_none(tmp_path: Path) -> None:
    def text(num: int) -> str:
        return "# FAQ\n\n" + "".join(f"## S{i}\n\n### Why {i}?\n\nSo.\n\n" for i in range(num))

    groups = [r.fields["group"] for r in read(tmp_path, text(5)) if isinstance(r, RawRow)]
    assert groups == ["S0", "S1", "S2", "S3", "S4"]
    assert {r.fields["group"] for r in read(tmp_path, text(4)) if isinstance(r, RawRow)} == {""}


def test_what_is_no_answer_is_bad_or_left_out_and_counted(tmp_path: Path) -> None:
    text = (
        "# FAQ\n\nWrite to us.\n\n**How long?**\n\n## A\n\n### How long?\n\nSix weeks.\n\n### How much?\n\n"
        "See above.\n\n### Where?\n\n### When?\n\nTODO\n\n### Wo?\n\nSiehe Frage 3.\n"
    )
    rows = read(tmp_path, text)
    assert pairs_of(rows) == [("How long?", "Six weeks.")]
    bad = [row for row in rows if isinstance(row, BadRow)]
    assert [(row.place, row.problems[0].rule) for row in bad] == [
        ("faq.md:17", "empty answer"),
        ("faq.md:19", "empty answer"),
    ]
    assert [row.what for row in rows if isinstance(row, Dropped)] == [
        "text outside of questions",
        "questions in a list of contents",
        "answers that stand elsewhere",
        "answers that stand elsewhere",
    ]


def test_a_document_that_asks_nothing_is_refused_and_documents_proposed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no questions with answers") as caught:
        read(tmp_path, "# About us\n\nWe sew in Bristol.\n")
    assert "`documents:`" in caught.value.fix


def test_stated_and_shown_questions_are_read_once(tmp_path: Path) -> None:
    both = faq.html_json_ld().replace("<main>", "<main><h2>Which size am I?</h2><p>Ours.</p>")
    found = pairs_of(read(tmp_path, both, "faq.html"))
    assert dict(found)["Which size am I?"] == "Ours."
    assert len(found) == len(faq.entries())


def test_places_are_lines_pages_and_paragraphs(tmp_path: Path) -> None:
    lines = faq.markdown().splitlines()
    for row in read(tmp_path, faq.markdown()):
        assert isinstance(row, RawRow)
        assert lines[row.line - 1] == f"### {row.fields['question']}"
    pages = [
        row.line
        for row in read(tmp_path, faq.pdf_reportlab(), "faq.pdf")
        if isinstance(row, RawRow)
    ]
    assert pages == sorted(pages)
    assert len(set(pages)) > 3
    [first, *_] = read(tmp_path, faq.docx(), "faq.docx")
    assert isinstance(first, RawRow)
    assert first.line == 3


@pytest.mark.parametrize("task", ["chat", "generate"])
def test_question_and_answer_are_recognised_for_what_writes(task: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b"")
    (tmp_path / "faq.md").write_text(faq.markdown(), "utf-8")
    dataset = prepared(tmp_path, wanted(task, data={"all": ("faq.md",)}))
    assert dataset.card is not None
    assert dataset.card.columns["input"] == "question"
    assert dataset.card.columns["output"] == "answer"
    assert dataset.card.columns["group"] == "group"
    assert len(examples(dataset)) == len(faq.entries())


def test_what_is_left_out_of_documents_is_counted_in_the_card(tmp_path: Path) -> None:
    (tmp_path / "faq.html").write_text(faq.html_details(), "utf-8")
    (tmp_path / "faq.pdf").write_bytes(faq.pdf_reportlab())
    (tmp_path / "rows.jsonl").write_text(
        '{"text": "a", "answer": "b"}\n{"text": "c", "answer": "d"}\n' * 9
    )
    goal = wanted("generate", data={"all": ("rows.jsonl",)}, documents=("faq.html", "faq.pdf"))
    dataset = prepared(tmp_path, goal)
    numbers = counted(dataset)
    assert numbers["parts around a page in documents"] == 3
    assert numbers["headers and footers of pages in documents"] >= 4
    assert len(dataset.passage_places) == len(dataset.passages) == numbers["passages of documents"]


def test_a_readme_beside_rows_is_no_data(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "README.md").write_text("# What this is\n")
    (folder / "train.csv").write_text("text,label\na,b\n")
    found = find_files({"all": ("rows",)}, folder=tmp_path)
    assert [file.name for file in found.files] == ["rows/train.csv"]
    assert found.passed_over == ("rows/README.md",)


def test_what_is_not_installed_is_named_with_the_line_that_installs_it(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("sartor.data.apart.find_spec", lambda name: None)
    assert importlib.util.find_spec("docx") is not None
    for name in ("a.docx", "a.pdf"):
        with pytest.raises(DataError) as caught:
            read(tmp_path, b"%PDF-1.7", name)
        assert 'pip install "sartor[documents]"' in caught.value.fix
