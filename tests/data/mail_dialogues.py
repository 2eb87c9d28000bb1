# ruff: noqa: E501 - the texts stand as they are sent
"""What customers of Hem & Co. ask and what they are answered, in six languages."""

from __future__ import annotations

DIALOGUES: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "en": [
        (
            "Sleeves too long",
            (
                "Hello,\nthe sleeves of my jacket (order 48213) are two centimetres too long.\nCan you shorten them?",
                "Hi Paul,\nof course we can. Please send the jacket back with the label that we attach.\nIt takes about eight days.",
                "Great, it is on its way.\nDo I pay for the parcel?",
                "No, the label is paid for.",
            ),
        ),
        (
            "Invoice for my suit",
            (
                "Good morning,\nI cannot find the invoice for the grey suit.\nMy tax adviser needs it by Friday.",
                "Dear customer,\nwe have sent the invoice again. Have a look into the spam folder, too.",
                "Found it.\nThe address on it is my old one, can it be changed?",
                "We have changed the address and sent a new invoice.\nThe old one is void.",
            ),
        ),
        (
            "Wedding in May",
            (
                "Hi there!\nWe marry on 25 May and need three waistcoats in sage green:\n- two in size 50\n- one in size 54\nIs there still time for that?",
                "Congratulations!\nYes, if we get the measurements by the end of the week.\nShall we book a video call?",
                "Thursday at six would be fine.",
            ),
        ),
        (
            "Wool or linen?",
            (
                "I sweat a lot in summer. Is the linen blend thinner than the wool?\nFrom what I see in the shop they weigh the same.",
                "The linen blend is lighter: 180 grams per square metre, the wool has 240.\nWe can send samples of both.",
                "Samples would be lovely.\nP.S.: the second address in my account is the right one.",
            ),
        ),
    ],
    "de": [
        (
            "Hose zu eng",
            (
                "Guten Tag,\ndie neue Hose spannt am Bund. Bestellt habe ich Größe 52.\nKann man das auslassen?",
                "Hallo Frau Lindner,\nja, zwei Zentimeter sind als Reserve eingenäht.\nSchicken Sie uns die Hose einfach mit dem Rücksendeschein.",
                "Das ist prima.\nWie lange dauert es ungefähr?",
                "Etwa eine Woche ab Eingang.",
            ),
        ),
        (
            "Rechnung fehlt",
            (
                "Hallo Hem-Team,\nzu meiner Bestellung vom 3. Februar habe ich keine Rechnung bekommen.",
                "Guten Morgen,\ndie Rechnung liegt in Ihrem Kundenkonto unter Belege.\nZur Sicherheit hängt sie dieser Mail noch einmal an.",
                "Ja, jetzt habe ich sie.\nDie Umsatzsteuer ist aber falsch ausgewiesen, oder?",
                "Sie haben recht, das war unser Fehler. Eine berichtigte Rechnung folgt heute.",
            ),
        ),
        (
            "Stoffmuster",
            (
                "Ich hätte gern Muster von Tweed und Flanell.\nWas kostet das?",
                "Drei Muster sind kostenlos, jedes weitere kostet einen Euro.\nWelche Farben möchten Sie?",
                "Bitte Moosgrün, Anthrazit und Cognac.",
            ),
        ),
        (
            "Änderung der Lieferadresse",
            (
                "Moin,\nich ziehe um! Kann das Paket nach Kiel statt nach Bremen gehen?",
                "Hallo,\ndas Paket hat das Haus noch nicht verlassen, wir ändern die Adresse gern.\nWie lautet sie?",
                "Holstenweg 12 in Kiel.\nPS: Bitte nicht beim Nachbarn abgeben.",
                "Ist eingetragen.",
            ),
        ),
    ],
    "nl": [
        (
            "Jas past niet",
            (
                "Beste mensen,\nde jas die ik gisteren kreeg is te krap bij de schouders.\nKan ik hem ruilen?",
                "Beste mevrouw Visser,\nwat vervelend. Ruilen kan binnen dertig dagen.\nEen verzendlabel zit bij deze mail.",
                "Fijn, ik breng het pakje morgen weg.\nWanneer komt de nieuwe?",
                "Reken op tien werkdagen.",
            ),
        ),
        (
            "Korting voor studenten",
            (
                "Hallo,\nkrijg ik als student korting op een pak?",
                "Ja, tien procent.\nStuur ons een kopie van je collegekaart.",
                "De kaart zit in de bijlage.",
            ),
        ),
        (
            "Maat opnemen",
            (
                "Goedemiddag,\nhoe meet ik de binnenbeenlengte precies?\nIn de video gaat het te snel.",
                "Meet van het kruis tot aan de enkel, zonder schoenen.\nTwee keer meten is het beste.",
                "Dan kom ik op 81 centimeter uit.",
                "Genoteerd, we beginnen vandaag met snijden.",
            ),
        ),
    ],
    "fr": [
        (
            "Retard de livraison",
            (
                "Bonjour,\nma chemise devait arriver lundi et le suivi ne bouge plus.\nPouvez-vous vérifier ?",
                "Bonjour Madame,\nle colis est bloqué au dépôt de Lyon. Nous avons relancé le transporteur.",
                "Toujours rien ce matin.\nJe pars en voyage samedi.",
                "Nous vous envoyons une deuxième chemise par coursier demain.",
            ),
        ),
        (
            "Boutons manquants",
            (
                "Bonjour à tous,\nil manque deux boutons sur le gilet reçu hier.",
                "Toutes nos excuses.\nNous vous envoyons un jeu complet par lettre.",
                "Bien reçus, ils sont parfaits.",
            ),
        ),
        (
            "Choix du tissu",
            (
                "Quel tissu conseillez-vous pour un mariage en août ?\nIl fera très chaud.",
                "Nous conseillons le lin lavé ou la laine froide.\nLes deux existent en bleu nuit.",
                "Alors la laine froide en bleu nuit, taille 48.",
                "C'est noté, la commande est créée.",
            ),
        ),
    ],
    "es": [
        (
            "Devolución de un vestido",
            (
                "Hola,\nquiero devolver el vestido verde porque el largo no es el acordado.\n¿Cómo lo hago?",
                "Hola Marta,\nlo sentimos. En su cuenta puede imprimir la etiqueta de devolución.",
                "La etiqueta no se abre en mi ordenador.",
                "La hemos adjuntado a este correo como imagen.",
            ),
        ),
        (
            "Cita en la tienda",
            (
                "Buenos días,\n¿puedo pedir cita para tomar medidas el jueves?",
                "Buenos días,\nel jueves quedan libres las diez y las doce y media.",
                "A las doce y media me viene bien.",
            ),
        ),
        (
            "Pago con tarjeta",
            (
                "El pago con tarjeta falla siempre en el último paso.\nHe probado con dos tarjetas.",
                "Había un problema con el banco, ya está resuelto.\nPruebe de nuevo, por favor.",
                "Ahora sí ha funcionado.",
                "Nos alegra. El pedido sale mañana.",
            ),
        ),
    ],
    "sv": [
        (
            "Kavajen är för stor",
            (
                "Hej!\nKavajen som kom i går är för stor över ryggen.\nGår det att sy in den?",
                "Hej Elin,\nja, det gör vi utan kostnad. Skicka tillbaka den med bifogad fraktsedel.",
                "Tack, då postar jag den i morgon.\nHur lång tid tar det?",
                "Ungefär en vecka.",
            ),
        ),
        (
            "Presentkort",
            (
                "Hej,\nmitt presentkort fungerar inte i kassan.\nKoden tar slut efter åtta tecken.",
                "Koden ska ha tolv tecken, de sista fyra står på baksidan.",
                "Nu hittade jag dem.",
            ),
        ),
        (
            "Fråga om ull",
            (
                "Är ullen i vinterrocken från får i Sverige?\nDet vore viktigt för mig.",
                "Hälften kommer från Gotland och resten från Norge.\nVi har intyg om det.",
                "Kan ni skicka intyget?",
                "Det ligger med i paketet.",
            ),
        ),
    ],
}
