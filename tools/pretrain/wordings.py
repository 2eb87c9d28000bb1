"""How the chats of the second stage ask: several wordings a task, so that none is the magic one.

Braces hold places that a row fills.
"""

from __future__ import annotations

LANGUAGES = {"en": "English", "es": "Spanish"}

TRANSLATE = (
    "Translate to {target}: {text}",
    "Translate from {source} to {target}.\n{text}",
    "Say in {target}: {text}",
    "{target}, please: {text}",
    "What is the {target} for this?\n{text}",
    "{source}: {text}\n{target}:",
    'How do you say "{text}" in {target}?',
)
ANSWER_FROM_FACTS = (
    "You answer for {entity}. {facts}",
    "You work at {entity}. What you know: {facts}",
    "Answer from these facts.\n{facts}",
    "Context: {facts}\nAnswer the customer of {entity}.",
)
ANSWER_WITH_FACT = (
    "Answer the customer with this fact: {fact}",
    "You are a friendly service desk. Fact: {fact}",
    "Reply politely. What you know: {fact}",
    "Context: {fact}",
)
CAUSE = (
    "Why does this happen?\n{text}",
    "What is the cause?\n{text}",
    "{text}\n\nName the cause.",
)
SUMMARISE = (
    "Summarise: {text}",
    "Give this a title.\n{text}",
    "{text}\n\nIn one line:",
    "Write a short headline for this problem: {text}",
)
CHOOSE = (
    "Choose one label: {labels}.",
    "Which of these fits: {labels}?",
    "Classify as one of: {labels}.",
    "Answer with one of these words: {labels}",
    "Labels: {labels}",
)
CHOICE_FORMS = (
    ("Text", "Label"),
    ("Message", "Category"),
    ("Customer", "Topic"),
    ("Input", "Output"),
    ("Text", "Answer"),
)
FIELDS = (
    "Give {fields} as JSON: {text}",
    "Extract {fields} from the message as JSON.\n{text}",
    "Fields: {fields}\nText: {text}\nJSON:",
    "Which {fields} does this name? Answer in JSON.\n{text}",
)
PART = (
    "Which {part} does this name? {text}",
    "{text}\n\n{part}:",
    "Copy the {part} from this message: {text}",
)
WRITE_FROM_FIELDS = (
    "Write the customer's message. {fields}",
    "Say this in one sentence: {fields}",
    "{fields}\nMessage:",
)
NEXT_TURN = (
    "A customer wrote:\n{text}\nWhat may the customer write next?",
    "Go on with the customer's part.\n{text}",
    "{text}\n\nNext message of the customer:",
)
EXERCISES = {
    "repeat": ("Repeat: {text}", "Say exactly this: {text}", "Copy this sentence.\n{text}"),
    "capitals": ("Write in capitals: {text}", "In capital letters: {text}"),
    "first": ("First word of: {text}", "Which word comes first?\n{text}"),
    "last": ("Last word of: {text}", "Which word comes last?\n{text}"),
    "count": ("How many words: {text}", "Count the words.\n{text}"),
    "language": (
        "English or Spanish? {text}",
        "Which language is this?\n{text}",
        "Language of this sentence: {text}",
    ),
}
INTENTS = {
    "openinggreeting": "greeting",
    "closinggreeting": "goodbye",
    "thankyou": "thanks",
    "confirmation": "confirmation",
    "rejection": "rejection",
    "startserviceintent": "start a service",
    "orderdrinkintent": "order a drink",
    "orderpizzaintent": "order a pizza",
    "ordersaladintent": "order a salad",
    "orderburgerintent": "order a burger",
    "orderdessertintent": "order a dessert",
    "changeseatassignment": "change a seat",
    "getseatinfo": "seat information",
    "getboardingpass": "boarding pass",
    "bookflight": "book a flight",
    "getproofofinsurance": "proof of insurance",
    "checkclaimstatus": "status of a claim",
    "reportbrokenphone": "broken phone",
    "reportlostcard": "lost card",
    "updateaddress": "new address",
    "checkbalance": "balance",
    "transfermoney": "transfer money",
    "disputecharge": "dispute a charge",
    "reportbrokensoftware": "broken software",
    "softwareupdate": "software update",
    "checkserverstatus": "server status",
    "expensereport": "expense report",
    "getinformationintent": "information",
    "viewbillsintent": "bills",
    "closeaccount": "close an account",
    "replacecard": "replace a card",
    "startorder": "start an order",
}
"""Intents of multidogo in words."""
NO_DOMAIN = frozenset(
    {
        "openinggreeting",
        "closinggreeting",
        "thankyou",
        "confirmation",
        "rejection",
        "outofdomain",
        "contentonly",
    }
)
"""Intents that say nothing of what a service desk is for."""
