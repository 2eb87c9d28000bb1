"""Invents personal data as people type it; knows nothing of the recognisers.

Numbers follow the public numbering plans and check digits. Each form belongs to a family, and a family
belongs as a whole to the development half or to the held-out half.
"""

from __future__ import annotations

import random
from collections.abc import Callable

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "nl_NL", "sv_SE", "it_IT", "pt_PT")
DIALLING = dict(zip(LOCALES, ("1", "44", "49", "33", "34", "31", "46", "39", "351"), strict=True))
PEOPLE = {
    "en_US": (
        "Linda Carter",
        "Tyrone Mitchell",
        "Wei Zhang",
        "Guadalupe Ortiz",
        "Brandon Kowalski",
    ),
    "en_GB": (
        "Poppy Hargreaves",
        "Alistair McGregor",
        "Priya Patel",
        "Gareth Llewellyn",
        "Siobhan Kelly",
    ),
    "de_DE": (
        "Jürgen Weißmüller",
        "Anneliese Vogt",
        "Mehmet Yıldız",
        "Katrin Schäfer",
        "Uwe Brandt",
    ),
    "fr_FR": (
        "Aurélie Lefèvre",
        "Benoît Charpentier",
        "Fatoumata Diallo",
        "Luc Morel",
        "Océane Girard",
    ),
    "es_ES": (
        "María José Núñez",
        "Iñaki Etxeberria",
        "Lucía Fernández",
        "Javier Ruiz",
        "Nerea Gil",
    ),
    "nl_NL": (
        "Sanne de Vries",
        "Joost van der Meer",
        "Fatima El Amrani",
        "Pieter Bakker",
        "Femke Smit",
    ),
    "sv_SE": ("Åsa Lindqvist", "Björn Ekström", "Elin Nyström", "Göran Hellberg", "Amina Hassan"),
    "it_IT": (
        "Giulia Esposito",
        "Niccolò Ferrari",
        "Chiara De Luca",
        "Matteo Rizzo",
        "Ornella Conti",
    ),
    "pt_PT": (
        "João Carvalho",
        "Inês Figueiredo",
        "Rui Tavares",
        "Conceição Lopes",
        "Tiago Moreira",
    ),
}
_MAIL_HOSTS = {
    "en_US": ("gmail.com", "yahoo.com", "outlook.com", "acme-widgets.com"),
    "en_GB": ("btinternet.com", "hotmail.co.uk", "gmail.com", "stmarys.sch.uk"),
    "de_DE": ("web.de", "gmx.net", "t-online.de", "müller-bau.de"),
    "fr_FR": ("orange.fr", "laposte.net", "free.fr", "wanadoo.fr"),
    "es_ES": ("hotmail.es", "telefonica.net", "gmail.com", "ayto-lugo.es"),
    "nl_NL": ("ziggo.nl", "kpnmail.nl", "hetnet.nl", "gmail.com"),
    "sv_SE": ("telia.com", "bredband.net", "live.se", "kommun.lund.se"),
    "it_IT": ("libero.it", "tiscali.it", "virgilio.it", "pec.studio-conti.it"),
    "pt_PT": ("sapo.pt", "iol.pt", "gmail.com", "netcabo.pt"),
}
_PLAIN = str.maketrans("áàãâäåçéèêëíìîïıñóòôõöøúùûüýž", "aaaaaaceeeeiiiiinoooooouuuuyz")
_IBAN_SHAPES = {
    "en_GB": ("GB", "AAAA", 14),
    "de_DE": ("DE", "", 18),
    "fr_FR": ("FR", "", 23),
    "es_ES": ("ES", "", 20),
    "nl_NL": ("NL", "AAAA", 10),
    "sv_SE": ("SE", "", 20),
    "it_IT": ("IT", "A", 22),
    "pt_PT": ("PT", "", 21),
    "en_US": ("CH", "", 17),
}

Maker = Callable[[random.Random, str], str]
Forms = dict[str, Maker]


def digits(rng: random.Random, count: int) -> str:
    """That many random digits."""
    return "".join(rng.choice("0123456789") for _ in range(count))


def plain(text: str) -> str:
    """Lower case without accents, as in addresses."""
    return text.lower().replace("ß", "ss").translate(_PLAIN)


def email_parts(rng: random.Random, locale: str) -> tuple[str, str]:
    """A local part and a host."""
    first, *rest = plain(rng.choice(PEOPLE[locale])).split()
    last = rest[-1]
    local = rng.choice(
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}_{last}{digits(rng, 2)}",
            f"{last}-{first}",
            f"{first}{digits(rng, 4)}",
            f"info.{last}",
        )
    )
    return local, rng.choice(_MAIL_HOSTS[locale])


