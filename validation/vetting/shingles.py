"""Shingles of texts, their MinHash signatures, and the exact similarity of two sets of them.

A shingle is a run of five characters of a text after the clean-up of ``text.py`` (Broder 1997, "On the resemblance and
containment of documents"). With 16 bands of 8 values a pair of similarity .90 is missed once in 8,000 times and one of
.60 is compared in a fifth of all cases, which only costs time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rensa import RMinHash

from validation.vetting.text import views

SHINGLE = 5
VALUES = 128
BANDS = 16
SEED = 33
#: signatures of two versions cannot be compared
SIGNATURE_VERSION = f"rminhash{RMinHash.ALGORITHM_VERSION}-s{SHINGLE}-v{VALUES}-b{BANDS}-r{SEED}"

_BATCH = 20_000  # texts of a batch: bounds the shingles in memory (about 8 bytes per character, four times over)
_PAIRS = 20_000  # at most 65,536 texts and pairs fit a batch of similarities

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]


def signatures(texts: pa.Array) -> pa.Array:
    """Band keys of the MinHash signature of each text (NULL counts as empty): 16 unsigned 64-bit integers.

    Equal keys at one place make two texts a candidate pair.
    """
    parts = [band_keys(*shingles(batch)) for batch in batches(texts.cast(pa.large_string()))]
    keys = np.concatenate(parts) if parts else np.empty((0, BANDS), np.uint64)
    return pa.ListArray.from_arrays(np.arange(0, keys.size + 1, BANDS, dtype=np.int32), pa.array(keys.ravel()))


def comparable(texts: pa.Array) -> pa.Array:
    """The words of each text (``reading.words_sql``)."""
    parts = [_comparable(batch) for batch in batches(texts)]
    return pa.concat_arrays(parts) if parts else _comparable(texts)


def _comparable(texts: pa.Array) -> pa.Array:
    clean, _ = views(texts)
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(clean), r"[^\pL\pN]+", " "))


def jaccard(texts: pa.Array, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Exact similarity of the shingle sets of ``texts[left[i]]`` and ``texts[right[i]]``; 1 for two empty texts.

    Shingles are compared by their hashes.
    """
    result = np.empty(len(left))
    for start in range(0, len(left), _PAIRS):
        part = slice(start, start + _PAIRS)
        used, places = np.unique(np.concatenate([left[part], right[part]]), return_inverse=True)
        hashes, offsets = shingles(texts.take(pa.array(used)))
        hashes, offsets = _distinct(hashes, offsets)
        half = len(places) // 2
        result[part] = _pair_similarity(hashes, offsets, places[:half], places[half:])
    return result


def batches(texts: pa.Array) -> Iterator[pa.Array]:
    for start in range(0, len(texts), _BATCH):
        yield texts.slice(start, _BATCH)


def shingles(texts: pa.Array) -> tuple[Hashes, Offsets]:
    """Hashes of all shingles of all texts, and where each text's begin. A text under five characters is one shingle."""
    padded = pc.utf8_rpad(pc.fill_null(texts, "").cast(pa.large_string()), width=SHINGLE, padding=" ")
    lengths = pc.utf8_length(padded).to_numpy(zero_copy_only=False).astype(np.int64)
    letters = np.frombuffer("".join(padded.to_pylist()).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    ends = np.cumsum(lengths)
    offsets = np.concatenate([[0], ends - np.arange(1, len(lengths) + 1) * (SHINGLE - 1)])
    if not len(letters):
        return np.empty(0, np.uint64), offsets
    window = len(letters) - SHINGLE + 1
    # polynomial in an odd multiplier, modulo 2^64, then the finaliser of splitmix64
    hashes = np.zeros(window, np.uint64)
    for place in range(SHINGLE):
        hashes *= np.uint64(0x9E3779B97F4A7C15)
        hashes += letters[place : place + window]
    whole = np.ones(window, bool)
    for back in range(1, SHINGLE):  # a window that begins in the last four characters runs into the next text
        crossing = ends - back
        whole[crossing[crossing < window]] = False
    return _mix(hashes[whole]), offsets


def _mix(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def band_keys(hashes: Hashes, offsets: Offsets, bands: int = BANDS) -> Hashes:
    """One key per text and band: a row per text."""
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, offsets.astype(np.uint64), num_perm=VALUES, seed=SEED
    )
    values = np.array(matrix.to_rows(), dtype=np.uint64).reshape(-1, bands, VALUES // bands)
    keys = np.zeros(values.shape[:2], np.uint64)
    for place in range(values.shape[2]):
        keys = _mix(keys * np.uint64(0x9E3779B97F4A7C15) + values[:, :, place])
    return keys


def _sorted_sets(hashes: Hashes, owner: npt.NDArray[np.int64]) -> Hashes:
    """Owner in the upper 16 bits, hash in the lower 48, sorted: one sort of integers is ten times cheaper than one of
    two columns. With 1,000 shingles the lost bits make two unequal ones agree once in 10^8 pairs."""
    return np.sort((owner.astype(np.uint64) << np.uint64(48)) | (hashes >> np.uint64(16)))


def _distinct(hashes: Hashes, offsets: Offsets) -> tuple[Hashes, Offsets]:
    """The shingle sets (hashes of 48 bits), sorted within each text."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    keyed = _sorted_sets(hashes, owner)
    keyed = keyed[np.concatenate([[True], keyed[1:] != keyed[:-1]])] if len(keyed) else keyed
    sizes = np.bincount((keyed >> np.uint64(48)).astype(np.int64), minlength=len(offsets) - 1)
    return keyed << np.uint64(16), np.concatenate([[0], np.cumsum(sizes)])


def _pair_similarity(
    hashes: Hashes, offsets: Offsets, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    sizes = np.diff(offsets)
    both = np.concatenate([left, right])
    pair = np.repeat(np.tile(np.arange(len(left)), 2), sizes[both])
    starts = np.repeat(offsets[both], sizes[both])
    within = np.arange(len(starts)) - np.repeat(np.cumsum(sizes[both]) - sizes[both], sizes[both])
    keyed = _sorted_sets(hashes[starts + within], pair)
    # each set holds a shingle once: two equal neighbours are one shingle of both
    same = keyed[1:][keyed[1:] == keyed[:-1]]
    shared = np.bincount((same >> np.uint64(48)).astype(np.int64), minlength=len(left))
    return np.asarray(shared / (sizes[left] + sizes[right] - shared))
