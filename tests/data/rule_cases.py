"""Rules of invented style guides in six languages, with how binding each is: written by hand."""

from __future__ import annotations

CASES = {
    "English": """
must | Greet the customer by first name.
must | Always state the delivery time from the order.
must | Answers must be shorter than 120 words.
must | If the customer is upset, acknowledge it in the first sentence.
must | Please sign with your first name only.
must | Numbers above twelve have to be written as figures.
must | Use British spelling.
must | When you cannot help, hand over to a colleague.
must | Only quote prices from the current list.
must | Write "made to measure", not "custom made".
must_not | Never promise a date that is not in the system.
must_not | Do not use exclamation marks.
must_not | No emojis in mails.
must_not | Avoid jargon and abbreviations.
must_not | You must not ask for card numbers.
must_not | Discounts may not be offered without approval.
must_not | Don't blame the carrier.
must_not | Under no circumstances share details of another order.
should | Sentences should have fewer than 20 words.
should | Ideally, answer the question in the first sentence.
should | Prefer the active voice.
should | Try to offer an alternative.
should | Where possible, name the person who will call back.
should | A light tone is welcome if the customer has it.
should | Consider adding a link to the size chart.
""",
    "German": """
must | Begrüßen Sie Kundinnen und Kunden mit Namen.
must | Antworten Sie immer in der Sprache der Anfrage.
must | Preise müssen mit Währung angegeben werden.
must | Nennen Sie nur Termine, die im System stehen.
must | Wir siezen alle Kunden, stets und überall.
must | Die Bestellnummer ist in jeder Antwort anzugeben.
must | Bei Beschwerden unbedingt einen Kollegen hinzuziehen.
must | Schreibe kurze Sätze.
must | Wenn Sie es nicht wissen, sagen Sie das.
must | Verwenden Sie „Maßanfertigung“, nicht „Custom-Produkt“.
must_not | Versprechen Sie niemals einen Liefertermin.
must_not | Keine Emojis in E-Mails.
must_not | Vermeiden Sie Fachbegriffe.
must_not | Fragen Sie nicht nach der Kreditkartennummer.
must_not | Rabatte dürfen nicht ohne Freigabe zugesagt werden.
must_not | Schuldzuweisungen sind tabu.
must_not | Auf Ausrufezeichen verzichten wir.
must_not | Nie über Gewicht oder Figur sprechen.
should | Antworten sollten höchstens 120 Wörter haben.
should | Schreiben Sie möglichst aktiv.
should | Idealerweise steht die Antwort im ersten Satz.
should | Nach Möglichkeit eine Alternative anbieten.
should | Nutzen Sie bevorzugt einfache Wörter.
should | Ein lockerer Ton ist in der Regel willkommen.
""",
    "Dutch": """
must | Begroet de klant met de voornaam.
must | Antwoord altijd in de taal van de klant.
must | Prijzen moeten met valuta worden vermeld.
must | Noem alleen data die in het systeem staan.
must | Schrijf korte zinnen.
must | Gebruik "op maat gemaakt", niet "custom made".
must | Als je het niet weet, zeg dat dan.
must | Het ordernummer is verplicht in elk antwoord.
must_not | Beloof nooit een leverdatum.
must_not | Geen emoji's in e-mails.
must_not | Vermijd vakjargon.
must_not | Vraag niet naar het creditcardnummer.
must_not | Kortingen mogen niet zonder toestemming worden beloofd.
must_not | Het is verboden om gegevens van anderen te delen.
must_not | Geef de bezorger nooit de schuld.
should | Antwoorden zouden korter dan 120 woorden moeten zijn.
should | Schrijf bij voorkeur actief.
should | Probeer een alternatief te bieden.
should | Noem waar mogelijk de naam van een collega.
should | Liefst staat het antwoord in de eerste zin.
""",
    "Swedish": """
must | Hälsa på kunden med förnamn.
must | Svara alltid på kundens språk.
must | Priser måste anges med valuta.
must | Nämn bara datum som finns i systemet.
must | Skriv korta meningar.
must | Skriv "måttsytt", inte "custom made".
must | Om du inte vet, säg det.
must | Ordernumret ska finnas i varje svar.
must_not | Lova aldrig ett leveransdatum.
must_not | Inga emojier i mejl.
must_not | Undvik facktermer.
must_not | Fråga inte efter kortnummer.
must_not | Rabatter får inte ges utan godkännande.
must_not | Det är förbjudet att dela andras uppgifter.
must_not | Skyll aldrig på budfirman.
should | Svaren bör vara kortare än 120 ord.
should | Skriv helst i aktiv form.
should | Försök erbjuda ett alternativ.
should | Nämn om möjligt vem som ringer upp.
should | En lätt ton är gärna välkommen.
""",
    "French": """
must | Saluez le client par son prénom.
must | Répondez toujours dans la langue du client.
must | Les prix doivent être indiqués avec la devise.
must | Indiquez uniquement les dates qui figurent dans le système.
must | Écrivez des phrases courtes.
must | Dites « sur mesure » et non « custom ».
must | Si vous ne savez pas, dites-le.
must | Il faut vouvoyer tous les clients.
must_not | Ne promettez jamais une date de livraison.
must_not | Pas d'émojis dans les courriels.
must_not | Évitez le jargon.
must_not | Ne demandez pas le numéro de carte.
must_not | Il est interdit de partager les données d'un autre client.
must_not | N'accusez pas le transporteur.
must_not | Aucun point d'exclamation.
should | Les réponses devraient compter moins de 120 mots.
should | De préférence, écrivez à la voix active.
should | Essayez de proposer une autre solution.
should | Si possible, nommez la personne qui rappellera.
should | Privilégiez les mots simples.
""",
    "Spanish": """
must | Salude al cliente por su nombre.
must | Responda siempre en el idioma del cliente.
must | Los precios deben indicarse con la moneda.
must | Mencione solo las fechas que figuran en el sistema.
must | Escriba frases cortas.
must | Diga «a medida», no «custom».
must | Si no lo sabe, dígalo.
must | Hay que tratar de usted a todos los clientes.
must_not | Nunca prometa una fecha de entrega.
must_not | Sin emojis en los correos.
must_not | Evite la jerga.
must_not | No pida el número de la tarjeta.
must_not | Está prohibido compartir datos de otros clientes.
must_not | No culpe al transportista.
must_not | Ningún signo de exclamación.
should | Las respuestas deberían tener menos de 120 palabras.
should | Preferiblemente, escriba en voz activa.
should | Intente ofrecer una alternativa.
should | Si es posible, nombre a la persona que llamará.
should | Conviene usar palabras sencillas.
""",
}
UNSEEN = {
    "English": """
must | Every mail closes with the name of the writer.
must | Thank people for complaints, too.
must | It is essential to read the whole thread first.
must | Round prices up to full pounds.
must_not | Nobody quotes a discount on the phone.
must_not | Refrain from jokes about fit.
must_not | Steer clear of superlatives.
must_not | We don't say "unfortunately" twice in one mail.
should | Shorter is better.
should | Feel free to use contractions.
should | Aim for three paragraphs at most.
should | It helps to repeat the question in your own words.
""",
    "German": """
must | Jede E-Mail endet mit dem Namen der Person.
must | Beträge werden mit zwei Nachkommastellen geschrieben.
must | Achten Sie auf die Anrede.
must | Fassen Sie zusammen, was vereinbart wurde.
must_not | Ausreden haben in unseren Mails nichts zu suchen.
must_not | Rabatte nennt am Telefon niemand.
must_not | Über andere Kunden wird nicht gesprochen.
must_not | Lassen Sie Superlative weg.
should | Kurze Sätze lesen sich leichter.
should | Drei Absätze genügen meist.
should | Ein Dank am Ende schadet nie.
should | Es empfiehlt sich, die Frage zu wiederholen.
""",
    "Dutch": """
must | Elke mail eindigt met de naam van de schrijver.
must | Rond prijzen af op hele euro's.
must | Lees eerst het hele gesprek.
must_not | Laat superlatieven weg.
must_not | Over andere klanten praten we niet.
must_not | Excuses zonder oplossing horen hier niet thuis.
should | Drie alinea's zijn meestal genoeg.
should | Korter is beter.
""",
    "Swedish": """
must | Varje mejl slutar med skribentens namn.
must | Avrunda priser till hela kronor.
must | Läs hela tråden först.
must_not | Låt bli superlativ.
must_not | Vi talar inte om andra kunder.
must_not | Ursäkter utan lösning hör inte hemma här.
should | Tre stycken räcker oftast.
should | Kortare är bättre.
""",
    "French": """
must | Chaque courriel se termine par le nom de son auteur.
must | Arrondissez les prix à l'euro.
must | Relisez toute la conversation avant de répondre.
must_not | Laissez de côté les superlatifs.
must_not | On ne parle pas des autres clients.
must_not | Les excuses sans solution sont à bannir.
should | Trois paragraphes suffisent en général.
should | Plus c'est court, mieux c'est.
""",
    "Spanish": """
must | Cada correo termina con el nombre de quien escribe.
must | Redondee los precios al euro.
must | Lea toda la conversación antes de responder.
must_not | Prescinda de los superlativos.
must_not | De otros clientes no se habla.
must_not | Las excusas sin solución sobran.
should | Tres párrafos suelen bastar.
should | Cuanto más corto, mejor.
""",
}
"""Harder ones, written after the lists of words were done; the lists were not changed for them."""


def cases(language: str, *, unseen: bool = False) -> list[tuple[str, str]]:
    """Force and sentence."""
    written = (UNSEEN if unseen else CASES)[language]
    lines = [line.partition(" | ") for line in written.strip().splitlines()]
    return [(force, sentence) for force, _, sentence in lines]