def _email(pattern: str, *, change: Callable[[str], str] = str) -> Maker:
    def make(rng: random.Random, locale: str) -> str:
        local, host = email_parts(rng, locale)
        name, _, ending = host.rpartition(".")
        return change(pattern.format(local=local, host=host, name=name, ending=ending))

    return make


EMAIL_FORMS: Forms = {
    "plain": _email("{local}@{host}"),
    "upper": _email("{local}@{host}", change=str.upper),
    "title": _email("{local}@{host}", change=str.title),
    "tagged": _email("{local}+shop@{host}"),
    "spaces round at": _email("{local} @ {host}"),
    "space before at": _email("{local} @{host}"),
    "space after dot": _email("{local}@{name}. {ending}"),
    "comma for dot": _email("{local}@{name},{ending}"),
    "(at)": _email("{local}(at){host}"),
    "[at] [dot]": _email("{local} [at] {name} [dot] {ending}"),
    "words at dot": _email("{local} at {name} dot {ending}"),
    "line break": _email("{local}@\n{host}"),
    "subdomain": _email("{local}@mail.{host}"),
    "wide at": _email("{local}＠{host}"),
    "apostrophe": _email("o'{local}@{host}"),
    "two ats": _email("{local}@@{host}"),
}

_AREA_US = ("212", "415", "617", "312", "206", "512", "303", "404", "702", "305", "646", "919")


def national_groups(rng: random.Random, locale: str) -> tuple[str, ...]:
    """A national number with its leading zero, in its usual groups."""
    pick, d = rng.choice, lambda count: digits(rng, count)
    makers: dict[str, tuple[Callable[[], tuple[str, ...]], ...]] = {
        "en_US": (lambda: (pick(_AREA_US), pick("23456789") + pick("023456789") + d(1), d(4)),),
        "en_GB": (
            lambda: ("07" + pick("45789") + d(2), d(3), d(3)),
            lambda: ("020", pick("78") + d(3), d(4)),
            lambda: ("0161", pick("234789") + d(2), d(4)),
            lambda: ("01865", pick("2345678") + d(5)),
        ),
        "de_DE": (
            lambda: (
                "0" + pick(("151", "160", "171", "175")),
                pick("123456789") + d(6 + rng.randrange(2)),
            ),
            lambda: ("030", pick("23456789") + d(3), d(4)),
            lambda: ("089", pick("23456789") + d(5 + rng.randrange(3))),
            lambda: ("04421", pick("23456789") + d(4)),
        ),
        "fr_FR": (lambda: ("0" + pick("1234567"), pick("23456789") + d(1), d(2), d(2), d(2)),),
        "es_ES": (
            lambda: ("6" + d(2), d(3), d(3)),
            lambda: (pick(("91", "93", "96")), pick("2345678") + d(2), d(2), d(2)),
        ),
        "nl_NL": (
            lambda: ("06", pick("12345") + d(3), d(4)),
            lambda: (pick(("020", "010", "030")), pick("234567") + d(2), d(4)),
        ),
        "sv_SE": (
            lambda: (pick(("070", "073", "076")), pick("23456789") + d(2), d(2), d(2)),
            lambda: ("08", pick("456") + d(2), d(3), d(2)),
        ),
        "it_IT": (
            lambda: (pick(("328", "333", "347", "349")), d(3), d(4)),
            lambda: (pick(("06", "02")), pick("23456789") + d(3), d(4)),
        ),
        "pt_PT": (
            lambda: ("9" + pick("1236") + d(1), d(3), d(3)),
            lambda: ("21", pick("34578") + d(2), d(4)),
        ),
    }
    return pick(makers[locale])()


def _without_zero(groups: tuple[str, ...], locale: str) -> tuple[str, ...]:
    if locale == "it_IT" or not groups[0].startswith("0"):
        return groups
    first = groups[0][1:]
    return (first, *groups[1:]) if first else groups[1:]


def _national(separator: str, *, around: str = "{}") -> Maker:
    def make(rng: random.Random, locale: str) -> str:
        return around.format(separator.join(national_groups(rng, locale)))

    return make


def _bracketed(separator: str) -> Maker:
    def make(rng: random.Random, locale: str) -> str:
        area, *rest = national_groups(rng, locale)
        return f"({area}) {separator.join(rest)}"

    return make


