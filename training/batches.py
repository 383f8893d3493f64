"""Batches of pictures in two disguises, with look-alikes among them. Runs under Python 3.11 too.

A batch is a function of the seed and its step, so a run that was stopped goes on with the same
pictures in the same disguises.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.config import Config
from training.disguise import Others, Rng, faint, strong
from training.packed import Pictures, Pixels, squared

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """``views`` ``uint8 [2S, side, side, 3]``: S pictures faintly disguised, then again strongly.

    ``rows`` ``int64 [S]`` are their numbers. ``barred`` ``bool [2S, N]``: pictures that a view is
    not held against, as they are seen in it, or look the same to the teacher.
    """

    views: Pixels
    rows: npt.NDArray[np.int64]
    barred: npt.NDArray[np.bool_]


class Batches:
    """Draws from the pictures that train: ``numbers`` of ``pictures``, with ``teacher`` unit
    vectors ``float32 [N, D]`` in the order of ``numbers``. Numbers of a batch count in that order.
    """

    def __init__(
        self, pictures: Pictures, numbers: npt.NDArray[np.int64], teacher: Vectors, config: Config
    ) -> None:
        self._pictures, self._numbers, self._teacher = pictures, numbers, teacher
        self._config = config
        self._kin = alike(teacher, 8, config.loss.twin)

    def __call__(self, step: int) -> Batch:
        rng = np.random.default_rng([self._config.seed, step])
        rows = self._drawn(rng)
        drawn = [faint(self._picture(int(r)), rng) for r in rows]
        drawn += [strong(self._picture(int(r)), rng, self.other) for r in rows]
        side = self._config.student.side
        views = np.stack([squared(d.pixels, side) for d in drawn])
        twins = self._teacher[rows] @ self._teacher.T >= self._config.loss.twin
        barred = np.concatenate([twins, twins])
        for i, disguise in enumerate(drawn):
            barred[i, list(disguise.others)] = True
        own = np.concatenate([rows, rows])
        barred[np.arange(len(own)), own] = False
        return Batch(views, rows, barred)

    def other(self, rng: Rng) -> tuple[int, Pixels]:
        row = int(rng.integers(len(self._numbers)))
        return row, self._picture(row)

    def _picture(self, row: int) -> Pixels:
        return self._pictures[int(self._numbers[row])]

    def _drawn(self, rng: Rng) -> npt.NDArray[np.int64]:
        """Different pictures: some at random, each followed by some that look like it."""
        wanted, alike_each = self._config.fit.sources, self._config.fit.alike
        rows: list[int] = []
        for row in rng.permutation(len(self._numbers)):
            near = rng.permutation(self._kin[int(row)])[: alike_each - 1]
            rows += [r for r in dict.fromkeys([int(row), *map(int, near)]) if r not in rows]
            if len(rows) >= wanted:
                break
        return np.array(rows[:wanted], np.int64)


def alike(vectors: Vectors, most: int, twin: float) -> npt.NDArray[np.int64]:
    """The nearest to each ``int64 [N, most]`` by cosine, without those from ``twin`` on, which may
    be the same picture. Fewer pictures than ``most`` repeat the picture itself.
    """
    found = np.tile(np.arange(len(vectors))[:, None], (1, most)).astype(np.int64)
    for start in range(0, len(vectors), 512):
        cosines = vectors[start : start + 512] @ vectors.T
        cosines[cosines >= twin] = -2
        taken = min(most, len(vectors) - 1)
        order = np.argpartition(-cosines, taken, axis=1)[:, :taken]
        allowed = np.take_along_axis(cosines, order, axis=1) > -2
        own = found[start : start + 512, :taken]
        own[allowed] = order[allowed]
    return found


def others_of(pictures: Pictures, numbers: npt.NDArray[np.int64]) -> Others:
    """Hands out any of these pictures."""

    def other(rng: Rng) -> tuple[int, Pixels]:
        number = int(numbers[int(rng.integers(len(numbers)))])
        return number, pictures[number]

    return other
