"""Memory stays flat: rows are never all held as Python objects."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from exports import read_as
from small_data import data_file, goal, prepared, two_classes, write_rows
from written_data import read, wanted

from sartor.data.readers import READERS
from sartor.data.row import RawRow

NUM_ROWS = 200_000
WORDS_PER_TEXT = 60
STATUS = Path("/proc/self/status")


def _anonymous_bytes() -> int:
    """Memory of this process that is no mapped file, now."""
    found = re.search(r"RssAnon:\s+(\d+) kB", STATUS.read_text())
    return int(found[1]) * 1024 if found else 0


class _Peak:
    """Samples the process's anonymous memory until it is left."""

    def __enter__(self) -> _Peak:
        self.start_bytes = self.peak_bytes = _anonymous_bytes()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def _sample(self) -> None:
        while not self._is_over.wait(0.005):
            self.peak_bytes = max(self.peak_bytes, _anonymous_bytes())

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
def test_two_hundred_thousand_rows_take_less_memory_than_their_texts(tmp_path):
    """The texts alone are 76 MB; all that memory holds of them at its peak is to be half of it."""
    write_rows(tmp_path / "rows.jsonl", two_classes(2_000))
    prepared(tmp_path, goal())  # imports are no growth
    with (tmp_path / "rows.jsonl").open("w") as file:
        for number in range(NUM_ROWS):
            text = f"{number} " + "lorem " * WORDS_PER_TEXT
            file.write(json.dumps({"text": text, "label": f"class {number % 20}"}) + "\n")
    with _Peak() as peak:
        dataset = prepared(tmp_path, goal())
    assert len(dataset.train) + len(dataset.valid) + dataset.test.num_examples == NUM_ROWS
    growth_bytes = peak.peak_bytes - peak.start_bytes
    assert growth_bytes < 64 * 2**20, f"grew by {growth_bytes / 2**20:.0f} MiB"


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
def test_answers_stay_on_disk_as_texts_do(tmp_path):
    """Inputs and answers are 84 MB; every tenth input comes twice, with another answer."""
    read(tmp_path, [{"text": f"{at} a", "answer": "b"} for at in range(4_000)], "generate")
    with (tmp_path / "rows.jsonl").open("w") as file:
        for number in range(NUM_ROWS):
            asked = f"{number if number % 10 else number // 20} " + "lorem " * (WORDS_PER_TEXT // 2)
            row = {"text": asked, "answer": f"{number} " + "ipsum " * (WORDS_PER_TEXT // 2)}
            file.write(json.dumps(row) + "\n")
    with _Peak() as peak:
        dataset = prepared(tmp_path, wanted("generate"))
    assert len(dataset.train) > NUM_ROWS / 2
    growth_bytes = peak.peak_bytes - peak.start_bytes
    assert growth_bytes < 80 * 2**20, f"grew by {growth_bytes / 2**20:.0f} MiB"


def _log_line(number: int, num_conversations: int) -> str:
    """Messages of all conversations in turn, so that those of one are never neighbours."""
    turn, conversation = divmod(number, num_conversations)
    role = "agent" if turn % 2 else "customer"
    fields = {
        "conversation_id": conversation,
        "turn": turn,
        "role": role,
        "text": f"{number} " + "lorem " * 60,
    }
    return json.dumps(fields) + "\n"


def _whatsapp_line(number: int, num_conversations: int) -> str:
    days, minute = divmod(number, NUM_ROWS // num_conversations)
    who = "Support" if minute % 2 else "Ann"
    year, day = divmod(days * 2, 28)
    return f"{day + 1:02}.01.{2001 + year % 90:04}, 10:{minute % 60:02} - {who}: {number} {'lorem ' * 60}\n"


LOGS = {"message_log": ("l.jsonl", _log_line), "whatsapp": ("w.txt", _whatsapp_line)}


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("form", LOGS)
def test_two_hundred_thousand_messages_pass_through_in_flat_memory(tmp_path, form):
    """The messages are 76 MB; a fifth of it is more than a reader may hold of them."""
    name, line = LOGS[form]
    read_as(form, tmp_path / name, "".join(line(at, 2) for at in range(4)))  # imports are no growth
    num_conversations = 1_000
    with (tmp_path / name).open("w") as file:
        file.writelines(line(at, num_conversations) for at in range(NUM_ROWS))
    source = replace(data_file(tmp_path / "x.jsonl"), path=tmp_path / name, name=name, format=form)
    num_rows = num_messages = 0
    with _Peak() as peak:
        for row in READERS.load(form)(source):
            if isinstance(row, RawRow):
                num_rows, num_messages = num_rows + 1, num_messages + len(row.fields["messages"])
    assert (num_rows, num_messages) == (num_conversations, NUM_ROWS)
    growth_bytes = peak.peak_bytes - peak.start_bytes
    assert growth_bytes < 16 * 2**20, f"grew by {growth_bytes / 2**20:.0f} MiB"
