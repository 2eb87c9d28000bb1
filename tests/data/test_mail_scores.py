"""Threads, quotes and signatures are told well enough, on mails that were written with a key."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import mail_other_styles
import mail_styles
import pytest
from mail_scores import mailbox, quote_f1, signature_f1, thread_f1

from sartor.data.mail_agents import agents_of
from sartor.data.mail_index import MailIndex
from sartor.data.mail_quotes import quote_mask
from sartor.data.mail_threads import MailThreads
from sartor.data.read_mail import read_mail
from sartor.data.row import RawRow

LEAST_F1 = 0.95
INBOXES = {"known styles": mail_styles.inbox, "other styles": mail_other_styles.inbox}


@pytest.mark.parametrize("name", INBOXES)
def test_mails_are_put_into_their_threads_in_order(tmp_path: Path, name: str, capsys):
    mails = INBOXES[name]()
    with ExitStack() as stack:
        index = MailIndex(mailbox(tmp_path, mails), stack)
        agents = agents_of(index, ["@hem.example"])
        threads = [
            [mails[at].id for at in thread] for thread in MailThreads(index, agents.is_agent)
        ]
    assert len({mail.thread for mail in mails}) >= 60
    assert all(thread == sorted(thread) for thread in threads)
    score = thread_f1(threads, mails)
    with capsys.disabled():
        print(f"\n{name}: threads, pairwise F1 {score:.3f}")
    assert score >= LEAST_F1


@pytest.mark.parametrize("name", INBOXES)
def test_quotes_and_signatures_are_told_by_line(name: str, capsys):
    mails = INBOXES[name]()
    quotes, signatures = quote_f1(mails), signature_f1(mails)
    with capsys.disabled():
        print(f"\n{name}: quotes F1 {quotes:.3f}, signatures F1 {signatures:.3f}")
    assert quotes >= LEAST_F1
    assert signatures >= LEAST_F1


def test_the_score_sees_what_a_rule_misses():
    mails = mail_styles.inbox(rounds=1)
    only_marks = quote_f1(mails, lambda lines: [line.startswith(">") for line in lines])
    assert quote_f1(mails, lambda lines: [False] * len(lines)) == 0
    assert 0.3 < only_marks < quote_f1(mails, quote_mask) - 0.1


def test_question_and_answers_stand_in_the_row_as_they_were_written(tmp_path: Path):
    mails = mail_styles.inbox()
    rows = [row for row in read_mail(mailbox(tmp_path, mails)) if isinstance(row, RawRow)]
    assert len(rows) == len({mail.thread for mail in mails})
    first = next(row for row in rows if row.fields["conversation"] == "t0.0@mail.example")
    written = [mail for mail in mails if mail.thread == "t0"]
    assert [message["content"] for message in first.fields["messages"]] == [
        "\n".join(mail.own) for mail in written
    ]
    assert [message["role"] for message in first.fields["messages"]] == ["user", "assistant"] * 2
    assert first.fields["text"] == "\n".join(written[0].own)
    assert first.fields["group"] == written[0].sender.address
    assert first.fields["subject"] == written[0].subject
    assert first.fields["time"] == "2024-03-04T08:30:00+00:00"
