"""Rows that agree most with a query, from one bit a number: columns of bits, added as on paper.

Column ``d`` holds the sign of the ``d``-th number of every row. A query reads only the columns of
its largest numbers: 128 of 512 signs, the largest third of them counted twice, find the nearest
rows as well as all 512 do (of Gaussian numbers the largest half say more than all, since each sign
is weighed alike; decisions/0008). Sums are kept as columns too, one a binary digit, made by full
adders of whole words: 64 rows an operation.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

type Words = npt.NDArray[np.uint64]

_STEP = 8192
"""Words of a column that are added at once: 64 kB, so that sums stay in cache."""
_PACKED = 16_384
"""Rows turned into columns at once."""
_READ, _TWICE = 128, 48
"""Columns that a query reads, and how many of them count twice."""


def columns_of(codes: npt.NDArray[np.int8]) -> Words:
    """Signs ``[D, N / 64]`` of rows ``[N, D]``, zeros after the last row."""
    rows, width = codes.shape
    columns = np.zeros((width, 8 * -(-rows // 64)), np.uint8)
    for start in range(0, rows, _PACKED):
        part = np.ascontiguousarray((codes[start : start + _PACKED] > 0).T)
        packed = np.packbits(part, axis=1)
        columns[:, start // 8 : start // 8 + packed.shape[1]] = packed
    return columns.view(np.uint64)


def flagged(flags: npt.NDArray[np.bool_]) -> Words:
    """One column of flags ``[N]``."""
    packed = np.packbits(flags)
    return np.pad(packed, (0, -len(packed) % 8)).view(np.uint64)


def most_alike(
    columns: Words, queries: npt.NDArray[np.int8], allowed: Words, wanted: int
) -> Iterator[npt.NDArray[np.int64]]:
    """For each query about ``wanted`` allowed rows that agree most with it, at most three times as
    many, ascending.
    """
    weighed = [_weighed(query) for query in queries]
    steps = range(0, columns.shape[1], _STEP)
    digits = [
        [_digits(columns[:, start : start + _STEP], *one) for one in weighed] for start in steps
    ]
    for at in range(len(queries)):
        whole = [np.concatenate(d) for d in zip(*(part[at] for part in digits), strict=True)]
        above, equal = _largest(whole, allowed, wanted)
        yield np.sort(np.concatenate([_rows(above), _rows(equal)[: 2 * wanted]]))


def _weighed(query: npt.NDArray[np.int8]) -> tuple[list[list[int]], list[list[int]]]:
    """Columns where a set bit agrees, those that count once and those that count twice; and those
    where a bit that is not set agrees.
    """
    size = np.abs(query.astype(np.int16))
    order = np.argsort(-size, kind="stable")[:_READ]
    groups = (order[_TWICE:], order[:_TWICE])
    positive = [group[query[group] > 0].tolist() for group in groups]
    return positive, [group[query[group] <= 0].tolist() for group in groups]


def _digits(
    columns: Words, positive: Sequence[Sequence[int]], negative: Sequence[Sequence[int]]
) -> list[Words]:
    """Binary digits of how far each row agrees, the smallest first."""
    against = [[columns[d] for d in group] for group in negative]
    _add(against, 2)
    sums = [[columns[d] for d in group] for group in positive]
    sums += [[] for _ in range(len(against) - len(sums))]
    for own, other in zip(sums, against, strict=False):
        own += [~bits for bits in other]  # an adder of inverted bits gives its inverted sums
    _add(sums, 1)
    return [own[0] for own in sums if own]


def _add(sums: list[list[Words]], left: int) -> None:
    """Until no digit has more than ``left`` columns (two: by full adders alone)."""
    for digit, own in enumerate(sums):
        if len(own) > left and digit + 1 == len(sums):
            sums.append([])
        while len(own) > left:
            one, other = own.pop(), own.pop()
            differ, carry = one ^ other, one & other
            if own:
                third = own.pop()
                own.append(differ ^ third)
                differ &= third
                carry |= differ
            else:
                own.append(differ)
            sums[digit + 1].append(carry)


def _largest(digits: Sequence[Words], allowed: Words, wanted: int) -> tuple[Words, Words]:
    """Rows above the ``wanted``-th largest sum, and those that equal it."""
    above, equal = np.zeros_like(allowed), allowed
    missing = wanted
    for digit in reversed(digits):
        larger = equal & digit
        count = int(np.bitwise_count(larger).sum(dtype=np.int64))
        if count >= missing:
            equal = larger
        else:
            above |= larger
            equal = equal & ~digit
            missing -= count
    return above, equal


def _rows(column: Words) -> npt.NDArray[np.int64]:
    """Numbers of the rows whose bits are set, ascending."""
    held = column.view(np.uint8)
    bytes_set = np.flatnonzero(held)
    row, bit = np.nonzero(np.unpackbits(held[bytes_set]).reshape(-1, 8))
    return bytes_set[row] * 8 + bit
