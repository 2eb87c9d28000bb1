# ruff: noqa: E501 - the texts stand as they are sent
"""How other clients and other people write: written after the rules stood, to see what they are worth.

Nothing in `mail_quotes`, `mail_signatures` and `mail_threads` was made with these in view.
"""

from __future__ import annotations

from datetime import timedelta
from html import escape

from mail_writing import (
    OWN,
    QUOTE,
    SIGNATURE,
    START,
    Mail,
    Person,
    Style,
    broken,
    marked,
    set_body,
    set_html,
    write_thread,
)

DIALOGUES = {
    "en": [
        (
            "Missing cufflinks",
            (
                "hi, parcel came today but the cufflinks are not in it??\nordered them together with the shirt on the 2nd.\nthanks for checking",
                "Sorry about that! They travel in a parcel of their own.\n\nThe tracking number is 00340434161094. It should arrive tomorrow.",
                "ah ok. got it, thanks!",
            ),
        ),
        (
            "Alteration of a coat",
            (
                "To whom it may concern,\n\nI bought a coat in your shop in Leeds last autumn. I have since lost some weight and would like it taken in.\n\n1) Is that possible at all?\n2) What would it cost?\n\nThanks in advance for your reply.",
                "Dear Mr Osei,\n\nThank you for getting in touch.\n\n1) Yes, by up to two sizes.\n2) Between 40 and 70 pounds.\n\nWould you like us to book you in?",
                "Yes please, any afternoon next week.\n\nCheers for the quick answer.",
                "Tuesday, 3 pm it is.",
            ),
        ),
        (
            "Gift wrapping",
            (
                "Do you gift wrap? It's for my dad.\nAlso, can you leave out the price?",
                "We do, and the price is never in the parcel. Just tick the box at checkout.",
                "Perfect. Best service ever.",
            ),
        ),
    ],
    "de": [
        (
            "Reklamation Knopfloch",
            (
                "Sehr geehrte Damen und Herren,\n\nbeim Mantel (Auftrag 77120) ist ein Knopfloch ausgerissen. Das darf nach vier Wochen nicht passieren.\n\nIch bitte um Reparatur.\n\nVielen Dank im Voraus.",
                "Sehr geehrter Herr Öztürk,\n\ndas tut uns sehr leid. Wir reparieren das selbstverständlich kostenlos.\n\nSenden Sie den Mantel bitte an unsere Werkstatt.",
                "Der Mantel ging gestern raus.\nSendungsnummer: 003404341610",
                "Danke, er ist heute angekommen und geht Freitag an Sie zurück.",
            ),
        ),
        (
            "Frage zur Pflege",
            (
                "hallo, darf das kleid in die waschmaschine? auf dem etikett steht nur ein symbol mit punkt\nlg",
                "Hallo,\nbitte nur in die Reinigung geben. Der Punkt im Symbol heißt: Perchlorethylen ist erlaubt.",
                "ok danke!",
            ),
        ),
        (
            "Termin verschieben",
            (
                "Guten Tag, ich kann morgen leider nicht zur Anprobe kommen. Geht auch Montag?",
                "Guten Tag, Montag um 9.30 Uhr ist frei. Sollen wir das so eintragen?",
                "Ja, gern. Bis Montag!",
            ),
        ),
    ],
    "nl": [
        (
            "Verkeerde kleur",
            (
                "Hoi, ik kreeg een blauw overhemd maar had wit besteld. Wat nu?",
                "Hoi Daan, excuses! We sturen vandaag het witte. Het blauwe mag je houden tot de koerier komt.",
                "Top, dank je.\nKomt de koerier ook op zaterdag?",
                "Ja, tussen negen en twaalf.",
            ),
        ),
        (
            "Levertijd",
            (
                "Goedendag,\n\nWat is op dit moment de levertijd van een maatpak?\nWij trouwen eind juni.",
                "Goedendag,\n\nOp dit moment zes weken. Eind juni is dus goed haalbaar.",
            ),
        ),
    ],
    "fr": [
        (
            "Taille de la veste",
            (
                "Bonjour, entre le 50 et le 52 j'hésite. Je mesure 1,82 m pour 78 kg.\nQue me conseillez-vous ?\nMerci d'avance",
                "Bonjour Karim, prenez le 50. Si besoin, la retouche est offerte.",
                "Merci beaucoup, je commande.",
            ),
        ),
        (
            "Remboursement",
            (
                "Madame, Monsieur,\n\nJe n'ai toujours pas été remboursé de ma commande 5512.\nCela fait trois semaines.",
                "Monsieur,\n\nLe virement est parti ce matin. Comptez deux jours ouvrés.",
                "Bien reçu ce jour.",
            ),
        ),
    ],
    "es": [
        (
            "Camisa rota",
            (
                "Buenas, la camisa llegó con un agujero en la manga. Adjunto foto.\nQuiero una nueva, gracias.",
                "Hola Inés, ya hemos mandado otra. No hace falta que nos devuelvas la rota.",
                "¡Genial! Muchas gracias por todo.",
            ),
        ),
        (
            "Horario de verano",
            (
                "¿Abren los sábados en agosto?",
                "Sí, de diez a dos.",
            ),
        ),
    ],
    "sv": [
        (
            "Byta storlek",
            (
                "Hej hej! Kan jag byta byxorna till 48? Lapparna sitter kvar.",
                "Hej Nils! Absolut. Lägg dem i påsen med den gröna etiketten så löser vi resten.",
                "Snyggt, gjort!",
            ),
        ),
        (
            "Försenat paket",
            (
                "God morgon,\npaketet skulle ha kommit i fredags. Kan ni kolla var det är?",
                "God morgon,\ndet har fastnat i Malmö och kommer i morgon.",
                "Nu har det kommit. Allt ser bra ut.",
            ),
        ),
    ],
}
PEOPLE = {
    "en": Person(
        "Kwame Osei",
        "kosei77@inbox.example",
        "en",
        (
            "Many thanks and best wishes",
            "K. Osei",
            "Flat 4, 12 Mill Lane, Leeds LS1 1AA",
            "07700 900123",
        ),
    ),
    "de": Person(
        "Öztürk, Emre",
        "emre.oeztuerk@netz.example",
        "de",
        (
            "Freundliche Grüße",
            "i.A. Emre Öztürk",
            "Dipl.-Ing. (FH)",
            "___________________",
            "Öztürk Planung GmbH | Hafenstr. 9 | 20457 Hamburg",
            "Fon: 040-5550177  Fax: 040-5550178",
            "Registergericht: Amtsgericht Hamburg, HRB 99999",
        ),
    ),
    "nl": Person("Daan", "d.dejong@huis.example", "nl", ("Groetjes Daan",)),
    "fr": Person(
        "Karim B.",
        "karim.b@maison.example",
        "fr",
        ("Bien cordialement", "K. Benali", "06 55 50 01 02"),
    ),
    "es": Person(
        "Inés Prado", "ines_prado@casa.example", "es", ("Muchos saludos y hasta pronto,", "Inés")
    ),
    "sv": Person("nils@hus.example", "nils@hus.example", "sv", ("/Nils",)),
}
AGENTS = {
    "en": Person(
        "Tomas at Hem & Co.",
        "tomas@hem.example",
        "en",
        (
            "Yours sincerely,",
            "Tomas",
            "Hem & Co. | Made to measure since 1987",
            "Call us: +44 113 496 0000",
            "Rate my reply: https://hem.example/rate",
        ),
    ),
    "de": Person(
        "Hem & Co. Kundenservice",
        "service@hem.example",
        "de",
        (
            "Mit besten Grüßen aus der Schneiderei",
            "Ihr Hem-Team",
            "",
            "Hem & Co. GmbH",
            "Am Wall 1, 28195 Bremen",
            "USt-IdNr. DE555555555",
        ),
    ),
    "nl": Person(
        "Tomas Hem",
        "tomas@hem.example",
        "nl",
        ("Vriendelijke groet", "Tomas", "Hem & Co. klantenservice"),
    ),
    "fr": Person(
        "Service Hem",
        "service@hem.example",
        "fr",
        ("L'équipe Hem & Co.", "Du lundi au vendredi, de 9 h à 17 h"),
    ),
    "es": Person(
        "Hem Atención",
        "service@hem.example",
        "es",
        ("Reciba un cordial saludo", "El equipo de Hem & Co."),
    ),
    "sv": Person("Tomas Hem", "tomas@hem.example", "sv", ("Ha en fin dag!", "Tomas på Hem & Co.")),
}


