"""Rows of an invented shop's support desk, as many as wanted: 400 bytes of text each on average.

The wording is this file's own. A twentieth of the rows nearly repeat an earlier one, a fiftieth repeat one
to the letter; three in ten hold something personal; some are damaged as exports damage texts; a tenth of the
sentences are German.
The rows of a seed are always the same, whatever number of them is asked for.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CLASSIFY, CHAT = "classify", "chat"
_KEPT_FOR_COPIES = 2_000
_REPEATED, _NEARLY = 0.02, 0.05
_PERSONAL, _DAMAGED, _GERMAN = 0.3, 0.06, 0.1

_THINGS = """
kettle|desk lamp|rain jacket|hiking boots|blender|office chair|bicycle pump|phone case|wool blanket|
toaster|garden hose|bookshelf|running shoes|coffee grinder|backpack|sleeping bag|kitchen scale|
floor fan|umbrella|frying pan|bath mat|curtain rail|headphones|keyboard|bedside table|tent|
water bottle|yoga mat|mirror|wall clock|suitcase|hand mixer|vacuum cleaner|dining table|night light|
baking tray|cutting board|power drill|paint roller|step ladder|picture frame|laundry basket|
pressure cooker|bread bin|ironing board|shower head|door handle|lantern
"""
_FAULTS = """
arrived with a crack along the side|makes a grinding noise|will not switch on|is missing two screws|
smells of burnt plastic|came in the wrong colour|stopped working overnight|leaks at the seam|
is much smaller than the picture shows|has a loose handle|was packed in a torn box|
does not fit its own lid|gets too hot to touch|flickers all the time|lost its coating in a week|
was clearly used before|has a dent on the back|came without a manual|squeaks with every step|
shows a red light and nothing else
"""
_TIMES = """
yesterday|on Monday|last Friday|two weeks ago|this morning|on the third of May|before the holidays|
in the first week of March|about a month ago|a few days ago|over the weekend|on my birthday|
late on Tuesday|shortly after Easter|during the sale|some time in autumn
"""
_PLACES = """
the shop in the station|your web site|the mobile app|the outlet by the harbour|a gift list|
your catalogue|the branch on the market square|the telephone line|a friend's account|
the newsletter offer
"""
_FEELINGS = """
I am rather disappointed|this is quite annoying|I did not expect that from you|
I was looking forward to it|my family was counting on it|so far I have always been content|
it is not the end of the world|I am beginning to lose patience|to be honest I am confused|
it would be a pity to send it back
"""
_ATTEMPTS = """
I tried another socket and it made no difference|I read the manual twice and found nothing about it|
I asked in the branch and they sent me to you|I wrote through the form and got no reply|
my neighbour, who repairs such things, had no idea either|
I cleaned it as described and it helped for an hour|I took photographs from every side|
I compared it with the one of a colleague|the courier said that it was not his business|
I already packed it up again in the original carton
"""
_WISHES = {
    "refund": "I would like my money back|Please return the amount to my card|When will I be paid back",
    "replacement": "Could you send me a new one|I want it exchanged|Please replace it before the weekend",
    "repair": "Can it be mended|Who repairs it under the guarantee|Where can I bring it for repair",
    "delivery": "Where is the parcel now|When will it be delivered|Can the driver leave it with a neighbour",
    "invoice": "I need a proper invoice for my office|The bill shows the wrong sum|I lost the receipt",
    "cancel": "I want to cancel the order|Please stop the shipment|Take it off my order if you still can",
    "address": "Please change the address of delivery|We have moved since|It must go to my office instead",
    "account": "I cannot sign in any more|Please close my account|The code for signing in never arrives",
    "voucher": "My voucher is refused|How long is the gift card valid|The discount was not taken off",
    "stock": "When will it be there again|Do you still have it in blue|Can a branch keep one for me",
    "guarantee": "Does the guarantee cover this|How long is it guaranteed|I lost the slip of the guarantee",
    "praise": "I just wanted to say that I am happy|Please thank the lady in the branch|Well done",
}
_MORE = """
the number on the box does not agree with the one in the order|I paid extra for the quick delivery|
the colour on the screen was much warmer|there was a second parcel in the same week|
the label had been stuck over another one|I keep the slip in case you need it|
my old one lasted eleven years|the instructions are in a language that I cannot read|
it stands in the hall and nobody can pass|the price went down a day after I had ordered|
somebody else signed for it|the spare parts are out of stock
"""
_STARTS = """
Hello|Hi there|Good morning|Dear team|Hello support|Good evening|Hi|To whom it may concern|Hey||||
"""
_ENDS = """
Thanks|Kind regards|Best wishes|Thank you in advance|Regards|Many thanks for your help|Cheers||||
"""
_GERMAN_SENTENCES = """
Die Lieferung ist schon wieder verspätet|
Das Gerät läuft nicht mehr, obwohl es erst drei Wochen alt ist|
Ich möchte die Bestellung rückgängig machen|Bitte schicken Sie mir die Rechnung noch einmal zu|
Die Farbe stimmt nicht mit dem Bild überein|Wann bekomme ich endlich mein Geld zurück|
Der Bote hat geklingelt, aber niemandem etwas übergeben|
Ich habe alles so gemacht, wie es in der Anleitung steht|Meine Anschrift hat sich geändert|
Der Gutschein wird an der Kasse nicht angenommen|Im Karton fehlten zwei Schrauben und die Anleitung|
Können Sie mir bitte ein neues Exemplar schicken|Das Paket liegt seit Tagen im Lager|
Ich warte seit über zwei Wochen auf eine Antwort von Ihnen
"""
_ANSWERS = """
I am sorry to hear that|Thank you for letting us know|I have looked at your order|
That should not have happened|I have asked our warehouse|We can certainly help with that|
I have noted it in your file
"""
_STEPS = """
A new one will leave our warehouse tomorrow|
The amount will be back on your card within five working days|
Please take it to any branch, the slip is not needed|Our workshop will write to you within two days|
You will get a label for the parcel by mail|I have changed it, and you will see it in your account|
Please answer with a photograph of the label|The guarantee covers it for three years|
It will be in stock again in about three weeks|I have added the discount to your next order
"""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", " ").strip().split("|"))


_PARTS = {
    "things": _listed(_THINGS),
    "faults": _listed(_FAULTS),
    "times": _listed(_TIMES),
    "places": _listed(_PLACES),
    "feelings": _listed(_FEELINGS),
    "attempts": _listed(_ATTEMPTS),
    "more": _listed(_MORE),
    "starts": _listed(_STARTS),
    "ends": _listed(_ENDS),
    "german": _listed(_GERMAN_SENTENCES),
    "answers": _listed(_ANSWERS),
    "steps": _listed(_STEPS),
}
_WISHED = {label: _listed(text) for label, text in _WISHES.items()}
_NAMES = _listed(
    "Ada|Bruno|Clara|Dario|Edda|Franz|Greta|Hanno|Ines|Jonas|Kira|Levi|Mara|Nils|Olga|Paul"
)
_SURNAMES = _listed(
    "Amsel|Birke|Castor|Dorn|Esche|Farn|Ginster|Holm|Iltis|Kranich|Linde|Moos|Nessel|Otter"
)


def write(file: Path, form: str, count: int, *, seed: int = 0) -> int:
    """Write rows as JSON Lines.

    Args:
        file: Where to.
        form: `classify` (text and label) or `chat` (messages).
        count: How many.
        seed: Of the draws.

    Returns:
        Bytes of all texts.
    """
    num_bytes = 0
    with file.open("w", encoding="utf-8") as lines:
        for row in rows(form, count, seed=seed):
            texts = [row["text"]] if "text" in row else [one["content"] for one in row["messages"]]
            num_bytes += sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
            lines.write(json.dumps(row) + "\n")
    return num_bytes


def rows(form: str, count: int, *, seed: int = 0) -> Iterator[dict[str, Any]]:
    """The rows of a seed, one by one; few earlier ones are kept, to be repeated."""
    rng = random.Random(f"{form} {seed}")
    one = _message if form == CLASSIFY else _talk
    earlier: list[dict[str, Any]] = []
    for _ in range(count):
        drawn = rng.random()
        if earlier and drawn < _REPEATED:
            yield rng.choice(earlier)
        elif earlier and drawn < _REPEATED + _NEARLY:
            yield _nearly(rng, rng.choice(earlier))
        else:
            row = one(rng)
            if len(earlier) < _KEPT_FOR_COPIES:
                earlier.append(row)
            else:
                earlier[rng.randrange(_KEPT_FOR_COPIES)] = row
            yield row


def _message(rng: random.Random) -> dict[str, Any]:
    label = rng.choice(sorted(_WISHED))
    return {"text": _damaged(rng, _letter(rng, label, rng.randint(2, 6))), "label": label}


def _talk(rng: random.Random) -> dict[str, Any]:
    label = rng.choice(sorted(_WISHED))
    messages = []
    for turn in range(rng.choice((1, 1, 2))):
        asked = _letter(rng, label, rng.randint(1, 3) if turn == 0 else 0)
        messages.append({"role": "user", "content": _damaged(rng, asked)})
        messages.append({"role": "assistant", "content": _answer(rng)})
    return {"messages": messages}


def _letter(rng: random.Random, label: str, length: int) -> str:
    """A message with so many sentences around what it asks for."""
    sentences = [_sentence(rng) for _ in range(length)]
    sentences.insert(
        rng.randint(0, len(sentences)), f"{rng.choice(_WISHED[label])}{rng.choice('?.!')}"
    )
    if rng.random() < _PERSONAL:
        sentences.insert(rng.randint(0, len(sentences)), _personal(rng))
    start, end = rng.choice(_PARTS["starts"]), rng.choice(_PARTS["ends"])
    name = f"{rng.choice(_NAMES)} {rng.choice(_SURNAMES)}" if end and rng.random() < 0.6 else ""
    body = rng.choice((" ", " ", "\n")).join(sentences)
    return (f"{start},\n{body}" if start else body) + (f"\n{end}\n{name}".rstrip() if end else "")


def _sentence(rng: random.Random) -> str:
    if rng.random() < _GERMAN:
        return f"{rng.choice(_PARTS['german'])}."
    thing, fault, time = (rng.choice(_PARTS[name]) for name in ("things", "faults", "times"))
    place, feeling, attempt, more = (
        rng.choice(_PARTS[name]) for name in ("places", "feelings", "attempts", "more")
    )
    kind = rng.randrange(6)
    if kind == 0:
        return f"The {thing} that I bought {time} {fault}."
    if kind == 1:
        return f"I ordered a {thing} from {place} {time}, and it {fault}."
    if kind == 2:
        return f"{feeling[:1].upper()}{feeling[1:]}, because the {thing} {fault}."
    if kind == 3:
        return f"{attempt[:1].upper()}{attempt[1:]}, and {feeling[:1].lower() + feeling[1:]}."
    if kind == 4:
        return f"Besides, {more}, and the {thing} from {place} {fault}."
    return f"{time[:1].upper()}{time[1:]} {attempt}; {more}."


def _personal(rng: random.Random) -> str:
    number = rng.randrange(10**7, 10**8)
    name = f"{rng.choice(_NAMES)}.{rng.choice(_SURNAMES)}".lower()
    kind = rng.randrange(5)
    if kind == 0:
        return f"You can reach me at {name}{number % 97}@example.com."
    if kind == 1:
        return f"My number is +49 30 {number}."
    if kind in (2, 3):
        return f"The order number is {rng.choice('ABCDEF')}{number}."
    return f"It was delivered to Ahornweg {number % 180 + 1}, 1{number % 10_000:04} Berlin."


def _answer(rng: random.Random) -> str:
    said = [rng.choice(_PARTS["answers"]), rng.choice(_PARTS["steps"])]
    if rng.random() < 0.5:
        said.append(
            f"The {rng.choice(_PARTS['things'])} is noted under {rng.randrange(10**5, 10**6)}"
        )
    return ". ".join(said) + "."


def _damaged(rng: random.Random, text: str) -> str:
    """As exports leave a text, sometimes."""
    drawn = rng.random()
    if drawn > _DAMAGED:
        return text
    if drawn < _DAMAGED / 3:
        return text.replace("\n", "<br>").replace(" and ", " &amp; ")
    if drawn < 2 * _DAMAGED / 3:
        return text.replace("\n", "\r\n") + "  "
    return text.encode().decode("cp1252", "ignore")


def _nearly(rng: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    """The same with a slip of the keyboard or another closing."""
    if "text" in row:
        return row | {"text": _slipped(rng, row["text"])}
    first, *others = row["messages"]
    return {"messages": [first | {"content": _slipped(rng, first["content"])}, *others]}


def _slipped(rng: random.Random, text: str) -> str:
    if rng.random() < 0.3:
        return f"{text}\nSent from my phone"
    at = rng.randrange(1, len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
