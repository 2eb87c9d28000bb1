"""Words that tell what the number behind them is, in nine languages.

Stems: `bestell` stands for Bestellung, Bestellnummer and so on. All in lower case.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_WINDOW_CHARACTERS = 60

PHONE_STEMS = (
    *(
        "phone",
        "tel",
        "mobil",
        "cell",
        "call",
        "ring",
        "text",
        "whatsapp",
        "fax",
        "contact",
        "reach",
        "sms",
    ),
    *(
        "handy",
        "anruf",
        "ruf",
        "erreich",
        "festnetz",
        "portable",
        "joindre",
        "appel",
        "tél",
        "fixe",
    ),
    *(
        "móvil",
        "movil",
        "llam",
        "localizar",
        "bel",
        "bereik",
        "nås",
        "cellulare",
        "chiam",
        "recapit",
    ),
    *("raggiung", "telem", "lig", "numar", "dial"),
)
CARD_STEMS = (
    *(
        "card",
        "visa",
        "mastercard",
        "amex",
        "maestro",
        "debit",
        "credit",
        "kredit",
        "karte",
        "carte",
    ),
    *("tarjeta", "kaart", "creditcard", "kort", "carta", "cartão", "cartao", "cb", "cc", "pas"),
)
BANK_STEMS = (
    "iban",
    "account",
    "konto",
    "compte",
    "cuenta",
    "rekening",
    "conto",
    "conta",
    "bank",
    "rib",
)
REFERENCE_STEMS = (
    *(
        "order",
        "purchase",
        "ticket",
        "case",
        "invoice",
        "booking",
        "reservation",
        "confirmation",
        "claim",
    ),
    *(
        "tracking",
        "shipment",
        "parcel",
        "customer",
        "client",
        "account",
        "member",
        "policy",
        "contract",
    ),
    *(
        "reference",
        "ref",
        "rma",
        "return",
        "receipt",
        "transaction",
        "incident",
        "request",
        "delivery",
    ),
    *(
        "subscription",
        "serial",
        "user",
        "loyalty",
        "repair",
        "quote",
        "voucher",
        "bill",
        "consignment",
    ),
    *(
        "bestel",
        "auftrag",
        "rechnung",
        "kund",
        "vorgang",
        "buchung",
        "sendung",
        "vertrag",
        "referenz",
    ),
    *(
        "beleg",
        "lieferschein",
        "retoure",
        "aktenzeichen",
        "fall",
        "paket",
        "mitglied",
        "reklamation",
    ),
    *(
        "commande",
        "facture",
        "dossier",
        "réservation",
        "référence",
        "contrat",
        "colis",
        "suivi",
        "abonn",
    ),
    *(
        "reçu",
        "avoir",
        "pedido",
        "factura",
        "cliente",
        "reserva",
        "referencia",
        "contrato",
        "incidencia",
    ),
    *(
        "envío",
        "expediente",
        "albarán",
        "socio",
        "factuur",
        "klant",
        "boeking",
        "referentie",
        "pakket",
    ),
    *(
        "polis",
        "zaak",
        "zending",
        "beställning",
        "faktura",
        "fakturan",
        "ärende",
        "bokning",
        "referens",
    ),
    *("paket", "medlem", "ordin", "fattura", "prenotazione", "pratica", "riferimento", "contratto"),
    *(
        "spedizione",
        "scontrino",
        "tessera",
        "encomenda",
        "fatura",
        "referência",
        "processo",
        "apólice",
    ),
    *("recibo", "konto", "compte", "cuenta", "conto", "conta", "iban"),
)
NUMBER_WORDS = frozenset(
    (
        *("number", "no", "num", "nr", "n", "id", "code", "nummer", "numéro", "numero", "número"),
        *("codice", "código", "codigo", "kennung", "nº", "ref", "reference"),
    )
)
LINKING_WORDS = NUMBER_WORDS | frozenset(
    (
        *(
            "is",
            "was",
            "the",
            "my",
            "of",
            "with",
            "under",
            "this",
            "are",
            "following",
            "ist",
            "war",
            "lautet",
        ),
        *(
            "mit",
            "der",
            "die",
            "das",
            "meine",
            "mein",
            "zur",
            "est",
            "le",
            "la",
            "de",
            "du",
            "sous",
            "avec",
        ),
        *(
            "es",
            "el",
            "con",
            "del",
            "mi",
            "met",
            "het",
            "op",
            "van",
            "mijn",
            "är",
            "med",
            "mitt",
            "min",
        ),
        *("è", "il", "di", "del", "della", "d", "é", "o", "a", "da", "do", "com", "em", "um", "e"),
    )
)


def words_before(text: str, start: int, count: int = 6) -> list[str]:
    """The last words before a place, the nearest first, in lower case."""
    window = text[max(0, start - _WINDOW_CHARACTERS) : start].lower()
    return _WORD.findall(window)[: -count - 1 : -1]


def is_named_by(stems: tuple[str, ...], text: str, start: int, count: int = 4) -> bool:
    """Whether a word with one of the stems stands among the last words before a place."""
    return any(word.startswith(stems) for word in words_before(text, start, count))
