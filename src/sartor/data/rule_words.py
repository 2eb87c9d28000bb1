"""How binding a sentence is, by its wording: in English, German, Dutch, Swedish, French and Spanish.

Words decide and not meanings, so that a person can see why. What forbids is looked for first, then what only
wishes, then what demands; an imperative demands. The languages are not told apart: a word that demands in one
of them and means something else in another is left out, or asks for its neighbours.
"""

from __future__ import annotations

import re

from sartor.core.guidelines import Force

_FORBIDS = re.compile(
    r"\b(?:never|avoid|do not|don['’]t|must not|mustn['’]t|may not|cannot|can['’]t|shall not|should not|"
    r"shouldn['’]t|not allowed|is forbidden|are forbidden|prohibited|refrain|under no circumstances|"
    r"nie|niemals|nicht|kein|keine|keinen|keinem|keiner|keinerlei|vermeid\w*|verboten|verzicht\w*|unterlass\w*|"
    r"tabu|niet|geen|nooit|vermijd\w*|verboden|"
    r"aldrig|inte|ingen|inga|inget|undvik\w*|förbjud\w*|"
    r"jamais|ne|n['’]\w+|aucune?|évite[zr]?|éviter|interdit\w*|proscri\w+|"
    r"nunca|jamás|evit[ae]\w*|prohibid\w+|ningún|ninguna|(?:no (?:se|le|les|lo|la|los|las|me|te|nos|"
    r"[a-záéíóú]+(?:es|as|e|a|en|an|éis|áis))))\b",
    re.IGNORECASE,
)
_NO_FIRST = re.compile(
    r"(?:no|nein|(?:sin|sans|ohne|zonder|utan)(?= [^,]*$)|pas de|pas d['’]\w+)\b", re.IGNORECASE
)
_NO_NOUN = re.compile(
    r"[,;:.] (?:and |or |but )?no (?!later|more than|matter|doubt|longer)\w+", re.IGNORECASE
)
_WISHES = re.compile(
    r"\b(?:should|ideally|prefer\w*|preferably|try to|aim (?:to|for)|(?:where|if|when) possible|"
    r"whenever possible|usually|generally|consider|rather|recommend\w*|welcome|may|can|ought to|as a rule|"
    r"allowed|permitted|"
    r"soll|sollte\w*|sollen|möglichst|nach möglichkeit|bevorzug\w*|idealerweise|am besten|besser|"
    r"empfehl\w*|empfohlen|empfiehlt|wenn möglich|erlaubt|wenn es geht|in der regel|gern|gerne|lieber|"
    r"dürfen|darf|"
    r"zou|zouden|zou moeten|bij voorkeur|liefst|liever|idealiter|probeer|zo mogelijk|indien mogelijk|"
    r"waar mogelijk|als het kan|mag|mogen|aanbevolen|toegestaan|raden\b.*\baan|"
    r"bör|helst|gärna|om möjligt|om det går|när det går|försök|föredra\w*|"
    r"rekommender\w+|tillåt\w+|får|"
    r"devrai\w+|de préférence|préfér\w+|si possible|idéalement|essaye[zr]|"
    r"privilégie[zr]?|recommand\w+|plutôt|mieux vaut|il vaut mieux|peu(?:t|vent|vez)|conseillé\w*|"
    r"autorisé\w*|"
    r"deberí\w+|preferible\w*|prefer\w+|a ser posible|si es posible|siempre que sea posible|procur\w+|"
    r"intent[ae]\w*|conviene|recomend\w+|recomiend\w+|mejor|idealmente|permitid\w+|puede[ns]?)\b",
    re.IGNORECASE,
)
_DEMANDS = re.compile(
    r"\b(?:must|always|shall|have to|has to|need to|needs to|required|mandatory|only|make sure|ensure|"
    r"muss|müssen|immer|stets|nur|unbedingt|zwingend|ist zu|sind zu|hat zu|verpflichtend|"
    r"moet|moeten|altijd|alleen|verplicht|zorg|"
    r"måste|ska|skall|alltid|endast|bara|"
    r"doit|doivent|devez|toujours|il faut|uniquement|seulement|obligatoire\w*|"
    r"debe[ns]?|siempre|hay que|solo|sólo|obligatori\w+|asegúr\w+|tiene[ns]? que)\b",
    re.IGNORECASE,
)
_IMPERATIVES_WORDS = """
add address adapt agree answer apologise apologize ask attach begin be book break bring call
capitalise capitalize check choose close confirm contact describe end enter escalate explain
finish focus follow forward give greet hand handle hang hear help highlight hyphenate include
introduce invite italicise keep lead leave let limit link list listen look lower make match
mention mind mirror name note offer open pass pick place point praise prefer promise proofread
protect put quote read refer remember repeat replace reply respect respond say send separate set
shorten show sign sound spell split speak start state stay stick stop suggest switch take tell
test thank think translate treat try turn use vary verify wait watch word write antworten antworte
begrüßen begrüße beginnen beginne beantworten beantworte bieten biete bitten bitte bleiben bleibe
bleib danken danke enden entschuldigen erklären erkläre fassen fragen frage führen geben gib gehen
halten halte helfen hilf klären machen mache nehmen nimm nennen nenne nutzen nutze prüfen prüfe
reden sagen sage schreiben schreibe schließen seien sei setzen sprechen sprich stellen übergeben
übergib verabschieden verweisen verwenden verwende wählen wähle zeigen zeige antwoord begin
beantwoord begroet bied bedank blijf bevestig controleer duid eindig gebruik geef groet houd hou
help kies leg laat lees maak meld neem noem onderteken schrijf sluit spreek spel stel stuur toon
vat vermeld vertel verwijs vraag wees zeg zet zorg ange använd avsluta be berätta börja erbjud
följ förklara fråga ge gör hälsa håll hjälp hänvisa kontrollera lämna läs nämn presentera se
skicka skriv stava svara säg tacka tala ta tilltala upprepa visa välj var accueillez aidez ajoutez
annoncez commencez concluez confirmez dites donnez écrivez employez expliquez faites finissez
gardez indiquez informez lisez mentionnez mettez montrez nommez parlez posez précisez présentez
proposez remerciez répondez restez saluez signez soyez terminez traitez transmettez utilisez
vérifiez veillez vouvoyez écrire utiliser répondre employer añade agradezca ayude cierre comience
compruebe confirme conteste dé deje describa diga emplee empiece escriba explique firme hable haga
indique informe lea mantenga mencione muestre nombre ofrezca pase pida ponga pregunte presente
repita responda revise salude sea siga termine trate use utilice
"""
_IMPERATIVES = frozenset(_IMPERATIVES_WORDS.split())
_FIRST_WORD = re.compile(r"[^\w]*([^\W\d_]+)")
_OTHER_FIRST = re.compile(
    r"^(?:and|then|please|bitte|und|dann|alsjeblieft|sedan|puis|luego|por favor)\s+", re.IGNORECASE
)
_AFTER_CLAUSE = re.compile(
    r"^(?:if|when|in|with|for|at|on|before|after|to|once|where)\b[^,:]{1,160}[,:]\s+(.+)",
    re.I | re.S,
)