def _who(mail: Mail) -> str:
    return f"{mail.sender.name} <{mail.sender.address}>"


def proton(mail: Mail, before: Mail | None) -> None:
    """Proton Mail: its advertisement, then a long date."""
    above = (
        f"On {before.time:%A, %B %dth, %Y} at {before.time:%I:%M %p}, {_who(before)} wrote:"
        if before
        else ""
    )
    set_body(
        mail,
        (OWN, mail.own),
        (SIGNATURE, [*mail.signature, "", "Sent with Proton Mail secure email."]),
        (QUOTE, [above, "", *marked(before.said)] if before else []),
    )


def samsung(mail: Mail, before: Mail | None) -> None:
    """A phone whose separator has eight dashes, with English fields."""
    quote = (
        [
            "-------- Original message --------",
            f"From: {_who(before)}",
            f"Date: {before.time:%d/%m/%Y %H:%M} (GMT+01:00)",
            f"To: {before.to.address}",
            f"Subject: {before.subject}",
            "",
            *before.said.split("\n"),
        ]
        if before
        else []
    )
    set_body(mail, (OWN, mail.own), (SIGNATURE, ["Sent from my Galaxy"]), (QUOTE, quote))


def gmx(mail: Mail, before: Mail | None) -> None:
    """A German web mailer: the date stands first, and the quote in a table of its own."""
    head = (
        [
            f"Gesendet: Dienstag, {before.time:%d. März %Y} um {before.time:%H:%M} Uhr",
            f'Von: "{before.sender.name}" <{before.sender.address}>',
            f"An: {before.to.address}",
            f"Betreff: {before.subject}",
        ]
        if before
        else []
    )
    said = [line for line in before.said.split("\n") if line] if before else []
    box = "".join(f"<div>{escape(line)}</div>" for line in said)
    set_html(
        mail,
        (OWN, mail.own, "".join(f"<div>{escape(line) or '&nbsp;'}</div>" for line in mail.own)),
        (
            SIGNATURE,
            mail.signature,
            "<div>&nbsp;</div>" + "".join(f"<div>{escape(line)}</div>" for line in mail.signature),
        ),
        (
            QUOTE,
            [*head, *said],
            f'<div style="margin:10px"><b>{broken(head)}</b><br/>{box}</div>' if before else "",
        ),
    )


