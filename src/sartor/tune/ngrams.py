"""Texts become weighted counts of word and character n-grams, the same in training and serving.

A tokenizer of the `tokenizers` library turns a text into ids of known pieces, and an n-gram is a
run of such ids. The package holds the same tokenizer and counts the same runs with ONNX's
`TfIdfVectorizer`, so there is no second analyser that could disagree.

Shape letters: N texts, F n-grams (features), L longest n-gram, C labels.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from tokenizers import Tokenizer

UNKNOWN, EDGE = 0, 1
"""Ids: a piece not seen in training (padding too), and the edge of a text or, for characters, of
a word."""
KEY_BITS = 60
"""Bits of an int64 in which an n-gram's ids are packed; the three above hold its length."""
MAX_FEATURES = 200_000
"""N-grams kept of each kind, those in most texts first: bounds memory and the package's size."""
CHUNK_TEXTS = 4_000
"""Texts counted at a time: bounds memory while the vocabulary is learned."""
CHARACTERS_PER_TOKEN = 6
"""Characters read for each token that a language model would be allowed."""


@dataclass(frozen=True)
class Analyser:
    """What is counted: pieces of one kind, in runs of `shortest` to `longest`."""

    unit: str
    """`word` or `character`."""
    shortest: int
    """Fewest pieces in an n-gram."""
    longest: int
    """Most pieces in an n-gram."""

    @property
    def max_pieces(self) -> int:
        """Distinct pieces whose ids still fit the packed key, ids 0 and 1 taken."""
        return 2 ** (KEY_BITS // self.longest) - 2

    def longest_text(self, max_tokens: int) -> int:
        """Pieces read of one text."""
        return max_tokens * (CHARACTERS_PER_TOKEN if self.unit == "character" else 1)


ANALYSERS = {
    "word": Analyser(unit="word", shortest=1, longest=2),
    "character": Analyser(unit="character", shortest=2, longest=5),
}
"""Kinds of n-grams by name. Characters are counted within words, edges included, as scikit-learn's
`char_wb` does."""


@dataclass(frozen=True)
class NgramBlock:
    """What was learned about one kind of n-gram."""

    analyser: Analyser
    tokenizer: Tokenizer
    grams: np.ndarray
    """Ids of each n-gram (F, L) int32, filled up with 0 on the right; ordered by length, then ids."""
    idf: np.ndarray
    """Inverse document frequency, ln((1 + N) / (1 + df)) + 1, (F,) float32."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays to store, by name."""
        return {
            f"{self.analyser.unit}.grams": self.grams,
            f"{self.analyser.unit}.idf": self.idf,
        }

    def facts(self) -> dict[str, Any]:
        """Facts to store: the analyser and the tokenizer as the JSON of its library."""
        return {
            "unit": self.analyser.unit,
            "shortest": self.analyser.shortest,
            "longest": self.analyser.longest,
            "tokenizer": json.loads(self.tokenizer.to_str()),
        }

    @classmethod
    def stored(cls, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> NgramBlock:
        """A block from what `facts` and `arrays` gave."""
        from tokenizers import Tokenizer

        unit = facts["unit"]
        return cls(
            analyser=Analyser(unit, facts["shortest"], facts["longest"]),
            tokenizer=Tokenizer.from_str(json.dumps(facts["tokenizer"])),
            grams=arrays[f"{unit}.grams"],
            idf=arrays[f"{unit}.idf"],
        )


def learn_block(
    texts: Sequence[str], *, analyser: Analyser, min_df: int, max_tokens: int
) -> NgramBlock:
    """Find the n-grams that at least `min_df` texts hold.

    Args:
        texts: Texts to learn from, N.
        analyser: What is counted.
        min_df: Fewest texts that must hold an n-gram; rarer ones are left out.
        max_tokens: Longest text; of characters `CHARACTERS_PER_TOKEN` times as many are read.
    """
    pieces = _known_pieces(texts, analyser, min_df)
    tokenizer = piece_tokenizer(
        pieces, unit=analyser.unit, max_length=analyser.longest_text(max_tokens)
    )
    keys, num_texts_F = _document_frequencies(texts, tokenizer, analyser)
    kept = _most_frequent(num_texts_F, min_df)
    return NgramBlock(
        analyser=analyser,
        tokenizer=tokenizer,
        grams=_unpacked(keys[kept], analyser),
        idf=(np.log((1 + len(texts)) / (1 + num_texts_F[kept])) + 1).astype(np.float32),
    )


def weighted_counts(texts: Sequence[str], block: NgramBlock) -> csr_matrix:
    """TF-IDF with sublinear counts, each row of length 1 (or 0 where nothing is known).

    Returns:
        Sparse (N, F) float64: (1 + ln count) x idf, divided by the row's Euclidean norm.
    """
    from scipy.sparse import csr_matrix, vstack

    keys = _packed(block.grams, block.analyser)
    shape = len(keys)
    parts = [csr_matrix((0, shape), dtype=np.float64)]
    for chunk in _chunks(texts):
        rows, found = _gram_keys(chunk, block.tokenizer, block.analyser)
        columns = np.minimum(np.searchsorted(keys, found), max(0, shape - 1))
        is_known = keys[columns] == found if shape else np.zeros(len(found), dtype=bool)
        place = (rows[is_known], columns[is_known])
        counts = csr_matrix((np.ones(len(place[0])), place), shape=(len(chunk), shape))
        counts.sum_duplicates()
        parts.append(counts)
    return _normalised(vstack(parts, format="csr"), block.idf)


def piece_tokenizer(pieces: Sequence[str], *, unit: str, max_length: int) -> Tokenizer:
    """Text to ids of known pieces, an edge at both ends; the same object serves the package.

    Both kinds are compatibility-composed (NFKC) and lower-cased first. Words are runs of letters
    and digits or single other signs, emoji included; characters are taken one by one with every
    stretch of white space as one edge.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {"[UNK]": UNKNOWN, "▁": EDGE}
    vocabulary.update({piece: number for number, piece in enumerate(pieces, start=2)})
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    steps = [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip()]
    if unit == "character":
        steps.append(normalizers.Replace(Regex(r"\s+"), "▁"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.WhitespaceSplit(),
                pre_tokenizers.Split(Regex(r"\w+|[^\w\s]"), "isolated"),
            ]
        )
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["▁", "$A", "▁"], special_tokens=[("▁", EDGE)]
    )
    tokenizer.enable_truncation(max_length)
    return tokenizer


def valid_unicode(text: str) -> str:
    """The text without lone surrogates, which JSON can carry and no tokenizer accepts."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _known_pieces(texts: Sequence[str], analyser: Analyser, min_df: int) -> list[str]:
    """Pieces in at least `min_df` texts: an n-gram with a rarer one could not be kept anyway."""
    blank = piece_tokenizer((), unit=analyser.unit, max_length=2)
    normalise, split = blank.normalizer.normalize_str, blank.pre_tokenizer.pre_tokenize_str
    num_texts: Counter[str] = Counter()
    for text in texts:
        num_texts.update({piece for piece, _ in split(normalise(valid_unicode(text)))})
    for reserved in ("[UNK]", "▁"):
        num_texts.pop(reserved, None)
    kept = sorted(
        (piece for piece, num in num_texts.items() if num >= min_df),
        key=lambda piece: (-num_texts[piece], piece),
    )
    return kept[: min(analyser.max_pieces, MAX_FEATURES)]


def _document_frequencies(
    texts: Sequence[str], tokenizer: Tokenizer, analyser: Analyser
) -> tuple[np.ndarray, np.ndarray]:
    """Every n-gram's key (F,), ascending, and the number of texts that hold it (F,)."""
    keys, num_texts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for chunk in _chunks(texts):
        rows, found = _gram_keys(chunk, tokenizer, analyser)
        distinct, code = np.unique(found, return_inverse=True)
        once = np.unique(rows * np.int64(max(1, len(distinct))) + code)
        in_chunk = np.bincount(once % max(1, len(distinct)), minlength=len(distinct))
        merged, place = np.unique(np.concatenate([keys, distinct]), return_inverse=True)
        weight = np.concatenate([num_texts, in_chunk])
        keys = merged
        num_texts = np.bincount(place, weights=weight, minlength=len(merged)).astype(np.int64)
    return keys, num_texts


@lru_cache(maxsize=2)
def _gram_keys(
    texts: tuple[str, ...], tokenizer: Tokenizer, analyser: Analyser
) -> tuple[np.ndarray, np.ndarray]:
    """All n-grams of some texts: the row of each and its packed key, both 1-D int64.

    Left out: runs that hold an unknown piece, that cross an edge, or that are edges only. The last two
    answers are kept: texts that were learned from are counted next.
    """
    encodings = tokenizer.encode_batch_fast([valid_unicode(text) for text in texts])
    lengths = [len(encoding.ids) for encoding in encodings]
    ids = np.fromiter((i for e in encodings for i in e.ids), dtype=np.int64, count=sum(lengths))
    row_of_id = np.repeat(np.arange(len(encodings)), lengths)
    rows, keys = [], []
    for size in range(analyser.shortest, analyser.longest + 1):
        runs = np.lib.stride_tricks.sliding_window_view(ids, size) if len(ids) >= size else None
        if runs is not None:
            kept = _is_gram(runs) & (row_of_id[: len(runs)] == row_of_id[size - 1 :])
            rows.append(row_of_id[: len(runs)][kept])
            keys.append(_pack_runs(runs[kept], analyser))
    return np.concatenate(rows or [ids]), np.concatenate(keys or [ids])


def _is_gram(runs: np.ndarray) -> np.ndarray:
    """Which runs (R, size) count: all known, no edge inside, not edges alone."""
    is_known = (runs != UNKNOWN).all(axis=1)
    is_whole = (runs[:, 1:-1] != EDGE).all(axis=1)
    return is_known & is_whole & (runs != EDGE).any(axis=1)


def _pack_runs(runs: np.ndarray, analyser: Analyser) -> np.ndarray:
    """One ascending int64 for each run (R, size): its length, then its ids."""
    size = runs.shape[1]
    bits = KEY_BITS // analyser.longest
    keys = np.full(len(runs), size, dtype=np.int64) << KEY_BITS
    for place in range(size):
        keys |= runs[:, place].astype(np.int64) << (bits * (size - 1 - place))
    return keys


def _packed(grams_FL: np.ndarray, analyser: Analyser) -> np.ndarray:
    """Keys (F,) of stored n-grams; ascending because they are stored in that order."""
    sizes = (grams_FL != UNKNOWN).sum(axis=1)
    parts = [
        _pack_runs(grams_FL[sizes == size, :size], analyser)
        for size in range(analyser.shortest, analyser.longest + 1)
    ]
    return np.concatenate(parts)


def _unpacked(keys: np.ndarray, analyser: Analyser) -> np.ndarray:
    """Ids (F, L) int32 of ascending keys, filled up with 0 on the right."""
    bits, sizes = KEY_BITS // analyser.longest, keys >> KEY_BITS
    grams = np.zeros((len(keys), analyser.longest), dtype=np.int32)
    for place in range(analyser.longest):
        has_place = sizes > place
        shift = bits * (sizes[has_place] - 1 - place)
        grams[has_place, place] = (keys[has_place] >> shift) & (2**bits - 1)
    return grams


def _most_frequent(num_texts_F: np.ndarray, min_df: int) -> np.ndarray:
    """Indices, ascending, of the n-grams to keep."""
    kept = np.flatnonzero(num_texts_F >= min_df)
    if len(kept) > MAX_FEATURES:
        order = np.argsort(-num_texts_F[kept], kind="stable")
        kept = np.sort(kept[order[:MAX_FEATURES]])
    return kept


def _normalised(counts: csr_matrix, idf_F: np.ndarray) -> csr_matrix:
    counts.data = (1 + np.log(counts.data)) * idf_F.astype(np.float64)[counts.indices]
    norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    counts.data /= np.repeat(norms, np.diff(counts.indptr))
    return counts


def _chunks(texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(texts), CHUNK_TEXTS):
        yield tuple(texts[start : start + CHUNK_TEXTS])