_WISHES_ALWAYS = re.compile(
    r"\b(?:should|ought to|sollte\w*|zou|zouden|bör|devrai\w+|deberí\w+)\b", re.IGNORECASE
)
"""Words that wish even beside `always`."""
_DEMANDS_STRONGLY = re.compile(
    r"\b(?:must|always|muss|müssen|immer|stets|moet|moeten|altijd|måste|ska|alltid|doit|doivent|devez|toujours|"
    r"debe[ns]?|siempre(?! que sea))\b",
    re.IGNORECASE,
)
_ONLY_IF = re.compile(
    r"\b(?:if|when|wenn|falls|als|indien|om|när|si|quand|cuando)\b[^,]{0,120}(?:,|$)", re.IGNORECASE
)


def force_of(sentence: str) -> Force | None:
    """How binding a sentence is; None where it neither demands nor wishes nor forbids anything.

    Args:
        sentence: Without quotations: what they say is not what is asked.
    """
    if _forbids(sentence):
        return Force.MUST_NOT
    if _WISHES_ALWAYS.search(sentence):
        return Force.SHOULD
    if _WISHES.search(sentence) and not _DEMANDS_STRONGLY.search(sentence):
        return Force.SHOULD
    if _DEMANDS.search(sentence) or is_imperative(sentence):
        return Force.MUST
    return None


def _forbids(sentence: str) -> bool:
    """Whether the main clause forbids; `if you do not know it, say so` does not."""
    main = _ONLY_IF.sub(" ", sentence).strip() or sentence
    found = _FORBIDS.search(main)
    if _NO_FIRST.match(main) or (found and _is_about_all(main, found)):
        return True
    return bool(_NO_NOUN.search(main)) and not is_imperative(main)


def _is_about_all(main: str, found: re.Match[str]) -> bool:
    """Whether the negation comes before anything positive is demanded: `say X, not Y` demands."""
    word = found[0].lower()
    before = main[: found.start()]
    if word in ("nicht", "niet", "inte", "not", "kein", "keine", "geen", "ingen", "inga", "inget"):
        return "," not in before or not is_imperative(before)
    return not (
        is_imperative(before) and ("," in before or ";" in before or len(before.split()) > 6)
    )


def is_imperative(sentence: str) -> bool:
    """Whether a sentence begins with a verb that tells to do something, after `please` or an if-clause."""
    rest = _OTHER_FIRST.sub("", sentence.strip())
    if clause := _AFTER_CLAUSE.match(rest):
        rest = clause[1]
    found = _FIRST_WORD.match(rest)
    return found is not None and found[1].lower() in _IMPERATIVES