def _abroad(prefix: str, separator: str) -> Maker:
    def make(rng: random.Random, locale: str) -> str:
        groups = _without_zero(national_groups(rng, locale), locale)
        return prefix.format(DIALLING[locale]) + separator.join(groups)

    return make


PHONE_FORMS: Forms = {
    "national spaces": _national(" "),
    "national together": _national(""),
    "national dashes": _national("-"),
    "national dots": _national("."),
    "national slash": lambda rng, locale: "/".join(
        (lambda g: (g[0], "".join(g[1:])))(national_groups(rng, locale))
    ),
    "national brackets": _bracketed(" "),
    "national brackets dash": _bracketed("-"),
    "national odd spaces": lambda rng, locale: " ".join(
        "".join(national_groups(rng, locale))[at : at + 2] for at in range(0, 13, 2)
    ).strip(),
    "+ spaces": _abroad("+{} ", " "),
    "+ together": _abroad("+{}", ""),
    "+ dashes": _abroad("+{}-", "-"),
    "+ dots": _abroad("+{}.", "."),
    "00": _abroad("00{} ", " "),
    "00 together": _abroad("00{}", ""),
    "(+)": _abroad("(+{}) ", " "),
    "+ (0)": _abroad("+{} (0) ", " "),
    "missing +": _abroad("{} ", " "),
    "missing + together": _abroad("{}", ""),
    "en dash": _national("–"),
    "no-break spaces": _national("\u00a0"),
    "line break": _national("\n"),
    "extension": _national(" ", around="⟦{}⟧ ext. 12"),
    "letter o": lambda rng, locale: _abroad("oo{} ", " ")(rng, locale),
    "spaces round dashes": _national(" - "),
}


def with_luhn(body: str) -> str:
    """Append the check digit of ISO/IEC 7812-1."""
    total = sum(
        sum(divmod(int(digit) * (2 if at % 2 == 0 else 1), 10))
        for at, digit in enumerate(reversed(body))
    )
    return body + str(-total % 10)


def _card(
    *sizes: int, separator: str = " ", starts: tuple[str, ...] = ("4", "51", "55", "2221")
) -> Maker:
    def make(rng: random.Random, locale: str) -> str:
        start = rng.choice(starts)
        number = with_luhn(start + digits(rng, sum(sizes) - 1 - len(start)))
        parts = [number[sum(sizes[:at]) : sum(sizes[: at + 1])] for at in range(len(sizes))]
        return separator.join(parts)

    return make


CARD_FORMS: Forms = {
    "spaces": _card(4, 4, 4, 4),
    "together": _card(16),
    "dashes": _card(4, 4, 4, 4, separator="-"),
    "dots": _card(4, 4, 4, 4, separator="."),
    "amex": _card(4, 6, 5, starts=("34", "37")),
    "amex together": _card(15, starts=("34", "37")),
    "diners": _card(4, 6, 4, starts=("36", "38")),
    "line break": _card(4, 4, 4, 4, separator="\n"),
    "two spaces": _card(4, 4, 4, 4, separator="  "),
    "maestro 19": _card(4, 4, 4, 4, 3, starts=("5018", "6304")),
    "odd groups": _card(5, 5, 6),
    "slashes": _card(4, 4, 4, 4, separator="/"),
    "spaces and dashes": _card(4, 4, 4, 4, separator=" - "),
    "jcb": _card(4, 4, 4, 4, starts=("3530", "3566")),
}


def iban(rng: random.Random, locale: str) -> str:
    """An IBAN of the locale's country (of Switzerland where there is none), ISO 13616."""
    country, bank, count = _IBAN_SHAPES[locale]
    account = "".join(rng.choice("BCDKNPRS") for _ in bank) + digits(rng, count)
    as_number = int("".join(str(int(c, 36)) for c in f"{account}{country}00"))
    return f"{country}{98 - as_number % 97:02d}{account}"


def _iban(separator: str, *, size: int = 4, change: Callable[[str], str] = str) -> Maker:
    def make(rng: random.Random, locale: str) -> str:
        number = iban(rng, locale)
        return change(separator.join(number[at : at + size] for at in range(0, len(number), size)))

    return make


IBAN_FORMS: Forms = {
    "groups": _iban(" "),
    "together": _iban("", size=40),
    "lower together": _iban("", size=40, change=str.lower),
    "lower groups": _iban(" ", change=str.lower),
    "dashes": _iban("-"),
    "dots": _iban("."),
    "line break": _iban("\n", size=16),
    "country apart": lambda rng, locale: (lambda n: f"{n[:2]} {n[2:]}")(iban(rng, locale)),
    "head apart": lambda rng, locale: (lambda n: f"{n[:4]} {n[4:]}")(iban(rng, locale)),
    "odd groups": _iban(" ", size=5),
    "no-break spaces": _iban("\u00a0"),
    "two spaces": _iban("  "),
    "threes": _iban(" ", size=3),
    "title": _iban("", size=40, change=str.capitalize),
}


