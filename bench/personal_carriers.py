"""Sentences that carry personal data, by kind and language, and mails without any.

Of each list the first half belongs to the development half and the second to the held-out half.
"""

from __future__ import annotations

CARRIERS: dict[str, dict[str, tuple[str, str, str, str]]] = {
    "EMAIL": {
        "en_US": (
            "You can email me at {}.",
            "my email is {} thx",
            "send it over to {} please",
            "Login: {}\nPassword was reset.",
        ),
        "en_GB": (
            "Please reply to {}, cheers.",
            "Account: {}",
            "I signed up with {} last week",
            "cc {} on this",
        ),
        "de_DE": (
            "Meine E-Mail lautet {}.",
            "bitte an {} schicken",
            "Ich habe mich mit {} registriert.",
            "Mail: {}\nDanke!",
        ),
        "fr_FR": (
            "Mon adresse mail est {}.",
            "écrivez-moi à {} svp",
            "Mon compte est au nom de {}",
            "courriel : {}",
        ),
        "es_ES": (
            "Mi correo es {}.",
            "escribidme a {} por favor",
            "La cuenta está con {}",
            "email: {} gracias",
        ),
        "nl_NL": (
            "Mijn mailadres is {}.",
            "graag mailen naar {}",
            "Ik log in met {} maar het lukt niet",
            "e-mail: {}",
        ),
        "sv_SE": (
            "Min e-post är {}.",
            "maila mig på {} tack",
            "Jag loggar in med {}",
            "e-postadress: {}",
        ),
        "it_IT": (
            "La mia email è {}.",
            "scrivetemi a {} grazie",
            "Mi sono registrata con {}",
            "posta elettronica: {}",
        ),
        "pt_PT": (
            "O meu email é {}.",
            "podem responder para {}",
            "Estou registado com {}",
            "e-mail: {} obrigada",
        ),
    },
    "PHONE": {
        "en_US": (
            "Call me at {} after 5.",
            "my number is {}",
            "You can reach my wife on {}.",
            "Tel: {}",
        ),
        "en_GB": (
            "Please ring {} tomorrow.",
            "mobile {}",
            "text me on {} if it's late",
            "Contact number - {}",
        ),
        "de_DE": (
            "Sie erreichen mich unter {}.",
            "Tel. {}",
            "Rufen Sie bitte {} an.",
            "meine handynummer ist {}",
        ),
        "fr_FR": (
            "Vous pouvez me joindre au {}.",
            "tél : {}",
            "Appelez le {} svp.",
            "mon portable c'est le {}",
        ),
        "es_ES": (
            "Mi teléfono es {}.",
            "llámenme al {}",
            "Pueden localizarme en el {}.",
            "móvil: {}",
        ),
        "nl_NL": (
            "Ik ben bereikbaar op {}.",
            "tel {}",
            "Bel mij even op {} aub.",
            "mijn mobiele nummer is {}",
        ),
        "sv_SE": (
            "Ring mig på {}.",
            "tel: {}",
            "Jag nås på {} efter fem.",
            "mitt mobilnummer är {}",
        ),
        "it_IT": (
            "Il mio numero è {}.",
            "chiamatemi al {}",
            "Sono raggiungibile al {}.",
            "cell. {}",
        ),
        "pt_PT": (
            "O meu contacto é {}.",
            "telef. {}",
            "Liguem-me para o {}.",
            "o meu telemóvel é {}",
        ),
    },
    "CARD": {
        "en_US": (
            "My card is {}.",
            "charged twice on {}",
            "card ending? full number {} exp 04/27",
            "I paid with Visa {}",
        ),
        "en_GB": (
            "The card number is {}, thanks.",
            "debit card {}",
            "you took £40 from {} yesterday",
            "cc no {}",
        ),
        "de_DE": (
            "Meine Kreditkarte {} wurde belastet.",
            "Kartennummer: {}",
            "Bitte auf {} erstatten.",
            "karte {} gültig bis 04/27",
        ),
        "fr_FR": (
            "Ma carte {} a été débitée.",
            "numéro de carte : {}",
            "Remboursez sur la {} svp",
            "CB {} exp 04/27",
        ),
        "es_ES": (
            "Mi tarjeta es {}.",
            "tarjeta {}",
            "Me cobraron dos veces en la {}.",
            "devolved a {} por favor",
        ),
        "nl_NL": (
            "Mijn creditcard is {}.",
            "kaartnummer {}",
            "Er is afgeschreven van {}.",
            "pas {} verloopt 04/27",
        ),
        "sv_SE": (
            "Mitt kort är {}.",
            "kortnummer: {}",
            "Ni drog pengar från {} igår.",
            "återbetala till {} tack",
        ),
        "it_IT": (
            "La mia carta è {}.",
            "carta n. {}",
            "Addebito doppio su {}.",
            "rimborsate sulla {} grazie",
        ),
        "pt_PT": (
            "O meu cartão é {}.",
            "cartão {}",
            "Cobraram duas vezes no {}.",
            "devolvam para {} por favor",
        ),
    },
    "IBAN": {
        "en_US": ("Wire it to {}.", "IBAN {}", "the refund should go to {} please", "account: {}"),
        "en_GB": (
            "My IBAN is {}.",
            "bank account {}",
            "please pay back into {} asap",
            "Bank details:\n{}\nThanks",
        ),
        "de_DE": (
            "Meine IBAN ist {}.",
            "Konto: {}",
            "Bitte überweisen Sie auf {}.",
            "Bankverbindung\n{}\nDanke",
        ),
        "fr_FR": ("Mon IBAN est {}.", "compte {}", "Le virement va sur {} svp", "RIB : {}"),
        "es_ES": ("Mi IBAN es {}.", "cuenta {}", "Hagan la devolución en {}.", "mi banco: {}"),
        "nl_NL": (
            "Mijn IBAN is {}.",
            "rekening {}",
            "Graag terugstorten op {}.",
            "bankrekening: {} bvd",
        ),
        "sv_SE": ("Mitt IBAN är {}.", "konto {}", "Sätt in pengarna på {} tack", "bank: {}"),
        "it_IT": ("Il mio IBAN è {}.", "conto {}", "Bonifico su {} grazie", "coordinate: {}"),
        "pt_PT": ("O meu IBAN é {}.", "conta {}", "Transfiram para {}.", "dados bancários: {}"),
    },
    "IP": {
        "en_US": (
            "My IP is {}.",
            "logged in from {}",
            "I can't ping {} anymore",
            "firewall blocks {} since monday",
        ),
        "en_GB": (
            "The router sits on {}.",
            "IP: {}",
            "there was a login from {} that isn't me",
            "host {} is down",
        ),
        "de_DE": (
            "Meine IP ist {}.",
            "Zugriff von {}",
            "Der Server {} antwortet nicht.",
            "anmeldung von {} war nicht ich",
        ),
        "fr_FR": (
            "Mon IP est {}.",
            "adresse IP : {}",
            "Connexion depuis {} suspecte",
            "le serveur {} ne répond plus",
        ),
        "es_ES": ("Mi IP es {}.", "acceso desde {}", "No llego al servidor {}.", "bloqueo de {}"),
        "nl_NL": (
            "Mijn IP is {}.",
            "inlog vanaf {}",
            "De server {} reageert niet.",
            "de router op {} hapert",
        ),
        "sv_SE": (
            "Min IP är {}.",
            "inloggning från {}",
            "Servern {} svarar inte.",
            "routern {} krånglar",
        ),
        "it_IT": (
            "Il mio IP è {}.",
            "accesso da {}",
            "Il server {} non risponde.",
            "bloccate {} grazie",
        ),
        "pt_PT": (
            "O meu IP é {}.",
            "acesso de {}",
            "O servidor {} não responde.",
            "o router {} falha",
        ),
    },
    "ADDRESS": {
        "en_US": (
            "Ship it to {}.",
            "my address is {}",
            "I moved, new address:\n{}",
            "I live at {} now",
        ),
        "en_GB": (
            "Please deliver to {}.",
            "Address: {}",
            "It should have gone to {}.",
            "we're at {} these days",
        ),
        "de_DE": (
            "Bitte liefern Sie an {}.",
            "Adresse: {}",
            "Ich wohne jetzt {}.",
            "Neue Anschrift:\n{}",
        ),
        "fr_FR": (
            "Livrez au {}.",
            "adresse : {}",
            "J'habite {} maintenant.",
            "Nouvelle adresse:\n{}",
        ),
        "es_ES": ("Enviadlo a {}.", "dirección: {}", "Vivo en {}.", "Nuevo domicilio:\n{}"),
        "nl_NL": ("Graag bezorgen op {}.", "adres: {}", "Ik woon nu op {}.", "Nieuw adres:\n{}"),
        "sv_SE": ("Skicka till {}.", "adress: {}", "Jag bor på {} nu.", "Ny adress:\n{}"),
        "it_IT": ("Spedite a {}.", "indirizzo: {}", "Abito in {}.", "Nuovo indirizzo:\n{}"),
        "pt_PT": ("Enviem para {}.", "morada: {}", "Moro na {} agora.", "Nova morada:\n{}"),
    },
    "REFERENCE": {
        "en_US": (
            "My order number is {}.",
            "order {} never came",
            "Ticket {} is still open.",
            "re: invoice {} is wrong",
        ),
        "en_GB": (
            "Order no. {} is late.",
            "customer number {}",
            "my booking reference is {}",
            "case ID: {}",
        ),
        "de_DE": (
            "Meine Bestellnummer ist {}.",
            "Kundennr. {}",
            "Die Rechnung {} stimmt nicht.",
            "Bestellung {} fehlt noch",
        ),
        "fr_FR": (
            "Ma commande {} n'est pas arrivée.",
            "n° de client : {}",
            "La facture {} est fausse.",
            "numéro de commande {}",
        ),
        "es_ES": (
            "Mi número de pedido es {}.",
            "pedido {}",
            "La factura {} está mal.",
            "n.º de cliente: {}",
        ),
        "nl_NL": (
            "Mijn bestelnummer is {}.",
            "klantnummer {}",
            "De factuur {} klopt niet.",
            "bestelling {} is niet binnen",
        ),
        "sv_SE": (
            "Mitt ordernummer är {}.",
            "kundnr {}",
            "Fakturan {} är fel.",
            "beställning {} saknas",
        ),
        "it_IT": (
            "Il mio numero d'ordine è {}.",
            "ordine {}",
            "La fattura {} è sbagliata.",
            "codice cliente: {}",
        ),
        "pt_PT": (
            "A minha encomenda {} não chegou.",
            "n.º de cliente {}",
            "A fatura {} está errada.",
            "número da encomenda: {}",
        ),
    },
    "NAME": {
        "en_US": (
            "My name is {}.",
            "Thanks,\n{}",
            "this is {} calling about my bill",
            "Dear {}, we got it.",
        ),
        "en_GB": (
            "Kind regards,\n{}",
            "I'm {} from flat 3",
            "Could you tell Mr {} please?",
            "the account is under {}",
        ),
        "de_DE": (
            "Mein Name ist {}.",
            "Mit freundlichen Grüßen\n{}",
            "Herr {} hat angerufen.",
            "ich heiße {} und warte noch",
        ),
        "fr_FR": (
            "Je m'appelle {}.",
            "Cordialement,\n{}",
            "Madame {} m'a répondu.",
            "Bonjour {}, merci",
        ),
        "es_ES": (
            "Me llamo {}.",
            "Saludos,\n{}",
            "La señora {} me atendió.",
            "soy {} y espero desde ayer",
        ),
        "nl_NL": (
            "Mijn naam is {}.",
            "Met vriendelijke groet,\n{}",
            "Mevrouw {} belde mij.",
            "Beste {}, bedankt",
        ),
        "sv_SE": ("Jag heter {}.", "Med vänlig hälsning\n{}", "Hej {}, tack för svaret", "Mvh {}"),
        "it_IT": (
            "Mi chiamo {}.",
            "Cordiali saluti,\n{}",
            "La signora {} mi ha risposto.",
            "sono {} e aspetto da ieri",
        ),
        "pt_PT": (
            "O meu nome é {}.",
            "Com os melhores cumprimentos,\n{}",
            "Chamo-me {}.",
            "O senhor {} ligou-me",
        ),
    },
}

