"""The phrases that end mails, by language: closings, footers of clients, legal text."""

from __future__ import annotations

import re

_AND = r"\s(?:and|und|en|et|y|och|e|&)\s"
_TAIL = (
    r"(?:\s*[,;.!–-]+\s*[^.?!:]{0,40}|\s(?:from|aus|von|vom|van|uit|de|desde|från)\s[^.?!:]{0,40}"
    r"|(?:\s(?-i:[A-ZÄÖÜÅÉ/])[\w.'’-]{0,30}){1,3})?[\s,.!;]*$"
)
"""What may stand on the line of a closing: a name, a place, punctuation; not a sentence that goes on."""
_REGARDS = (
    r"(?:(?:with|my|our|kind|kindest|best|warm|warmest|many)\s){0,3}regards"
    r"|(?:with\s)?(?:best|warm|warmest|kind|kindest|all good|many)\swishes|all the best"
    r"|(?:yours\s)?(?:very\s)?sincerely(?:\syours)?"
    r"|(?:yours|sincerely|faithfully|respectfully)\s?(?:truly|faithfully|sincerely|yours)?|cheers|take care"
    r"|(?:mit\s)?(?:ganz\s)?(?:(?:freundlich|best|herzlich|lieb|viel|sonnig|schön"
    r"|nett)e?[nr]?\s(?:und\s\w+\s)?){0,2}"
    r"(?:grüße|grüssen?|grüßen|gruß|gruss|gruesse|gruessen|grüsse)|mfg|lg|vg|bg|hochachtungsvoll"
    r"|danke\s(?:und|&)\s(?:(?:viele|liebe|beste|schöne|herzliche)\s)?(?:grüße|gruß|gruss|lg|gruesse)"
    r"|(?:(?:vielen|besten|herzlichen)\s)dank\sund\s[^\n]{0,20}(?:grüße|gruß|grüßen|gruss)"
    r"|(?:met\s)?(?:(?:vriendelijke|hartelijke|beste|lieve|sportieve)\s)?groet(?:en|jes)?|mvg|m\.v\.g\.?"
    r"|hoogachtend|(?:alvast\s)?bedankt\sen\s[^\n]{0,20}groet(?:en)?"
    r"|(?:bien\s|très\s)?cordialement|(?:meilleures|sincères|cordiales|mes|nos)\s(?:\w+\s)?salutations"
    r"|salutations(?:\s\w+)?|bien à (?:vous|toi)|amicalement|respectueusement|cdlt|bises|amitiés"
    r"|(?:je vous prie|nous vous prions|veuillez)\sd?['’]?(?:agréer|recevoir|accepter)[^\n]{0,100}"
    r"|(?:un|una|muchos|con un)?\s?(?:cordial|fuerte|atento|afectuoso)?\s?(?:saludo"
    r"|abrazo)s?(?:\s(?:cordial|cordiales|atentos))?"
    r"|reciban?\sun\s[^\n]{0,20}saludo|(?:muy\s)?atentamente|cordialmente"
    r"|(?:med\s)?(?:(?:vänlig|bäst|varm|hjärtlig|snäll)[ae]?\s)?hälsning(?:ar)?|mvh|m\.v\.h\.?|vänligen"
    r"|allt gott"
    r"|(?:cordiali|distinti|cari)\ssaluti|saluti|cordialmente|(?:com\s)?(?:os\smelhores\s)?cumprimentos"
    r"|atenciosamente|(?:med\s)?(?:venlig|vennlig|bedste|de bedste|beste)\s(?:hilsen|hilsner)|hilsen"
    r"|pozdrawiam|z poważaniem|(?:ystävällisin\s)?terveisin"
)
_THANKS = (
    r"(?:many\s|best\s)?(?:thanks|thank you|thx)(?:\s(?:so much|very much|a lot"
    r"|again))?(?:\sin advance)?|best|warmly|yours"
    r"|thanks in advance|talk soon|have a (?:nice|great|good|lovely) (?:day|weekend|evening|week)|bye"
    r"|(?:vielen|besten|herzlichen|schönen)\s(?:lieben\s)?dank(?:\s(?:im voraus|schon mal|vorab))?"
    r"|danke(?:\s(?:im voraus|schön|sehr|dir|ihnen))?"
    r"|ihre?|dein|deine|bis (?:dann|bald)|(?:einen\s)?schönen (?:tag|abend)(?:\snoch)?"
    r"|schönes wochenende|tschüss"
    r"|(?:alvast\s)?(?:hartelijk\s|vriendelijk\s)?(?:bedankt|dank)(?:\salvast)?|dank (?:je|u) wel"
    r"|fijne dag(?:\snog)?"
    r"|merci(?:\s(?:d['’]avance|beaucoup|bien|par avance|à vous))*|bonne (?:journée|soirée|semaine|réception)"
    r"|à bientôt|bon week-end|(?:muchas\s|mil\s)?gracias(?:\s(?:de antemano|por adelantado))?"
    r"|(?:que tenga|que tengas|buen|feliz)[^\n]{0,20}(?:día|tarde|semana)|hasta (?:pronto|luego)"
    r"|tack(?:\s(?:på förhand|så mycket|snälla))?|ha (?:det bra|en (?:fin|bra|trevlig) (?:dag|helg"
    r"|kväll))|hej då|kram"
    r"|grazie(?:\s(?:mille|in anticipo))?|obrigad[oa]|tak"
)
_TEAM = (
    r"[^.?!:,]{0,20}\b(?:team|teamet|équipe|equipo|kundenservice|kundenbetreuung|klantenservice|kundtjänst"
    r"|customer (?:care|service|support)|service client|atención al cliente)\b[^.?!:,]{0,25}\.?\s*$"
)
CLOSING = re.compile(
    rf"\s*(?:(?:(?:{_THANKS}){_AND})?(?:{_REGARDS})(?:{_AND}(?:{_REGARDS}|{_THANKS}))?{_TAIL}|{_TEAM})",
    re.IGNORECASE,
)
"""A line that closes a mail, whatever follows."""
WEAK_CLOSING = re.compile(rf"\s*(?:{_THANKS})[\s,.!;:)]*$", re.IGNORECASE)
"""A line that closes a mail where a name follows, and is said in it where none does."""
MOBILE = re.compile(
    r"\s*[-–—_*]{0,3}\s*(?:"
    r"sent (?:from|via|with|using) (?:my|the|outlook|yahoo|proton|mail|gmail|samsung|aol|an?)\b"
    r"|sent from \w+ mail|get outlook|von meinem [\w -]{2,30} gesendet|gesendet (?:von|mit|aus"
    r"|über) [^\n]{2,40}$"
    r"|diese nachricht wurde von meinem|(?:outlook|hol dir outlook) für|laden sie outlook"
    r"|(?:verzonden|verstuurd|gestuurd) (?:vanaf|vanuit|met|via) [^\n]{2,40}$|outlook voor|download outlook"
    r"|envoyé (?:de|depuis|à partir de|avec) [^\n]{2,40}$|télécharger outlook|obtenir outlook|obtenez outlook"
    r"|enviado (?:desde|con) [^\n]{2,40}$|obtener outlook|descargar outlook"
    r"|skickat från [^\n]{2,40}$|skickades från|hämta outlook|outlook för"
    r"|inviato da[l ][^\n]{2,40}$|enviado do meu|sendt fra min|wysłane z|lähetetty"
    r")",
    re.IGNORECASE,
)
"""What clients write below a mail by themselves."""
LEGAL_START = re.compile(
    r"\s*[*_]{0,3}(?:this (?:e-?mail|message|communication)|the (?:information"
    r"|content)s? (?:contained )?(?:in|of) this"
    r"|disclaimer|confidential|confidentiality|privileged|notice|caution|important notice"
    r"|if you (?:are not|have received)"
    r"|please consider the environment|diese (?:e-?mail|nachricht|mail)|der inhalt dieser"
    r"|wichtiger hinweis|hinweis"
    r"|vertraulich|sollten sie nicht|wenn sie nicht der|bitte denken sie an die umwelt"
    r"|dit (?:e-?mail)?bericht|deze (?:e-?mail|mail)|de informatie in dit|aan dit bericht|vertrouwelijk"
    r"|ce (?:message|courriel|mail)|cet (?:e-?mail|envoi)|les informations contenues|avis de confidentialité"
    r"|este (?:mensaje|correo)|la información contenida|aviso (?:legal|de confidencialidad)|antes de imprimir"
    r"|detta (?:meddelande|mail|mejl|e-postmeddelande)|den här e-posten|informationen i detta"
    r"|questo messaggio|esta mensagem)",
    re.IGNORECASE,
)
LEGAL = re.compile(
    r"\b(?:confidential|privileged|intended (?:solely|only|recipient|for)|addressee|unauthori[sz]ed"
    r"|disclaimer"
    r"|in error|registered (?:in|office|number)|company (?:no|number|reg)|vat(?: no| number| id)?\b"
    r"|print(?:ing)? this"
    r"|vertraulich\w*|unbefugt\w*|irrtümlich|adressat|bestimmungsgemäß|amtsgericht|handelsregister|hrb|hra"
    r"|geschäftsführ\w+|sitz der gesellschaft|ust-?id\w*|steuernummer|ausdrucken"
    r"|vertrouwelijk|geadresseerde|bestemd|kvk|btw|onbevoegd\w*|afdrukt"
    r"|confidentiel\w*|destinataire|destiné\w*|siret|siren|rcs|tva|n'imprimez|imprimer"
    r"|confidencial\w*|destinatari[oa]|exclusiv\w+|cif|nif|registro mercantil|imprimir"
    r"|konfidentiell\w*|sekretess|mottagare\w*|avsedd\w*|org\.?\s?nr|organisationsnummer|momsreg\w*"
    r"|skriver ut"
    r"|riservat\w*|partita iva|delete (?:it|this)|löschen|supprimer|verwijder\w*|eliminar\w*|radera)\b",
    re.IGNORECASE,
)
"""Words of legal text and imprints."""
