import numpy as np

from reseen.index.rows import Rows
from reseen.index.votes import Votes
from reseen.testing.index_contract import words


def _rows(rng: np.random.Generator, first: int, count: int) -> Rows:
    slots = np.arange(first, first + count, dtype=np.uint32)
    return Rows(slots, slots % 3, words(rng, count).codes)


def test_merged_segments_are_as_if_built_of_their_living_rows() -> None:
    rng = np.random.default_rng(3)
    kind, parts = Votes(), [_rows(rng, 0, 40), _rows(rng, 40, 25), _rows(rng, 65, 1)]
    flags = [rng.random(40) < 0.7, None, np.zeros(1, np.bool_)]
    merged = kind.merged([kind.build(part) for part in parts], flags)
    living = [p if f is None else p.kept(f) for p, f in zip(parts, flags, strict=True)]
    built = kind.build(
        Rows(
            np.concatenate([one.slots for one in living]),
            np.concatenate([one.numbers for one in living]),
            np.concatenate([one.codes for one in living]),
        )
    )
    assert merged.keys() == built.keys()
    for name, array in built.items():
        assert np.array_equal(merged[name], array), name
