# ruff: noqa: E501 - the texts stand as they are sent
"""How clients write: the styles that the rules for quotes and signatures were made with."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime
from html import escape

from mail_dialogues import DIALOGUES
from mail_writing import (
    OWN,
    QUOTE,
    SIGNATURE,
    SUPPORT,
    Mail,
    Person,
    Style,
    broken,
    marked,
    paragraphs,
    set_body,
    set_html,
    write_thread,
)

CUSTOMERS = {
    "en": Person("Paul Archer", "paul.archer@post.example", "en", ("Best regards,", "Paul")),
    "de": Person(
        "Greta Lindner",
        "g.lindner@brief.example",
        "de",
        (
            "Mit freundlichen Grüßen",
            "Greta Lindner",
            "",
            "Lindner Optik · Am Markt 3 · 24103 Kiel",
            "Tel. 0431 555 0199",
        ),
    ),
    "nl": Person(
        "Sanne Visser",
        "sanne.visser@bericht.example",
        "nl",
        ("Met vriendelijke groet,", "Sanne Visser"),
    ),
    "fr": Person(
        "Chloé Marchand", "chloe@courrier.example", "fr", ("Cordialement,", "", "Chloé Marchand")
    ),
    "es": Person("Marta Ruiz", "marta.ruiz@correo.example", "es", ("Un saludo,", "Marta")),
    "sv": Person(
        "Elin Åberg", "elin@posten.example", "sv", ("Med vänliga hälsningar", "Elin Åberg")
    ),
}
AGENTS = {
    "en": (
        "Kind regards",
        "Ida",
        "",
        "Hem & Co. Customer Care",
        "www.hem.example | +49 421 555 0100",
    ),
    "de": (
        "Viele Grüße aus Bremen",
        "Ida Sommer",
        "--",
        "Hem & Co. GmbH, Kundenservice",
        "Sitz: Bremen, Amtsgericht Bremen HRB 55501",
        "Geschäftsführer: Jonte Hem",
    ),
    "nl": ("Hartelijke groeten,", "Ida van Hem & Co.", "www.hem.example"),
    "fr": (
        "Bien à vous,",
        "Ida Sommer",
        "Service client Hem & Co.",
        "",
        "Ce message et ses pièces jointes sont confidentiels et destinés exclusivement à leur destinataire.",
    ),
    "es": ("Saludos cordiales,", "Ida", "Atención al cliente, Hem & Co."),
    "sv": ("Vänliga hälsningar,", "Ida", "Hem & Co. kundtjänst", "08-555 010 00"),
}
SECRET = {
    "en": "This e-mail is confidential and intended solely for the addressee. If you are not the intended recipient, please delete it.",
    "de": "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, löschen Sie sie bitte.",
    "nl": "Dit bericht is vertrouwelijk en uitsluitend bestemd voor de geadresseerde.",
    "fr": "Ce message est confidentiel. Si vous n'êtes pas le destinataire, merci de le supprimer.",
    "es": "Este mensaje es confidencial y está dirigido exclusivamente a su destinatario.",
    "sv": "Detta meddelande är konfidentiellt och endast avsett för mottagaren.",
}
MOBILE = {
    "en": "Sent from my iPhone",
    "de": "Von meinem iPhone gesendet",
    "nl": "Verstuurd vanaf mijn iPhone",
    "fr": "Envoyé de mon iPhone",
    "es": "Enviado desde mi iPhone",
    "sv": "Skickat från min iPhone",
}
FIELDS = {
    "en": ("From", "Sent", "To", "Subject"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
}
ORIGINAL = {
    "en": "-----Original Message-----",
    "de": "-----Ursprüngliche Nachricht-----",
    "nl": "-----Oorspronkelijk bericht-----",
    "fr": "-----Message d'origine-----",
    "es": "-----Mensaje original-----",
    "sv": "-----Ursprungligt meddelande-----",
}


def wrote(before: Mail, language: str) -> str:
    """The line above a quote, as Gmail writes it."""
    who, day, clock = _who(before), before.time, f"{before.time:%H:%M}"
    return {
        "en": f"On {day:%a, %b %d, %Y} at {clock} {who} wrote:",
        "de": f"Am Mo., {day.day}. März {day.year} um {clock} Uhr schrieb {who}:",
        "nl": f"Op ma {day.day} mrt {day.year} om {clock} schreef {who}:",
        "fr": f"Le lun. {day.day} mars {day.year} à {clock}, {who} a écrit :",
        "es": f"El lun, {day.day} mar {day.year} a las {clock}, {who} escribió:",
        "sv": f"Den mån {day.day} mars {day.year} kl {clock} skrev {who}:",
    }[language]


def wrote_shortly(before: Mail, language: str) -> str:
    """The same, as Thunderbird and Apple Mail write it."""
    name, day, clock = before.sender.name, before.time, f"{before.time:%H:%M}"
    return {
        "en": f"On {day:%d/%m/%Y} {clock}, {name} wrote:",
        "de": f"Am {day:%d.%m.%Y} um {clock} schrieb {name}:",
        "nl": f"Op {day:%d-%m-%Y} om {clock} schreef {name}:",
        "fr": f"Le {day:%d/%m/%Y} à {clock}, {name} a écrit :",
        "es": f"El {day:%d/%m/%Y} a las {clock}, {name} escribió:",
        "sv": f"{day:%d mars %Y} kl. {clock} skrev {name} <{before.sender.address}>:",
    }[language]


def header_lines(before: Mail, language: str, *, bold: str = "") -> list[str]:
    """The header of an answered mail, as Outlook writes it."""
    values = (_who(before), _long_date(before.time), before.to.address, before.subject)
    return [
        f"{bold}{name}:{bold} {value}" for name, value in zip(FIELDS[language], values, strict=True)
    ]


def _who(mail: Mail) -> str:
    return f"{mail.sender.name} <{mail.sender.address}>"


def _long_date(time: datetime) -> str:
    return f"{time:%d.%m.%Y %H:%M}"


def plain(mail: Mail, before: Mail | None) -> None:
    """A form on the web, or a client that quotes nothing."""
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature))


def gmail(mail: Mail, before: Mail | None) -> None:
    """On top, the quote behind `>` below."""
    quote = [wrote(before, mail.sender.language), "", *marked(before.said)] if before else []
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature), (QUOTE, quote))


def gmail_wrapped(mail: Mail, before: Mail | None) -> None:
    """The line above the quote is broken in two."""
    above = textwrap.wrap(wrote(before, mail.sender.language), 56) if before else []
    quote = [*above, "", *marked(before.said)] if before else []
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature), (QUOTE, quote))


def gmail_html(mail: Mail, before: Mail | None) -> None:
    """HTML alone, with a quote in a blockquote and a signature in its class."""
    above = wrote(before, mail.sender.language) if before else ""
    said = before.said.split("\n") if before else []
    own = f'<div dir="ltr">{broken(mail.own)}</div>'
    sign = f'<div class="gmail_signature">{broken(mail.signature)}</div>'
    quote = (
        f'<div class="gmail_quote"><div class="gmail_attr">{escape(above)}<br></div>'
        f'<blockquote class="gmail_quote">{broken(said)}</blockquote></div>'
    )
    set_html(
        mail,
        (OWN, mail.own, own),
        (SIGNATURE, ["-- ", *mail.signature], sign),
        (QUOTE, [above, *said], quote if before else ""),
    )


def outlook(mail: Mail, before: Mail | None) -> None:
    """On top; below a rule a header and the older mail without marks."""
    above = (
        ["________________________________", *header_lines(before, mail.sender.language)]
        if before
        else []
    )
    quote = [*above, "", *before.said.split("\n")] if before else []
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature), (QUOTE, quote))


def outlook_original(mail: Mail, before: Mail | None) -> None:
    """With a line that says `Original Message`."""
    language = mail.sender.language
    above = [ORIGINAL[language], *header_lines(before, language)] if before else []
    quote = [*above, "", *before.said.split("\n")] if before else []
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature), (QUOTE, quote))


def outlook_html(mail: Mail, before: Mail | None) -> None:
    """The header stands in a box with a border on top."""
    head = header_lines(before, mail.sender.language) if before else []
    said = before.said.split("\n") if before else []
    box = f'<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal>{broken(head)}</p></div>'
    set_html(
        mail,
        (OWN, mail.own, paragraphs(mail.own)),
        (SIGNATURE, mail.signature, paragraphs(["", *mail.signature])),
        (QUOTE, [*head, *said], box + paragraphs(said) if before else ""),
    )


def apple_mobile(mail: Mail, before: Mail | None) -> None:
    """A phone: a footer of its own, and the quote below."""
    language = mail.sender.language
    quote = [wrote_shortly(before, language), "", *marked(before.said)] if before else []
    name = mail.sender.name.split()[0]
    set_body(mail, (OWN, mail.own), (SIGNATURE, [name, "", MOBILE[language]]), (QUOTE, quote))


def thunderbird(mail: Mail, before: Mail | None) -> None:
    """Below the quote, with a signature behind `-- `."""
    quote = [wrote_shortly(before, mail.sender.language), *marked(before.said)] if before else []
    set_body(mail, (QUOTE, quote), (OWN, mail.own), (SIGNATURE, ["-- ", *mail.signature[1:]]))


def between(mail: Mail, before: Mail | None) -> None:
    """An answer below each half of the quote."""
    if before is None:
        plain(mail, before)
        return
    quote = marked(before.said)
    above = [wrote(before, mail.sender.language)]
    half = max(1, len(mail.own) // 2)
    set_body(
        mail,
        (QUOTE, [*above, *quote[:1]]),
        (OWN, mail.own[:half]),
        (QUOTE, quote[1:]),
        (OWN, mail.own[half:]),
        (SIGNATURE, mail.signature),
    )


def with_disclaimer(mail: Mail, before: Mail | None) -> None:
    """A company's mail: legal text below everything that is its own."""
    language = mail.sender.language
    quote = [wrote(before, language), *marked(before.said)] if before else []
    legal = textwrap.wrap(SECRET[language], 72)
    set_body(mail, (OWN, mail.own), (SIGNATURE, [*mail.signature, "", *legal]), (QUOTE, quote))