def _ipv4(rng: random.Random, locale: str) -> str:
    return f"{rng.randrange(11, 224)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _ipv6(rng: random.Random, locale: str) -> str:
    return ":".join(["2a02", *(f"{rng.randrange(1, 65536):x}" for _ in range(7))])


def _ipv6_short(rng: random.Random, locale: str) -> str:
    return f"2001:db8:{rng.randrange(1, 65536):x}::{rng.randrange(1, 65536):x}"


IP_FORMS: Forms = {
    "v4": _ipv4,
    "v4 port": lambda rng, locale: f"⟦{_ipv4(rng, locale)}⟧:8080",
    "v4 range": lambda rng, locale: f"⟦{_ipv4(rng, locale)}⟧/24",
    "v4 brackets": lambda rng, locale: f"[{_ipv4(rng, locale)}]",
    "v4 zeros": lambda rng, locale: ".".join(p.zfill(3) for p in _ipv4(rng, locale).split(".")),
    "v6": _ipv6,
    "v6 upper": lambda rng, locale: _ipv6(rng, locale).upper(),
    "v6 short": _ipv6_short,
    "v6 brackets": lambda rng, locale: f"[{_ipv6_short(rng, locale)}]",
    "v6 local": lambda rng, locale: (
        f"fe80::{rng.randrange(1, 65536):x}:{rng.randrange(1, 65536):x}%eth0"
    ),
    "v6 mapped": lambda rng, locale: f"::ffff:{_ipv4(rng, locale)}",
    "v4 address": lambda rng, locale: f"http://⟦{_ipv4(rng, locale)}⟧/admin",
}

_STREETS = {
    "en_US": (
        "{n} {s} {t}",
        ("Maple", "Oak Hill", "Martin Luther King", "Elm", "Lakeview"),
        ("Street", "St", "Ave", "Blvd", "Drive", "Ln", "Road", "Ct."),
    ),
    "en_GB": (
        "{n} {s} {t}",
        ("Victoria", "Church", "Kings", "Mill", "Alexandra"),
        ("Road", "Rd", "Close", "Lane", "Gardens", "Terrace", "High Street", "Crescent"),
    ),
    "de_DE": (
        "{s}{t} {n}",
        ("Linden", "Goethe", "Bahnhof", "Haupt", "Garten"),
        ("straße", "str.", "weg", "allee", "platz", "strasse"),
    ),
    "fr_FR": (
        "{n} {t} {s}",
        ("de la République", "Victor Hugo", "des Lilas", "Jean Jaurès", "du Moulin"),
        ("rue", "avenue", "bd", "boulevard", "place", "impasse", "chemin"),
    ),
    "es_ES": (
        "{t} {s} {n}",
        ("Mayor", "de Alcalá", "Gran Vía", "San Juan", "del Carmen"),
        ("Calle", "C/", "Avenida", "Avda.", "Plaza", "Paseo"),
    ),
    "nl_NL": (
        "{s}{t} {n}",
        ("Kerk", "Dorps", "Beatrix", "Molen", "Prinsen"),
        ("straat", "laan", "weg", "gracht", "plein"),
    ),
    "sv_SE": (
        "{s}{t} {n}",
        ("Stor", "Kungs", "Björk", "Skol", "Drottning"),
        ("gatan", "vägen", "gränd", "torget"),
    ),
    "it_IT": (
        "{t} {s} {n}",
        ("Roma", "Garibaldi", "Giuseppe Verdi", "della Libertà", "XX Settembre"),
        ("Via", "Viale", "Piazza", "Corso", "Vicolo"),
    ),
    "pt_PT": (
        "{t} {s} {n}",
        ("da Liberdade", "das Flores", "do Carmo", "Almirante Reis", "de São Bento"),
        ("Rua", "R.", "Avenida", "Av.", "Travessa", "Praça"),
    ),
}
_TOWNS = {
    "en_US": ("Springfield, IL", "Austin, TX", "Portland, OR", "St. Louis, MO"),
    "en_GB": ("Leeds", "Oxford", "Brighton", "Stoke-on-Trent"),
    "de_DE": ("Köln", "Bad Homburg", "Leipzig", "Wuppertal"),
    "fr_FR": ("Lyon", "Saint-Étienne", "Le Mans", "Nantes"),
    "es_ES": ("Madrid", "Las Palmas", "Zaragoza", "Vigo"),
    "nl_NL": ("Utrecht", "Den Haag", "Zwolle", "Eindhoven"),
    "sv_SE": ("Uppsala", "Malmö", "Västerås", "Lund"),
    "it_IT": ("Torino", "Reggio Emilia", "Bari", "Firenze"),
    "pt_PT": ("Porto", "Vila Nova de Gaia", "Braga", "Lisboa"),
}


