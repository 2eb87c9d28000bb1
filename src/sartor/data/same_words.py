"""Whether two texts ask for the same in nearly the same words: what differs between them decides.

Numbers and negations have to agree. Other words may be mistyped, inflected or moved; words that carry no
meaning of their own may come and go, others only in long texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

LOOKED_AT_TEXTS = 20_000
"""So many texts tell which words are usual."""
WORDS_OF_A_CHANGE = 20
"""In so many words one that matters may be another."""
MOST_DIFFERING = 3
"""So many words may differ beside a third of all, or spaces may be missing between them."""
RARER = 20
"""How much rarer a mistyped word is than the right one, where both are seen."""
_UNSEEN = 3
"""A word of fewer texts may be a slip wherever it looks like one."""
_LONGEST_WORD = 40
_LEAST_JOINED = 5
_NEGATION_WORDS = """
not no nor never none nothing nobody neither without cannot cant dont doesnt didnt isnt arent wasnt werent
wont wouldnt couldnt shouldnt havent hasnt hadnt aint unable
nicht kein keine keinen keinem keiner nie niemals nichts ohne niet geen nooit niets zonder
pas jamais aucun aucune rien sans no nunca jamás nada sin ningún ninguna inte aldrig ingen inga inget utan
"""
_LIGHT_WORDS = """
a an the this that these those it its i im ive id ill me my mine we us our you your yours u ur he she
they them their is are am was were be been being do does did doing done have has had having will would
can could should may might must shall to of in on at for with by as into onto about regarding and or but
so then than if please pls plz kindly just also too very really actually currently now still already yet
only even there here some any all such need want like wish help hi hello hey thanks thank ok okay yes
well get got let know tell say lets us how what which
ein eine einen einem einer der die das den dem des dieser diese dieses ich mich mir mein meine meinen
meinem wir uns unser sie ihr ihre ihnen er es ist sind bin war waren sein habe hat haben hatte wird
werden kann können könnte möchte will muss soll zu zum zur von im in am an auf für mit bei und oder aber
so wenn bitte gern gerne auch noch schon nur mal doch ja danke
de het een dit dat deze die ik mij me mijn wij we ons onze u uw jij je is zijn was ben heb heeft hebben
had word wordt worden kan kunnen zou wil moet te van in op aan voor met bij en of maar dan als graag
alstublieft ook nog al maar wel ja
le la les un une des du au aux ce cet cette ces je jai me mon ma mes nous notre nos vous votre vos il
elle est sont suis était être ai ont avoir avais peux peut pouvez puis voudrais veux dois à en dans sur
pour par avec et ou mais donc si svp merci aussi encore déjà bien très que qui
el los las un una unos unas este esta esto ese esa yo me mi mis nos nuestro su sus es son soy era ser
estoy está he ha han haber puedo puede podría quiero quisiera debo en del al por para con y pero si
favor gracias también ya muy que se lo
en ett den det detta denna dessa jag mig min mitt mina vi oss vår ni er du din är var vara har hade ha
kan kunde skulle vill ska måste att på av för med till och eller men så om snälla tack också redan bara
"""
_ASKING_WORDS = "when why who where wann warum wer wo wanneer waarom wie waar quand pourquoi où"
_NEGATIONS = frozenset(_NEGATION_WORDS.split())
LIGHT = frozenset(_LIGHT_WORDS.split())
"""Words that carry little meaning, of six languages."""
_COMMON = LIGHT | _NEGATIONS
_ASKING = frozenset(_ASKING_WORDS.split())
_TAIL = re.compile(r"(?:e?s|e?d|ing|ed|e[nrms]?|n)")


def usual_words(texts: Iterable[str]) -> Counter[str]:
    """In how many of the first comparable texts each word stands."""
    counts: Counter[str] = Counter()
    for text in islice(texts, LOOKED_AT_TEXTS):
        counts.update(set(text.split()))
    return counts


def likeness(first: str, second: str, *, usual: Mapping[str, int]) -> float:
    """Share of the letters of two texts that stand in both, 0 to 1; 0 where they ask for different things.

    Args:
        first: As `comparable` gives it.
        second: Likewise.
        usual: What `usual_words` counted: two usual words are never taken for one that was mistyped.
    """
    if first == second:
        return 1.0
    words, others = first.split(), second.split()
    only_first, only_second = _apart(words, others), _apart(others, words)
    if any(word[0].isdigit() for word in (*only_first, *only_second)):
        return 0.0
    if min(len(words), len(others)) == 1 and not _is_usual((*only_first, *only_second), usual):
        return 0.0  # a name or a code, of which nobody knows whether it was mistyped
    most_decisive = min(len(words), len(others)) // WORDS_OF_A_CHANGE
    if max(len(only_first), len(only_second)) > MOST_DIFFERING + len(words) // 3:
        return 0.0
    most_left = most_decisive + MOST_DIFFERING
    if _are_other_words(only_first, only_second, usual, most_left=most_left):
        return 0.0
    only_first, only_second = _without_slips(only_first, only_second, usual, most_left=most_left)
    if _num_negations(only_first) != _num_negations(only_second):
        return 0.0
    if {*only_first} & _ASKING and {*only_second} & _ASKING:
        return 0.0
    if max(_num_decisive(only_first), _num_decisive(only_second)) > most_decisive:
        return 0.0
    num_letters = _num_letters(words) + _num_letters(others)
    return round(1 - (_num_letters(only_first) + _num_letters(only_second)) / num_letters, 4)


def numbers_of(text: str) -> list[str]:
    """The numbers of a comparable text, sorted; texts whose numbers differ are never alike."""
    return sorted(word for word in text.split() if word[0].isdigit())


def is_slip(word: str, other: str, usual: Mapping[str, int]) -> bool:
    """Whether one of two words is the other, mistyped or inflected."""
    if abs(len(word) - len(other)) > 3:
        return False
    short, long = (word, other) if len(word) <= len(other) else (other, word)
    if len(long) > _LONGEST_WORD or word[0].isdigit() or other[0].isdigit():
        return False
    if len(short) >= 3 and long.startswith(short) and _TAIL.fullmatch(long, len(short)):
        return True
    rare, frequent = sorted((usual.get(word, 0), usual.get(other, 0)))
    if word in _COMMON and other in _COMMON:
        return False
    if len(long) <= 3:
        is_light = not LIGHT.isdisjoint((word, other))
        is_rare = rare < _UNSEEN or (is_light and len(short) > 1 and rare * RARER <= frequent)
        return (is_light or frequent >= _UNSEEN) and is_rare and _distance(word, other) <= 1
    if rare >= _UNSEEN and rare * RARER > frequent:
        return False
    most = 1 if len(long) <= 5 or word[0] != other[0] else 2
    return _distance(word, other) <= most


def _may_be_slip(word: str, other: str) -> bool:
    """Soon told, and true of every slip: a change at one end leaves the other as it was."""
    return (
        word[0] == other[0] or word[-1] == other[-1] or len(word) + len(other) <= 4
    ) and -4 < len(word) - len(other) < 4


def _is_usual(words: Iterable[str], usual: Mapping[str, int]) -> bool:
    return any(usual.get(word, 0) >= _UNSEEN or word in LIGHT for word in words)


def _apart(words: list[str], others: list[str]) -> list[str]:
    """The words that the others do not hold, each as often as that is so, in their order."""
    there: dict[str, int] = {}
    for other in others:
        there[other] = there.get(other, 0) + 1
    left = []
    for word in words:
        if there.get(word):
            there[word] -= 1
        else:
            left.append(word)
    return left


def _are_other_words(
    words: list[str], others: list[str], usual: Mapping[str, int], *, most_left: int
) -> bool:
    """Whether too many usual words stand on one side for slips to explain it: soon told, mostly true."""
    heads = {other[:3] for other in others}
    peak = max((usual.get(word, 0) for word in words), default=0)
    other_peak = max((usual.get(other, 0) for other in others), default=0)
    num_rare = sum(_is_rare(usual.get(other, 0), peak) for other in others)
    num_alone = sum(
        word not in LIGHT and word[:3] not in heads and not _is_rare(usual.get(word, 0), other_peak)
        for word in words
    )
    return num_alone - num_rare > most_left


def _is_rare(count: int, peak: int) -> bool:
    return count < _UNSEEN or count * RARER <= peak


def _without_slips(
    words: list[str], others: list[str], usual: Mapping[str, int], *, most_left: int
) -> tuple[list[str], list[str]]:
    """Without words that are each other mistyped, and where the same letters are spaced otherwise.

    Ends early where more than `most_left` words that matter are left.
    """
    left: list[str] = []
    others, num_left = list(others), 0
    for at_word, word in enumerate(words):
        if num_left > most_left:
            return [*left, *words[at_word:]], others
        twin = next(
            (
                at
                for at, other in enumerate(others)
                if _may_be_slip(word, other) and is_slip(word, other, usual)
            ),
            None,
        )
        if twin is None:
            left.append(word)
            num_left += word not in LIGHT
        else:
            others.pop(twin)
    joined, other = "".join(left), "".join(others)
    most = 0 if len(left) == len(others) or len(joined) < _LEAST_JOINED else 1
    if max(len(left), len(others)) <= MOST_DIFFERING and _distance(joined, other) <= most:
        return [], []
    return left, others


def _distance(word: str, other: str) -> int:
    """Letters to insert, take out, replace or exchange with their neighbour (Damerau 1964)."""
    if abs(len(word) - len(other)) > 2 or len(word) > 2 * _LONGEST_WORD:
        return 3
    before: list[int] = []
    last = list(range(len(other) + 1))
    for at, letter in enumerate(word, 1):
        here = [at]
        for to, there in enumerate(other, 1):
            cost = min(last[to] + 1, here[to - 1] + 1, last[to - 1] + (letter != there))
            if at > 1 and to > 1 and letter == other[to - 2] and word[at - 2] == there:
                cost = min(cost, before[to - 2] + 1)
            here.append(cost)
        before, last = last, here
    return last[-1]


def _num_negations(words: list[str]) -> int:
    return sum(word in _NEGATIONS for word in words)


def _num_decisive(words: list[str]) -> int:
    return sum(word not in LIGHT and word not in _NEGATIONS for word in words)


def _num_letters(words: list[str]) -> int:
    return sum(map(len, words))