def name_alone(mail: Mail, before: Mail | None) -> None:
    """No closing, only a name."""
    quote = [wrote_shortly(before, mail.sender.language), *marked(before.said)] if before else []
    set_body(mail, (OWN, mail.own), (SIGNATURE, [mail.sender.name.split()[0]]), (QUOTE, quote))


CLIENTS: list[tuple[Style, Style]] = [
    (plain, gmail),
    (gmail, outlook),
    (gmail_html, outlook_html),
    (apple_mobile, thunderbird),
    (thunderbird, gmail_wrapped),
    (outlook, between),
    (outlook_original, gmail),
    (name_alone, with_disclaimer),
    (with_disclaimer, outlook_original),
    (outlook_html, plain),
    (gmail_wrapped, gmail_html),
    (between, outlook),
]
"""A customer's client and the agents'."""
REPLIES = {"en": "Re: ", "de": "AW: ", "nl": "Antw: ", "fr": "RE : ", "es": "RE: ", "sv": "SV: "}


def agent(language: str) -> Person:
    """Ida, who answers in all languages."""
    return Person(*SUPPORT, language, AGENTS[language])


def inbox(clients: Sequence[tuple[Style, Style]] = CLIENTS, *, rounds: int = 4) -> list[Mail]:
    """Threads of all dialogues, each round with other clients, mixed by time as an inbox is."""
    mails: list[Mail] = []
    number = 0
    for turn in range(rounds):
        for language, dialogues in DIALOGUES.items():
            for subject, turns in dialogues:
                person = CUSTOMERS[language]
                if turn % 2:
                    person = Person(
                        person.name, f"{turn}.{person.address}", language, person.signature
                    )
                mails += _damaged(
                    write_thread(
                        f"t{number}",
                        (person, agent(language)),
                        f"{subject} {number}",
                        turns,
                        styles=clients[number % len(clients)],
                        reply=REPLIES[language],
                    ),
                    number,
                )
                number += 1
    return sorted(mails, key=lambda mail: (mail.time, mail.thread))


def _damaged(mails: list[Mail], number: int) -> list[Mail]:
    """What real clients do to headers and bytes, each to some of the threads."""
    for mail in mails:
        if mail.headers:
            mail.headers = dict(
                [
                    mail.headers.items(),
                    {"References": mail.headers["References"]}.items(),
                    {"In-Reply-To": mail.headers["In-Reply-To"]}.items(),
                    {}.items(),
                ][number % 4]
            )
        charset, encoding = [
            ("utf-8", "8bit"),
            ("utf-8", "quoted-printable"),
            ("utf-8", "base64"),
            ("iso-8859-1", "8bit"),
            ("cp1252", "quoted-printable"),
        ][number % 5]
        mail.charset, mail.encoding = charset, encoding
        if number % 7 == 3:
            mail.headers["Content-Type"] = (
                "text/plain; charset=us-ascii" if not mail.is_html else "text/html"
            )
    return mails