def street(rng: random.Random, locale: str) -> str:
    """Street and house number in the order of the country."""
    pattern, names, types = _STREETS[locale]
    number = str(rng.randrange(1, 199)) + rng.choice(("", "", "", "a", "B"))
    return pattern.format(n=number, s=rng.choice(names), t=rng.choice(types))


def town(rng: random.Random, locale: str) -> str:
    """Postcode and town in the order of the country."""
    name, d = rng.choice(_TOWNS[locale]), lambda count: digits(rng, count)
    if locale == "en_US":
        return f"{name} {rng.choice('123456789')}{d(4)}"
    if locale == "en_GB":
        district = rng.choice(("LS", "OX", "BN", "ST", "SW")) + str(rng.randrange(1, 20))
        return f"{name} {district} {d(1)}{rng.choice('ABDEH')}{rng.choice('JLNPQ')}"
    code = {
        "sv_SE": lambda: f"{rng.randrange(111, 985)} {d(2)}",
        "nl_NL": lambda: (
            f"{rng.randrange(1011, 9999)} {rng.choice('ABCEGH')}{rng.choice('JKLMNP')}"
        ),
        "pt_PT": lambda: f"{rng.randrange(1000, 4999)}-{d(3)}",
    }.get(locale, lambda: f"{rng.randrange(10, 52)}{d(3)}")()
    return f"{code} {name}"


def _address(pattern: str, *, change: Callable[[str], str] = str) -> Maker:
    def make(rng: random.Random, locale: str) -> str:
        return change(pattern.format(street=street(rng, locale), town=town(rng, locale)))

    return make


ADDRESS_FORMS: Forms = {
    "comma": _address("{street}, {town}"),
    "lines": _address("{street}\n{town}"),
    "lower comma": _address("{street}, {town}", change=str.lower),
    "upper lines": _address("{street}\n{town}", change=str.upper),
    "street only": _address("{street}"),
    "no comma": _address("{street} {town}"),
    "semicolon": _address("{street}; {town}"),
    "dash": _address("{street} - {town}"),
    "brackets": _address("{street} ({town})"),
    "lower no comma": _address("{street} {town}", change=str.lower),
}


def _reference(pattern: str) -> Maker:
    """`*` is a digit, `@` a letter, `~` a hexadecimal digit; the rest stands for itself."""

    def make(rng: random.Random, locale: str) -> str:
        pools = {"*": "0123456789", "@": "ABCDEFGHJKLMNPRSTVWXYZ", "~": "0123456789abcdef"}
        return "".join(rng.choice(pools[c]) if c in pools else c for c in pattern)

    return make


REFERENCE_FORMS: Forms = {
    "digits 8": _reference("********"),
    "digits 6": _reference("******"),
    "digits 5": _reference("*****"),
    "hash": _reference("#*******"),
    "letters dash digits": _reference("@@-*****"),
    "letters digits": _reference("@@******"),
    "lower letters digits": lambda rng, locale: _reference("@@@*****")(rng, locale).lower(),
    "year": _reference("2024-******"),
    "prefix year": _reference("INV-2024-*****"),
    "amazon": _reference("408-*******-*******"),
    "parcel": _reference("1Z***@@***********"),
    "slashes": _reference("SO/2024/****"),
    "hexadecimal": _reference("ord_8~~~~21~"),
    "letter space digits": _reference("@@ *****"),
    "groups": _reference("**** **** ****"),
    "dotted": _reference("**.***.***"),
    "mixed": _reference("*@*@-**@@-*@**"),
    "one letter": _reference("@*******"),
}

FORMS: dict[str, Forms] = {
    "EMAIL": EMAIL_FORMS,
    "PHONE": PHONE_FORMS,
    "CARD": CARD_FORMS,
    "IBAN": IBAN_FORMS,
    "IP": IP_FORMS,
    "ADDRESS": ADDRESS_FORMS,
    "REFERENCE": REFERENCE_FORMS,
}