def open_xchange(mail: Mail, before: Mail | None) -> None:
    """Name first, `hat am ... geschrieben`."""
    above = f"{_who(before)} hat am {before.time:%d.%m.%Y %H:%M} CET geschrieben:" if before else ""
    quote = [above, "", " ", *marked(before.said)] if before else []
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature), (QUOTE, quote))


def horde(mail: Mail, before: Mail | None) -> None:
    """Below `Quoting`, answer at the end."""
    quote = [f"Quoting {_who(before)}:", "", *marked(before.said)] if before else []
    set_body(mail, (QUOTE, quote), (OWN, mail.own), (SIGNATURE, ["-- ", *mail.signature]))


def mutt(mail: Mail, before: Mail | None) -> None:
    """A terminal: date and name in brackets."""
    above = f"* {_who(before)} [{before.time:%Y-%m-%d %H:%M}]:" if before else ""
    set_body(
        mail,
        (QUOTE, [above, *marked(before.said)] if before else []),
        (OWN, mail.own),
        (SIGNATURE, mail.signature),
    )


def orange(mail: Mail, before: Mail | None) -> None:
    """A French web mailer: marks in front of the header, too."""
    quote = (
        [
            f"> Message du {before.time:%d/%m/%y %H:%M}",
            f"> De : {_who(before)}",
            f"> A : {before.to.address}",
            f"> Objet : {before.subject}",
            ">",
            *marked(before.said),
        ]
        if before
        else []
    )
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature), (QUOTE, quote))


def helpdesk(mail: Mail, before: Mail | None) -> None:
    """A helpdesk with a mark on top, its footer, and earlier comments without marks."""
    top = ["##- Please type your reply above this line -##"]
    quote = (
        [f"{before.sender.name}, {before.time:%b %d, %Y, %H:%M} GMT+1:", *before.said.split("\n")]
        if before
        else []
    )
    footer = ["This email is a service from Hem & Co."]
    set_body(
        mail,
        (QUOTE, top),
        (OWN, mail.own),
        (SIGNATURE, mail.signature),
        (QUOTE, quote),
        (SIGNATURE, footer),
    )


def outlook_mobile(mail: Mail, before: Mail | None) -> None:
    """HTML of a phone: a footer with a link, a rule, bold names of fields."""
    footer = {
        "en": "Get Outlook for iOS",
        "de": "Outlook für iOS beziehen",
        "nl": "Outlook voor Android downloaden",
        "fr": "Obtenir Outlook pour iOS",
        "es": "Obtener Outlook para Android",
        "sv": "Hämta Outlook för iOS",
    }[mail.sender.language]
    names = {
        "en": "From Sent To Subject",
        "de": "Von Gesendet An Betreff",
        "nl": "Van Verzonden Aan Onderwerp",
        "fr": "De Envoyé À Objet",
        "es": "De Enviado Para Asunto",
        "sv": "Från Skickat Till Ämne",
    }[mail.sender.language].split()
    values = (
        [_who(before), f"{before.time:%d %B %Y %H:%M:%S}", before.to.address, before.subject]
        if before
        else []
    )
    head = [f"{name}: {value}" for name, value in zip(names, values, strict=False)]
    bold = "<br>".join(
        f"<b>{escape(name)}:</b>&nbsp;{escape(value)}"
        for name, value in zip(names, values, strict=False)
    )
    said = before.said.split("\n") if before else []
    set_html(
        mail,
        (OWN, mail.own, f"<div>{broken(mail.own)}</div>"),
        (
            SIGNATURE,
            [footer],
            f'<div><br></div><div id="signature_x"><a href="https://aka.example/o">{footer}</a></div>',
        ),
        (
            QUOTE,
            [*head, *said],
            f'<hr><div id="divRplyFwdMsg"><font>{bold}</font></div><div>{broken(said)}</div>'
            if before
            else "",
        ),
    )


