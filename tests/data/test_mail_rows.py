"""What becomes of mails: rows of threads, and counted lines for all that is left out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from mail_box import (
    AGENTS,
    ANSWERED,
    ASKED,
    changed,
    mail_file,
    mbox,
    read,
    read_mails,
    said,
    texts,
)

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.files import content_of, find_files
from sartor.data.mail_headers import sender_of, subject_key
from sartor.data.readers import read_rows


def _maildir(folder: Path, **mails: str) -> None:
    for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, mail in mails.items():
        place, _, number = name.partition("_")
        place = {"sent": ".Sent/cur"}.get(place, place)
        (folder / place / f"{number}.host:2,S").write_text(mail)


def test_a_thread_is_a_row_with_question_and_answer(tmp_path: Path):
    rows, dropped = read_mails(tmp_path, ASKED, ANSWERED)
    (row,) = rows
    assert row.place == "inbox.mbox:1"
    assert row.fields == {
        "messages": [
            {"role": "user", "content": "Is the coat warm?"},
            {"role": "assistant", "content": "It is lined with wool."},
        ],
        "text": "Is the coat warm?",
        "subject": "Coat",
        "tags": [],
        "group": "lena@post.example",
        "conversation": "q@post.example",
        "time": "2024-03-04T08:00:00+00:00",
        "place": "inbox.mbox:1",
    }
    assert not dropped


def test_the_place_of_a_thread_is_the_line_of_its_first_mail(tmp_path: Path):
    other = changed(ASKED, message_id="<z@post.example>", Subject="Hat", from_="bo@post.example")
    rows, _ = read_mails(tmp_path, ASKED, ANSWERED, other)
    assert [row.line for row in rows] == [1, 20]
    lines = (tmp_path / "inbox.mbox").read_text().split("\n")
    assert lines[rows[1].line - 1].startswith("From ")
    assert "bo@post.example" in "".join(lines[rows[1].line :])


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": "", "References": "<gone@x.example> <q@post.example>"},
        {"In_Reply_To": "", "References": ""},
        {"In_Reply_To": "<rewritten@gateway.example>"},
        {"In_Reply_To": "Your mail of Monday <q@post.example>"},
        {"In_Reply_To": "q@post.example"},
        {"In_Reply_To": "", "Subject": "AW: RE: [Hem #123] Coat"},
        {"In_Reply_To": "", "Subject": "Coat"},
        {"Date": ""},
        {"Date": "soon"},
        {"Date": "Mon, 4 Mar 2024 08:59:00 +0100"},
        {"message_id": ""},
        {"message_id": "<q@post.example>", "In_Reply_To": "", "References": ""},
        {"from_": '"lena@post.example" <Support@HEM.example>'},
    ],
    ids=str,
)
def test_an_answer_finds_its_question_by_what_is_left_of_its_header(tmp_path: Path, headers):
    for order in ((ASKED, changed(ANSWERED, **headers)), (changed(ANSWERED, **headers), ASKED)):
        rows, _ = read_mails(tmp_path, *order)
        assert [said(row) for row in rows] == [["Is the coat warm?", "It is lined with wool."]]


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": "", "Subject": "Re: Trousers"},
        {"In_Reply_To": "", "To": "bo@post.example"},
        {"In_Reply_To": "", "Date": "Mon, 4 Nov 2024 10:00:00 +0100"},
    ],
    ids=str,
)
def test_what_only_looks_alike_is_no_answer(tmp_path: Path, headers):
    rows, dropped = read_mails(tmp_path, ASKED, changed(ANSWERED, **headers))
    assert [said(row) for row in rows] == [["Is the coat warm?"]]
    assert dropped == {"threads without a customer": 1}


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"Auto_Submitted": "auto-replied"}, "automatic replies"),
        ({"X_Autoreply": "yes"}, "automatic replies"),
        ({"Precedence": "auto_reply"}, "automatic replies"),
        ({"Subject": "Automatische Antwort: Coat"}, "automatic replies"),
        ({"Subject": "=?utf-8?q?R=C3=A9ponse_automatique_=3A_Coat?="}, "automatic replies"),
        ({"Subject": "Frånvaro: Coat"}, "automatic replies"),
        ({"Precedence": "bulk"}, "newsletters and lists"),
        ({"List_Unsubscribe": "<https://x.example/u>"}, "newsletters and lists"),
        ({"from_": "MAILER-DAEMON@relay.example"}, "bounces"),
        ({"Content_Type": "multipart/report; report-type=delivery-status"}, "bounces"),
    ],
    ids=str,
)
def test_what_no_person_wrote_is_left_out_and_counted_by_its_name(tmp_path: Path, headers, what):
    extra = changed(ASKED, message_id="<m@x.example>", In_Reply_To="<q@post.example>", **headers)
    rows, dropped = read_mails(tmp_path, ASKED, extra, ANSWERED)
    assert [said(row) for row in rows] == [["Is the coat warm?", "It is lined with wool."]]
    assert dropped == {what: 1}


def test_a_header_that_says_it_is_not_automatic_changes_nothing(tmp_path: Path):
    rows, dropped = read_mails(tmp_path, changed(ASKED, Auto_Submitted="no"), ANSWERED)
    assert len(rows) == 1
    assert not dropped


def test_the_same_mail_in_two_folders_counts_once_and_one_id_for_two_mails_hides_none(tmp_path):
    another = changed(ASKED, Subject="Gloves").replace("coat", "glove")
    rows, dropped = read_mails(tmp_path, ASKED, ANSWERED, ASKED, another)
    assert texts(rows) == ["Is the coat warm?", "Is the glove warm?"]
    assert dropped == {"mails that occur twice": 1}


def test_customers_who_answer_one_newsletter_have_threads_of_their_own(tmp_path: Path):
    news = changed(
        ANSWERED,
        message_id="<news@hem.example>",
        In_Reply_To="",
        To="undisclosed:;",
        Subject="News",
    )
    answers = [
        changed(
            ASKED,
            message_id=f"<r{n}@x.example>",
            In_Reply_To="<news@hem.example>",
            from_=f"c{n}@x.example",
        )
        for n in range(3)
    ]
    for mails in ([news, *answers], answers):
        rows, _ = read_mails(tmp_path, *mails)
        assert [row.fields["group"] for row in rows] == [
            "c0@x.example",
            "c1@x.example",
            "c2@x.example",
        ]


def test_mails_that_refer_in_a_circle_are_read_once_each(tmp_path: Path):
    rows, _ = read_mails(tmp_path, changed(ASKED, In_Reply_To="<a@hem.example>"), ANSWERED)
    assert sorted(said(rows[0])) == ["Is the coat warm?", "It is lined with wool."]


def test_a_mail_follows_the_one_it_answers_even_where_a_clock_is_wrong(tmp_path: Path):
    thanks = changed(
        ASKED,
        message_id="<t@x>",
        In_Reply_To="<a@hem.example>",
        Date="Sun, 3 Mar 2024 09:00:00 +0000",
    ).replace("Is the coat warm?", "Lovely.")
    rows, _ = read_mails(tmp_path, thanks, ANSWERED, ASKED)
    assert said(rows[0]) == ["Is the coat warm?", "It is lined with wool.", "Lovely."]


@pytest.mark.parametrize(
    ("content_type", "encoding", "body", "text"),
    [
        ("text/plain; charset=utf-8", "base64", b"UGFzc3QgZGllIEjDtHNlPw", "Passt die Hôse?"),
        ("text/plain; charset=utf-8", "quoted-printable", b"gr=C3=BC=\nn", "grün"),
        ("text/plain; charset=us-ascii", "8bit", "grün".encode(), "grün"),
        ("text/plain; charset=utf-8", "8bit", "grün".encode("latin-1"), "grün"),
        ("text/plain; charset=nonsense-9", "8bit", "grün".encode(), "grün"),
        ("text/plain; charset=zlib", "8bit", "grün".encode(), "grün"),
        ("text/plain; charset=iso-2022-jp", "7bit", "服です".encode("iso-2022-jp"), "服です"),
        ("text/plain; charset=gb2312", "8bit", "衣服".encode("gb2312"), "衣服"),
        (
            "text/plain; format=flowed",
            "7bit",
            b"The coat is \nwarm.\nIs it?",
            "The coat is warm.\nIs it?",
        ),
        (
            "text/html",
            "7bit",
            b"<p>Is it&nbsp;<b>warm</b>?</p><script>x()</script><p>Yes",
            "Is it warm?\n\nYes",
        ),
        ("text/html", "7bit", b"Yes.<blockquote>Is it warm?</blockquote>", "Yes."),
        ("text/html", "7bit", b"<div style='display:none'>Peek</div>Yes.", "Yes."),
    ],
)
def test_a_body_is_read_in_whatever_encoding_it_comes(tmp_path, content_type, encoding, body, text):
    head = changed(ASKED, Content_Type=content_type, Content_Transfer_Encoding=encoding)
    rows, _ = read_mails(tmp_path, head.partition("\n\n")[0].encode() + b"\n\n" + body, ANSWERED)
    assert rows[0].fields["text"] == text


def test_of_alternatives_the_plain_one_is_read_and_attachments_are_counted(tmp_path: Path):
    head = changed(ASKED, Content_Type='multipart/mixed; boundary="o"').partition("\n\n")[0]
    body = (
        "--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\nPlain.\n--i\n"
        "Content-Type: text/html\n\n"
        "<b>Not plain.</b>\n--i--\n--o\nContent-Type: image/png\n\nxx\n--o\nContent-Type: text/plain\n"
        "Content-Disposition: attachment; filename=a.txt\n\nsecret\n--o--\nafter"
    )
    rows, dropped = read_mails(tmp_path, f"{head}\n\n{body}", ANSWERED)
    assert rows[0].fields["text"] == "Plain."
    assert dropped == {"attachments": 2}


def test_sentences_that_begin_with_from_begin_no_mail(tmp_path: Path):
    asked = ASKED + "\nFrom what I see it is.\n>From here on I wait.\nFrom: nobody\n"
    rows, _ = read_mails(tmp_path, asked, ANSWERED)
    assert (
        rows[0]
        .fields["text"]
        .endswith("From what I see it is.\nFrom here on I wait.\nFrom: nobody")
    )


def test_a_gzipped_mbox_with_windows_line_ends_is_the_same(tmp_path: Path):
    content = mbox(ASKED, ANSWERED).replace(b"\n", b"\r\n")
    rows, _ = read(mail_file(tmp_path, gzip.compress(content), name="inbox.mbox.gz"))
    assert said(rows[0]) == ["Is the coat warm?", "It is lined with wool."]


def test_labels_of_a_mail_are_its_tags(tmp_path: Path):
    rows, _ = read_mails(tmp_path, changed(ASKED, X_Gmail_Labels="Inbox,Fit"), ANSWERED)
    assert rows[0].fields["tags"] == ["Inbox", "Fit"]


def test_where_answers_are_learned_threads_without_one_are_counted_and_left_out(tmp_path: Path):
    alone = changed(ASKED, message_id="<z@z>", from_="bo@post.example", Subject="Hat")
    rows, dropped = read_mails(tmp_path, ASKED, ANSWERED, alone, is_for_answers=True)
    assert len(rows) == 1
    assert dropped == {"threads without an answer": 1}
    assert len(read_mails(tmp_path, ASKED, ANSWERED, alone)[0]) == 2


def test_mails_between_agents_are_no_answers(tmp_path: Path):
    inner = changed(ANSWERED, message_id="<i@hem.example>", To="tomas@hem.example")
    rows, dropped = read_mails(tmp_path, ASKED, inner, ANSWERED)
    assert said(rows[0]) == ["Is the coat warm?", "It is lined with wool."]
    assert dropped == {"mails between agents": 1}


def test_what_the_company_wrote_first_is_context_and_the_text_is_the_customers(tmp_path: Path):
    first = changed(ANSWERED, In_Reply_To="", Date="Mon, 4 Mar 2024 07:00:00 +0100", Subject="Coat")
    reply = changed(ASKED, In_Reply_To="<a@hem.example>")
    rows, _ = read_mails(tmp_path, first, reply)
    assert [message["role"] for message in rows[0].fields["messages"]] == ["assistant", "user"]
    assert rows[0].fields["text"] == "Is the coat warm?"


@pytest.mark.parametrize("agent", ["Ida@Hem.example", "@hem.example", "ida", "*@hem.example"])
def test_agents_are_addresses_domains_or_names(tmp_path: Path, agent: str):
    rows, _ = read_mails(tmp_path, ASKED, ANSWERED, agents=(agent,))
    assert [message["role"] for message in rows[0].fields["messages"]] == ["user", "assistant"]


def _threads(num_threads: int, *, answered_by: str = "ida@hem.example") -> list[str]:
    mails = []
    for n in range(num_threads):
        customer = {
            "message_id": f"<q{n}@x>",
            "from_": f"c{n}@post{n}.example",
            "Subject": f"Coat {n}",
        }
        mails.append(changed(ASKED, **customer))
        answer = {
            "message_id": f"<a{n}@x>",
            "In_Reply_To": f"<q{n}@x>",
            "To": f"c{n}@post{n}.example",
        }
        mails.append(changed(ANSWERED, from_=answered_by, **answer))
    return mails


def test_agents_that_nobody_named_are_guessed_and_the_guess_is_a_counted_line(tmp_path: Path):
    file = mail_file(tmp_path, mbox(*_threads(5)), agents=())
    rows, dropped = read(file)
    assert len(rows) == 5
    assert dropped == {"threads with guessed agents": 5}
    note = next(one.note for one in read_rows(file) if hasattr(one, "note"))
    assert "`@hem.example`" in note
    assert "5 of 5 threads" in note


def test_of_a_domain_that_many_people_share_the_address_is_guessed(tmp_path: Path):
    mails = _threads(4, answered_by="hemandco@gmail.com")
    rows, _ = read_mails(tmp_path, *mails, agents=())
    assert all(row.fields["messages"][1]["role"] == "assistant" for row in rows)


def test_where_nobody_clearly_answers_the_error_asks_and_names_candidates(tmp_path: Path):
    mails = [ASKED, ANSWERED]
    with pytest.raises(DataError, match=r"agents: \[ADDRESS or @DOMAIN\].*@hem\.example") as caught:
        read_mails(tmp_path, *mails, agents=())
    assert "lena" not in str(caught.value)
    with pytest.raises(DataError, match="nobody named there wrote or got a mail"):
        read_mails(tmp_path, *mails, agents=("@other.example",))


def test_a_mailbox_without_a_customer_says_what_it_holds(tmp_path: Path):
    news = changed(ASKED, message_id="<n@x>", Precedence="bulk")
    with pytest.raises(
        DataError, match=r"holds 2 mails \(1 newsletters and lists\), but no thread"
    ):
        read_mails(tmp_path, news, changed(ANSWERED, In_Reply_To=""))


def test_a_maildir_is_read_with_its_subfolders_and_without_what_was_never_delivered(tmp_path: Path):
    _maildir(
        tmp_path / "mail",
        new_1=ASKED,
        sent_2=ANSWERED,
        cur_3=ASKED,
        tmp_4=changed(ASKED, message_id="<t@t>"),
    )
    (file,) = find_files({"all": ("mail",)}, folder=tmp_path).files
    assert (file.format, file.path) == ("maildir", tmp_path / "mail")
    rows, dropped = read(DataFile(file.path, file.name, "all", file.format, "", AGENTS))
    assert [said(row) for row in rows] == [["Is the coat warm?", "It is lined with wool."]]
    assert dropped == {"mails that occur twice": 1}
    assert rows[0].fields["place"].startswith("mail/")


def test_single_mails_of_a_folder_make_threads_beside_other_files(tmp_path: Path):
    for name, content in {
        "mails/in/1.eml": ASKED,
        "mails/out/2.EML": ANSWERED,
        "mails/t.csv": "a,b\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    files = find_files({"all": ("mails",)}, folder=tmp_path).files
    assert sorted((file.name, file.format) for file in files) == [
        ("mails", "mail_folder"),
        ("mails/t.csv", "csv"),
    ]
    folder = next(file for file in files if file.format == "mail_folder")
    rows, _ = read(DataFile(folder.path, folder.name, "all", folder.format, "", AGENTS))
    assert len(rows) == 1
    before = content_of(folder)
    (tmp_path / "mails/out/2.EML").write_text(ANSWERED + "More.")
    assert content_of(folder) != before


def test_inbox_and_sent_mail_in_two_files_are_one_mailbox(tmp_path: Path):
    (tmp_path / "inbox.mbox").write_bytes(mbox(ASKED))
    (tmp_path / "sent.mbox").write_bytes(mbox(ANSWERED, ASKED))
    (file,) = find_files({"all": ("inbox.mbox", "sent.mbox")}, folder=tmp_path).files
    assert file.name == "inbox.mbox and 1 more"
    rows, dropped = read(
        DataFile(file.path, file.name, "all", "mail", "", AGENTS, parts=file.parts)
    )
    assert [said(row) for row in rows] == [["Is the coat warm?", "It is lined with wool."]]
    assert dropped == {"mails that occur twice": 1}
    by_split = find_files({"train": ("inbox.mbox",), "test": ("sent.mbox",)}, folder=tmp_path).files
    assert [one.split for one in by_split] == ["train", "test"]


def test_a_mail_that_a_folder_holds_is_not_named_again(tmp_path: Path):
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails/1.eml").write_text(ASKED)
    with pytest.raises(DataError, match="lies in `mails`, which is read as a whole"):
        find_files({"train": ("mails",), "test": ("mails/1.eml",)}, folder=tmp_path)


@pytest.mark.parametrize(
    ("subject", "key", "is_reply"),
    [
        ("Re: AW: Coat", "coat", True),
        ("RE : Coat", "coat", True),
        ("SV: VS: coat", "coat", True),
        ("Re[2]: [Hem] Coat", "coat", True),
        ("Antw.: Coat", "antw.: coat", False),
        ("WG: Coat", "coat", False),
        ("[Ticket #4711] Coat", "coat", False),
        ("Re: ", "", True),
        ("Refund: Coat", "refund: coat", False),
    ],
)
def test_a_subject_is_told_without_what_clients_put_in_front(subject, key, is_reply):
    assert subject_key(subject) == (key, is_reply)


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        ("Ida <IDA@hem.example>", "ida@hem.example", "Ida"),
        ("ida@hem.example", "ida@hem.example", ""),
        ('"support@fake.example" <x@y.example>', "x@y.example", "support@fake.example"),
        ("=?iso-8859-1?Q?J=F6rg?= <j@x.example>", "j@x.example", "Jörg"),
        ("ida@hem.example (Ida)", "ida@hem.example", ""),
        ("", "", ""),
        ("nobody", "", ""),
    ],
)
def test_a_sender_is_the_address_in_brackets(value, address, name):
    assert sender_of(value) == (address, name)
