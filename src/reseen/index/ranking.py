"""Hits in the order that ``ports.Hits`` promises."""

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Signal
from reseen.ports import Hits

type Integers = npt.NDArray[np.int64]


def ranked(
    signal: Signal,
    query_rows: Integers,
    references: Integers,
    reference_rows: Integers,
    nearness: npt.NDArray[np.float32],
    count: int,
) -> Hits:
    """By query row, then nearest first, then oldest reference; the first ``count`` of each row."""
    order = np.lexsort((reference_rows, references, -nearness, query_rows))
    rows = query_rows[order]
    begins = np.searchsorted(rows, rows)
    order = order[np.arange(len(rows)) - begins < count]
    return Hits(
        signal=signal,
        references=references[order],
        query_rows=query_rows[order],
        reference_rows=reference_rows[order],
        nearness=nearness[order].astype(np.float32),
    )


def no_hits(signal: Signal) -> Hits:
    none = np.empty(0, np.int64)
    return Hits(signal, none, none, none, np.empty(0, np.float32))