BARE = ("{}", "{}\n", "- {}", "{} ok?")
"""Without any context, as a short turn of a chat; of use to kinds that their form gives away."""
WITHOUT_CONTEXT = ("EMAIL", "IBAN", "IP", "CARD", "PHONE")

CLEAN_MAILS = (
    "Hello,\n\nthe jacket I received on 14 March is two sizes too small. I measured 98 cm at the chest and"
    " chose the regular fit. Can I exchange it within 30 days? The price was £129.90.\n\nMany thanks",
    "Hi team, since version 4.12.3 the export stops at 87 % with error 0x80070005. I tried it three times"
    " between 10:15 and 11:40 on 2024-05-17. Windows 11 23H2, 16 GB of memory.",
    "Guten Tag, die Lieferung sollte zwischen 8 und 12 Uhr kommen, am 17.05.2024, aber niemand war da."
    " Die Hose (Größe 52, 119,90 €) brauche ich bis zum 24. Mai. Was nun?",
    "Bonjour, le pull taille 42 est arrivé le 3 avril 2024 avec un trou de 2 cm. Je souhaite un"
    " remboursement de 59,90 €. Votre site affiche encore 14 jours.",
    "Hola, llevo 15 días esperando. Según la web el plazo es de 3 a 5 días laborables y pagué 12,50 € por"
    " el envío rápido. ¿Qué ha pasado?",
    "Hallo, ik heb op 12-04-2024 twee overhemden in maat 41 gekocht voor 89,95 per stuk. De mouwen zijn"
    " 3 cm te lang. Kan dat vermaakt worden?",
    "Hej, jag köpte en kavaj i storlek 50 för 1 299 kr den 5 mars 2024. Sömmen har gått upp efter 2"
    " veckor. Vad gör jag nu?",
    "Buongiorno, ho comprato tre camicie a 49,90 euro l'una il 10/04/2024. Una ha una macchia di 5 mm."
    " Posso cambiarla entro 14 giorni?",
    "Boa tarde, comprei um casaco por 149,00 € no dia 2 de maio de 2024 e ficou curto 4 cm. Em quanto"
    " tempo fazem o arranjo? Vou viajar às 18h30 de sexta.",
    "We compared 3 plans: 10 GB for 12.99, 50 GB for 24.99 and 100 GB for 39.99 a month. Is the 24 month"
    " contract still available in 2025, and do the 1,000 free minutes come with it?",
)
