"""Sums of columns of bits are those that counting row by row gives."""

import numpy as np
import pytest

from reseen.index.columns import columns_of, flagged, most_alike


@pytest.mark.parametrize(("rows", "width"), [(1000, 512), (640, 96), (70, 5)])
def test_the_rows_that_agree_most_are_those_that_counting_finds(rows: int, width: int) -> None:
    rng = np.random.default_rng(5)
    codes = rng.integers(-127, 128, (rows, width)).astype(np.int8)
    queries = rng.integers(-127, 128, (3, width)).astype(np.int8)
    allowed = rng.random(rows) < 0.8
    found = most_alike(columns_of(codes), queries, flagged(allowed), 40)
    for query, own in zip(queries, found, strict=True):
        order = np.argsort(-np.abs(query.astype(int)), kind="stable")[:128]
        weight = np.where(np.arange(len(order)) < 48, 2, 1)
        agree = (((codes[:, order] > 0) == (query[order] > 0)) * weight).sum(axis=1)
        last = np.sort(agree[allowed])[-40]
        wanted = np.flatnonzero(allowed & (agree >= last))
        assert own.tolist() == wanted.tolist()


def test_of_very_many_equal_rows_some_are_taken() -> None:
    codes = np.ones((5000, 64), np.int8)
    [own] = most_alike(columns_of(codes), codes[:1], flagged(np.ones(5000, np.bool_)), 100)
    assert len(own) == 200
