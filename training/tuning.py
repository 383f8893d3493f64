"""How a student does on the training sources that train nothing. Runs where torch is."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from training.batches import others_of
from training.disguise import strong
from training.packed import Pictures, Pixels, squared

Embed = Callable[[Pixels], npt.NDArray[np.float32]]
_DISTRACTORS, _DISGUISES, _SEED = 400, 2, 1


class Tuning:
    """The same disguises each time it is asked."""

    def __init__(
        self,
        pictures: Pictures,
        train: npt.NDArray[np.int64],
        tune: npt.NDArray[np.int64],
        side: int,
    ) -> None:
        rng = np.random.default_rng(_SEED)
        strangers = rng.permutation(train)[:_DISTRACTORS]
        shown = [squared(pictures[int(n)], side) for n in (*tune, *strangers)]
        others = others_of(pictures, train)
        hidden = [
            squared(strong(pictures[int(n)], rng, others).pixels, side)
            for n in tune
            for _ in range(_DISGUISES)
        ]
        self._clean, self._hidden = np.stack(shown), np.stack(hidden)
        self._own = np.repeat(np.arange(len(tune)), _DISGUISES)

    def __call__(self, embed: Embed) -> dict[str, float]:
        """``first``: share of disguises whose nearest reference is the right one. ``clear``: share
        above every pair of strangers.
        """
        cosines = embed(self._hidden) @ embed(self._clean).T
        rows = np.arange(len(self._own))
        right = cosines[rows, self._own]
        cosines[rows, self._own] = -2
        wrong = cosines.max(axis=1)
        return {
            "first": float((right > wrong).mean()),
            "clear": float((right > wrong.max()).mean()),
            "margin": float((right - wrong).mean()),
        }


def embed_with(model: torch.nn.Module, batch: int = 32) -> Embed:
    """``uint8 [N, S, S, 3]`` to ``float32 [N, D]``."""

    def embed(squares: Pixels) -> npt.NDArray[np.float32]:
        with torch.no_grad():
            parts = [model(torch.from_numpy(squares[i : i + batch])) for i in
                     range(0, len(squares), batch)]  # fmt: skip
        return np.asarray(torch.cat(parts).numpy(), np.float32)

    return embed
