"""Parts of a blob, near or far.

Of one that lies far away each request takes tens of milliseconds, and so does each megabyte. The
first request brings the beginning, which is all of most blobs. What lies behind is brought in
blocks, so that moments of a film that are looked at one after the other come together, and few
blocks are kept: an hour of film is looked at in some megabytes of memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

HEAD = 1 << 20
BLOCK = 1 << 18
BLOCKS = 16


@dataclass(frozen=True, slots=True)
class Near:
    """A ``ports.ReadRange`` of bytes at hand, or of a file that is mapped."""

    view: memoryview

    @property
    def size(self) -> int:
        return len(self.view)

    def __call__(self, start: int, length: int) -> memoryview:
        return self.view[start : start + length]


class Far:
    """A ``ports.ReadRange``, safe for threads. ``head`` is how a blob of this size begins, its
    first ``HEAD`` bytes at least; ``get`` gives bytes from a start, of a length.
    """

    def __init__(self, head: bytes, size: int, get: Callable[[int, int], bytes]) -> None:
        self.size = size
        self._head = memoryview(head)
        self._get = get
        self._block = lru_cache(BLOCKS)(self._fetched)

    def __call__(self, start: int, length: int) -> memoryview:
        stop = min(start + length, self.size)
        if stop <= len(self._head):
            return self._head[start:stop]
        if stop - start >= BLOCK:
            return memoryview(self._get(start, stop - start))
        first = start // BLOCK
        parts = [self._block(number) for number in range(first, (stop - 1) // BLOCK + 1)]
        whole = parts[0] if len(parts) == 1 else b"".join(parts)
        begin = start - first * BLOCK
        return memoryview(whole)[begin : begin + stop - start]

    def _fetched(self, number: int) -> bytes:
        return self._get(number * BLOCK, BLOCK)
