"""Qdrant Edge beside our index: the same rows, the same queries, one thread.

Descriptors: float16, int8 quantised in memory, with or without a graph. Hashes: 16 bands of 16 bits
as a sparse vector, asked with every single-bit flip; what shares a band is compared in full.
"""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import qdrant_edge as qdrant

_FLIPS = np.concatenate([[0], 1 << np.arange(16)]).astype(np.uint32)
_BANDS = np.arange(16, dtype=np.uint32) << np.uint32(16)
_NEVER = 10**9


class Qdrant:
    """Rows are numbered in the order in which they come."""

    def __init__(self, folder: Path, *, graph: bool = False) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        vectors = qdrant.EdgeVectorParams(
            512,
            qdrant.Distance.Dot,
            datatype=qdrant.VectorStorageDatatype.Float16,
            quantization_config=qdrant.ScalarQuantizationConfig(
                qdrant.ScalarType.Int8, memory=qdrant.Memory.Pinned
            ),
            hnsw_config=qdrant.HnswIndexConfig(
                16 if graph else 0, 100, 1000 if graph else _NEVER, 1
            ),
        )
        self._shard = qdrant.EdgeShard.create(
            str(folder),
            qdrant.EdgeConfig(
                vectors={"descriptor": vectors},
                sparse_vectors={"bands": qdrant.EdgeSparseVectorParams()},
                optimizers=qdrant.EdgeOptimizersConfig(
                    indexing_threshold=10_000, max_segment_size=_NEVER, default_segment_number=1
                ),
                max_search_threads=1,
                wal_enabled=False,
            ),
        )
        self._codes: list[npt.NDArray[np.uint8]] = []
        self.rows = 0

    def add_descriptors(self, codes: npt.NDArray[np.int8]) -> None:
        self._add([{"descriptor": v} for v in (codes / np.float32(127)).tolist()])

    def add_hashes(self, codes: npt.NDArray[np.uint8]) -> None:
        bands, ones = (codes.view(np.uint16) + _BANDS).tolist(), [1.0] * 16
        self._codes.append(codes)
        self._add([{"bands": qdrant.SparseVector(b, ones)} for b in bands])

    def _add(self, vectors: list[dict[str, Any]]) -> None:
        points = [qdrant.Point(self.rows + n, v) for n, v in enumerate(vectors)]
        self._shard.update(qdrant.UpdateOperation.upsert_points(points))
        self.rows += len(vectors)

    def optimize(self) -> tuple[float, float]:
        """Seconds that it took, and the longest for which no other thread of Python ran."""
        gaps, over = [0.0], threading.Event()

        def watch() -> None:
            last = time.monotonic()
            while not over.wait(0.002):
                now = time.monotonic()
                gaps.append(now - last)
                last = now

        thread = threading.Thread(target=watch)
        thread.start()
        begin = time.monotonic()
        self._shard.flush()
        self._shard.optimize()
        seconds = time.monotonic() - begin
        over.set()
        thread.join()
        return seconds, max(gaps)

    def near_descriptors(self, views: npt.NDArray[np.int8], count: int) -> set[int]:
        """Rows near any of the views."""
        asked = [
            qdrant.QueryRequest(limit=count, query=qdrant.Query.Nearest(view, "descriptor"))
            for view in (views / np.float32(127)).tolist()
        ]
        found = self._shard.query_batch(qdrant.QueryBatchRequest(asked))
        return {int(point.id) for one in found for point in one}

    def near_hashes(self, code: npt.NDArray[np.uint8], count: int) -> set[int]:
        """Rows within 31 bits, of the ``count`` that share most bands."""
        keys = (
            (code.view(np.uint16).astype(np.uint32)[:, None] ^ _FLIPS) + _BANDS[:, None]
        ).ravel()
        vector = qdrant.SparseVector(keys.tolist(), [1.0] * len(keys))
        asked = qdrant.QueryRequest(limit=count, query=qdrant.Query.Nearest(vector, "bands"))
        rows = np.array([int(point.id) for point in self._shard.query(asked)], np.int64)
        codes = np.concatenate(self._codes)[rows] if len(self._codes) > 1 else self._codes[0][rows]
        return set(rows[np.bitwise_count(codes ^ code).sum(axis=1) <= 31].tolist())
