"""Groups of postings written from one template, whoever the employer: what a scorer is split by, never at random.

A template that stands on both sides of a split is learnt by heart, and the figures measure the leak. Two texts belong
together when at least half of their shingles are shared, or when a chain of such pairs joins them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from validation.vetting.shingles import band_keys, batches, jaccard, shingles

SHARED = 0.5
#: bands of 4 values: a pair of similarity .50 is proposed seven times in eight, one of .70 always
BANDS = 32


def template_groups(texts: pa.Array, shared: float = SHARED) -> npt.NDArray[np.int64]:
    """Number of the group of each comparable text (``similar.comparable``); groups are numbered as they appear.

    Within a bucket each text is compared with the first and with its neighbour, so the work grows with the texts.
    """
    if not len(texts):
        return np.empty(0, np.int64)
    distinct = texts.unique()
    place = np.asarray(pa.compute.index_in(texts, distinct)).astype(np.int64)
    keys = np.concatenate([band_keys(*shingles(batch), BANDS) for batch in batches(distinct)])
    proposed = []
    for band in range(BANDS):
        order = np.argsort(keys[:, band], kind="stable")
        values = keys[order, band]
        begins = np.concatenate([[True], values[1:] != values[:-1]])
        first = order[np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))]
        proposed.append(np.column_stack([first, order])[~begins])
        proposed.append(np.column_stack([order[:-1], order[1:]])[~begins[1:]])
    pairs = np.unique(np.concatenate(proposed), axis=0)
    pairs = pairs[jaccard(distinct, pairs[:, 0], pairs[:, 1]) >= shared]
    graph = sp.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(distinct), len(distinct)))
    return connected_components(graph, directed=False)[1].astype(np.int64)[place]
