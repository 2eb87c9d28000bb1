"""Words that tell what the number behind them is, in nine languages.

Stems: `bestell` stands for Bestellung, Bestellnummer and so on. All in lower case.
"""

from __future__ import annotations

import re
from functools import cache

_WORD = re.compile(r"[^\W\d_]+")
_OTHER_NUMBER = re.compile(r"[0-9]{4,}")
_WINDOW_CHARACTERS = 60
_WHOLE_WORD_CHARACTERS = 4


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


PHONE_STEMS = _words(
    """
    phone telephone tel mobile mob cell cellphone call calling ring text whatsapp fax contact
    reach reachable sms dial landline handy handynummer mobil mobilnummer mobilnr anruf anrufen
    ruf rufen rufnummer telefon erreich festnetz rückruf zurückruf portable joindre joignable
    appel rappel tél téléphone fixe móvil movil llam localizar teléfono telefono tlf tfno bel
    bellen bereik mobiel nås ringa cellulare chiam recapit raggiung telem telef liga ligue ligar
    numar
    """
)
CARD_STEMS = _words(
    """
    card cards visa mastercard amex maestro debit credit kredit karte karten carte tarjeta kaart
    kaartnummer kort kortnummer kortnr carta cartão cartao cb cc pas pasnummer
    """
)
BANK_STEMS = _words(
    """
    iban account konto kontonummer compte cuenta rekening conto conta bank banca banco rib
    banque
    """
)
REFERENCE_STEMS = _words(
    """
    order purchase ticket case cases invoice booking reservation confirmation claim tracking
    shipment parcel customer client account member policy contract reference ref refs rma return
    receipt transaction incident request delivery subscription serial user userid loyalty repair
    quote voucher bill consignment bestel auftrag rechnung kund kunde kunden kundennummer
    kundennr kundnr kundnummer vorgang buchung sendung vertrag referenz beleg lieferschein
    retoure aktenzeichen fall fallnummer paket mitglied reklamation commande facture dossier
    réservation référence contrat colis suivi abonn reçu avoir pedido factura cliente reserva
    referencia contrato incidencia envío expediente albarán socio factuur klant boeking
    referentie pakket polis polisnummer zaak zaaknummer zending beställning faktura ärende
    bokning referens medlem ordin ordine fattura prenotazione pratica riferimento contratto
    spedizione scontrino tessera encomenda fatura referência processo apólice recibo konto
    compte cuenta
    """
)
ABBREVIATIONS = frozenset(
    _words("best bst kd kdn rg rech auftr ord cust inv cmd cde fact ped fatt enc")
)
"""Before a word for `number` only: `Best.-Nr. 48213`."""
NUMBER_WORDS = frozenset(
    _words(
        """
    code codice codigo código id kennung n no nr num number numero nummer numéro nº número ref
    reference
    """
    )
)
LINKING_WORDS = NUMBER_WORDS | frozenset(
    _words(
        """
    a are avec com con d da das de del della der di die do du e el em es est following het il is
    ist la lautet le med mein meine met mi mijn min mit mitt my o of op sous the this um under
    van war was with zur är è é
    """
    )
)
SHORT_WORDS = LINKING_WORDS | frozenset(
    _words(
        """
    aan ab al all als am an and any ao as at au auf aus av bei bij bis but by che des en et for
    för für ha had has he ho i im in it je las les los na nel no not och om on or os ou our out
    par per por pour på que she sul sur te till to tot uit um un una und une van via vom von
    voor we y you zu zum
    """
    )
)


def words_before(text: str, start: int, count: int = 6) -> list[str]:
    """The last words before a place, the nearest first, in lower case, not past another number."""
    window = text[max(0, start - _WINDOW_CHARACTERS) : start].lower()
    return _WORD.findall(_OTHER_NUMBER.split(window)[-1])[: -count - 1 : -1]


def is_named_by(stems: tuple[str, ...], text: str, start: int, count: int = 4) -> bool:
    """Whether a word with one of the stems stands among the last words before a place."""
    return any(has_stem(word, stems) for word in words_before(text, start, count))


def has_stem(word: str, stems: tuple[str, ...]) -> bool:
    """Stems of up to four letters are whole words: `tel` is not `tell`."""
    return word.startswith(stems) and (word in stems or word.startswith(_long(stems)))


@cache
def _long(stems: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(stem for stem in stems if len(stem) > _WHOLE_WORD_CHARACTERS)