def yahoo(mail: Mail, before: Mail | None) -> None:
    """HTML with a long line above the quote, which is indented without a blockquote."""
    above = (
        f"On {before.time:%A, %B %d, %Y at %I:%M:%S %p} GMT+1, {_who(before)} wrote:"
        if before
        else ""
    )
    said = before.said.split("\n") if before else []
    set_html(
        mail,
        (OWN, mail.own, f"<div>{broken(mail.own)}</div>"),
        (SIGNATURE, mail.signature, f"<div><br></div><div>{broken(mail.signature)}</div>"),
        (
            QUOTE,
            [above, *said],
            f'<div class="yahoo_quoted"><div>{escape(above)}</div><div>{broken(said)}</div></div>'
            if before
            else "",
        ),
    )


def no_quote(mail: Mail, before: Mail | None) -> None:
    """Quotes nothing."""
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature))


def notes(mail: Mail, before: Mail | None) -> None:
    """A client of old companies: a table without `Sent`."""
    quote = (
        [
            f"From:\t{_who(before)}",
            f"To:\t{before.to.address}",
            f"Date:\t{before.time:%d.%m.%Y %H:%M}",
            f"Subject:\t{before.subject}",
            "",
            "",
            *before.said.split("\n"),
        ]
        if before
        else []
    )
    set_body(mail, (OWN, mail.own), (SIGNATURE, mail.signature), (QUOTE, quote))


CLIENTS: list[tuple[Style, Style]] = [
    (proton, helpdesk),
    (samsung, notes),
    (gmx, no_quote),
    (open_xchange, gmx),
    (horde, mutt),
    (mutt, open_xchange),
    (orange, yahoo),
    (outlook_mobile, helpdesk),
    (yahoo, proton),
    (no_quote, horde),
    (notes, outlook_mobile),
]


def inbox(*, rounds: int = 5) -> list[Mail]:
    """Threads of all dialogues, each round with other clients and other trouble."""
    mails: list[Mail] = []
    number = 0
    for turn in range(rounds):
        for language, dialogues in DIALOGUES.items():
            for subject, turns in dialogues:
                person = PEOPLE[language]
                person = Person(person.name, f"{turn}{person.address}", language, person.signature)
                thread = write_thread(
                    f"o{number}",
                    (person, AGENTS[language]),
                    subject,
                    turns,
                    styles=CLIENTS[number % len(CLIENTS)],
                    start=START + timedelta(hours=7 * number),
                )
                _trouble(thread, number)
                mails += thread
                number += 1
    return sorted(mails, key=lambda mail: (mail.time, mail.thread))


def _trouble(thread: list[Mail], number: int) -> None:
    """Headers as they come from helpdesks, gateways and phones."""
    kind = number % 8
    for mail in thread[1:]:
        if kind == 0:  # a helpdesk answers with a number in front, and nothing else
            mail.headers = {}
            mail.subject = mail.subject.replace("Re: ", "Re: [Hem #4711] ")
        elif kind == 1:
            mail.headers = {"In-Reply-To": f"Your message of Monday <{thread[mail.number - 1].id}>"}
        elif kind == 2:  # a gateway that writes other identifiers: all references lead nowhere
            mail.headers = {"References": f"<gateway.{mail.number}.{number}@relay.example>"}
            mail.subject = mail.subject.replace("Re: ", "Re: Re: ")
        elif kind == 3:  # the chain is cut to the first one
            mail.headers = {"References": f"<{thread[0].id}>"}
        elif kind == 4:  # a new subject within the thread
            mail.subject = f"{mail.subject} (update)"
        elif (
            kind == 5 and mail.number % 2
        ):  # a helpdesk answers without `Re:` and without references
            mail.headers = {}
            mail.subject = mail.subject.replace("Re: ", "")
        elif kind == 6:
            mail.headers["Date"] = "sometime last week"
