"""Counts of a file as xarray reads files: when values are asked for, and no more of them than that."""
from __future__ import annotations

from typing import Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

from firstlight.scans import Counts


class _FileCounts(BackendArray):
    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.shape = counts.shape
        self.dtype = counts.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        # Lists and masks of indices are read as the slice that holds them, and picked from it.
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC,
                                                  self.counts.__getitem__)


def lazy_counts(counts: Counts) -> Any:
    """What an xarray.Variable takes as its data; what has once been read as a whole is kept, as of other files."""
    lazy = indexing.LazilyIndexedArray(_FileCounts(counts))
    return indexing.MemoryCachedArray(indexing.CopyOnWriteArray(lazy))
