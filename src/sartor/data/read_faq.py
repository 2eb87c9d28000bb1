"""Frequently asked questions as rows: Markdown, HTML, DOCX and PDF, a pair of question and answer a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sartor.core.errors import DataError
from sartor.data.blocks import markdown_of, plain_key, title_of
from sartor.data.byte_stream import DataFile
from sartor.data.document import read_document
from sartor.data.personal import excerpt
from sartor.data.questions import Pair, asked_in
from sartor.data.row import EMPTY_ANSWER, BadRow, Dropped, Problem, RawRow, raw_json

LEAST_SECTIONS = 5
"""With fewer sections nothing could be held back that does not share a section with what is learned."""
_NOTHING = frozenset(
    ("", "todo", "tbd", "tba", "n a", "xxx", "coming soon", "wird ergänzt", "folgt")
)
_ELSEWHERE = re.compile(
    r"(?:please )?(?:see|cf|same as|as|refer to|siehe|s|vgl|wie|zie|net als|se|som|voir|cf|comme|véase|ver|"
    r"como)(?: auch| also| ook| även| aussi| también)? "
    r"(?:(?:the |die |der |de |la |le |el )?(?:above|below|oben|unten|hierboven|hieronder|boven|onder|ovan|"
    r"nedan|ci dessus|ci dessous|plus haut|plus bas|arriba|abajo|"
    r"(?:previous|preceding|next|last|vorige|vorherige|nächste|föregående|précédente|anterior) "
    r"(?:question|answer|frage|antwort|vraag|antwoord|fråga|svar|pregunta|respuesta|réponse)"
    r"|(?:question|answer|frage|antwort|vraag|fråga|pregunta|punkt|point|no|nr) \d{1,3}))|ditto|idem|dito"
)


def read_faq(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Rows with `question`, `answer`, `section`, `group`; places are lines, of PDF pages, of DOCX paragraphs.

    `group` is the section where there are five of them, so that questions about one thing stay in one split.

    Raises:
        DataError: The file cannot be read, or asks nothing.
    """
    document = read_document(file)
    for left in document.left_out:
        yield Dropped(file.name, left.place, left.what, left.note)
    blocks = document.all_blocks
    asked = asked_in(blocks)
    if not any(pair.answer for pair in asked.pairs):
        raise DataError(
            where=file.name,
            problem="holds no questions with answers.",
            fix="Name it under `documents:` instead, where answers may draw on its passages.",
        )
    for block in asked.outside:
        note = "Text of a document that answers none of its questions was left out."
        yield Dropped(file.name, block.place, "text outside of questions", note)
    yield from _rows(asked.pairs, file.name, title=title_of(blocks))


def _rows(pairs: Sequence[Pair], source: str, *, title: str) -> Iterator[RawRow | BadRow | Dropped]:
    answered = {plain_key(pair.question) for pair in pairs if pair.answer}
    has_groups = len({pair.sections for pair in pairs}) >= LEAST_SECTIONS
    for pair in pairs:
        answer, key = markdown_of(pair.answer), plain_key(pair.question)
        said = plain_key(answer)
        section = " > ".join(pair.sections[bool(title) and pair.sections[:1] == (title,) :])
        group = section if has_groups else ""
        fields = {"question": pair.question, "answer": answer, "section": section, "group": group}
        if said in _NOTHING and not answer and key in answered:
            note = "Questions that are listed before they are answered were left out."
            yield Dropped(source, pair.place, "questions in a list of contents", note)
        elif said in _NOTHING:
            fix = "Write an answer below it, or take the question out."
            problem = Problem(
                f"{source}:{pair.place}", "answer", EMPTY_ANSWER, excerpt(pair.question), fix
            )
            yield BadRow((problem,), raw_json(fields))
        elif _ELSEWHERE.fullmatch(said):
            note = "Answers that only say where another one stands were left out."
            yield Dropped(source, pair.place, "answers that stand elsewhere", note)
        else:
            yield RawRow(source, pair.place, fields)
