"""The training itself: ``python -m training.fit --out FOLDER --name NAME [--set fit.steps=500]``.

Runs where torch is, under Python 3.11, on what ``training.prepare`` left in the folder. Stopped at
any moment it goes on where it last saved; told more steps, it goes on to those.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from training import columns, losses, packed
from training.batches import Batch, Batches
from training.config import Config, load
from training.disguise import faint, strong
from training.student import Head, Student, least_squares, pair_whitened
from training.tuning import Tuning, embed_with

_SAME_RUN = ("seed", "sources", "teacher", "student", "loss")
"""What may not change when a run goes on; steps and pace may."""


class Run:
    """One run in a folder of its own: ``log.jsonl``, ``last.pt`` and averaged weights by step."""

    def __init__(self, data: Path, folder: Path, config: Config) -> None:
        self._config, self._folder = config, folder
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(config.seed)
        pictures = packed.read(data / "pictures.npz")
        file = data / f"teacher-{config.teacher.model}.f32"
        vectors = np.array(columns.read(file, config.teacher.width, np.float32), np.float32)
        if len(vectors) != len(pictures):
            raise SystemExit("the teacher has not seen all pictures: run training.prepare first")
        train, tune = np.flatnonzero(~pictures.tune), np.flatnonzero(pictures.tune)
        self._pictures, self._numbers = pictures, train
        self._teacher = torch.from_numpy(vectors[train])
        self._batches = Batches(pictures, train, vectors[train], config)
        self._tuning = Tuning(pictures, train, tune, config.student.side)
        self._student = Student(config.student, config.teacher.width).to(
            memory_format=torch.channels_last
        )
        self._optimiser = torch.optim.AdamW(
            self._student.groups(config.fit.backbone_rate, config.fit.head_rate),
            weight_decay=config.fit.decay,
        )
        self._average: dict[str, Tensor] = {}
        self._step = 0

    def start(self) -> None:
        """Go on where the run was stopped, or begin."""
        last = self._folder / "last.pt"
        if last.exists():
            held = torch.load(last, weights_only=True)
            before = json.loads(held["config"])
            now = json.loads(json.dumps(self._config.as_dict()))
            if any(before[part] != now[part] for part in _SAME_RUN):
                raise SystemExit(f"{self._folder} holds a run that was told otherwise")
            self._student.load_state_dict(held["student"])
            self._optimiser.load_state_dict(held["optimiser"])
            self._average, self._step = held["average"], held["step"]
            self._note("resumed")
            return
        self._note("config", config=self._config.as_dict(), pictures=len(self._numbers))
        self._tune("imagenet", pooled=True)
        self._head()
        self._average = {k: v.clone() for k, v in self._student.state_dict().items()}
        self._keep(0)
        self._tune("pair-whitened")

    def go(self) -> None:
        fit = self._config.fit
        with ThreadPoolExecutor(1) as pool:
            coming: Future[Batch] = pool.submit(self._batches, self._step)
            while self._step < fit.steps:
                batch = coming.result()
                coming = pool.submit(self._batches, self._step + 1)
                self._learn(batch)
                self._step += 1
                if self._step % fit.tune_every == 0:
                    self._tune("average")
                if self._step in fit.keep:
                    self._keep(self._step)
                if self._step % fit.save_every == 0 or self._step == fit.steps:
                    self._save()

    def _learn(self, batch: Batch) -> None:
        began, spent = time.time(), time.process_time()
        for group in self._optimiser.param_groups:
            group["lr"] = group["rate"] * min(1.0, (self._step + 1) / self._config.fit.warm)
        views = self._student(torch.from_numpy(batch.views))
        parts = self._losses(views, batch)
        weights = self._config.loss
        total = sum(getattr(weights, name) * value for name, value in parts.items())
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(self._student.parameters(), 1.0)
        self._optimiser.step()
        self._blend()
        self._note(
            "step",
            loss=round(float(total.detach()), 4),
            norm=round(float(norm), 4),
            seconds=round(time.time() - began, 2),
            cpu=round(time.process_time() - spent, 2),
            **{name: round(float(value.detach()), 4) for name, value in parts.items()},
        )

    def _losses(self, views: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Those of a weight above 0."""
        wanted = self._config.loss
        own = torch.from_numpy(np.concatenate([batch.rows, batch.rows]))
        barred = torch.from_numpy(batch.barred)
        said = self._student.translated(views)
        given: dict[str, Callable[[], Tensor]] = {
            "distil": lambda: losses.distil(said, self._teacher[own]),
            "contrast": lambda: losses.contrast(views, own, barred, wanted.temperature),
            "bank": lambda: losses.bank(said, self._teacher, own, barred, wanted.temperature),
            "koleo": lambda: losses.koleo(views, own),
        }
        return {name: loss() for name, loss in given.items() if getattr(wanted, name) > 0}

    def _head(self) -> None:
        """Make the head, and then the translator, from disguised pictures."""
        fit, side = self._config.fit, self._config.student.side
        rng = np.random.default_rng([self._config.seed, fit.start])
        rows = rng.permutation(len(self._numbers))[: fit.start]
        mild, hard = [], []
        for row in rows:
            pixels = self._pictures[int(self._numbers[row])]
            mild.append(packed.squared(faint(pixels, rng).pixels, side))
            hard.append(packed.squared(strong(pixels, rng, self._batches.other).pixels, side))
        pooled = [_pooled(self._student, np.stack(squares)) for squares in (mild, hard)]
        _fill(
            self._student.head,
            pair_whitened(pooled[0], pooled[1], self._config.student.width, fit.shrink),
        )
        with torch.no_grad():
            said = functional.normalize(self._student.head(torch.cat(pooled)), dim=1)
        taught = self._teacher[torch.from_numpy(np.concatenate([rows, rows]))]
        _fill(self._student.translator, least_squares(said, taught))

    def _blend(self) -> None:
        """The average follows; young, it follows faster."""
        share = min(self._config.fit.average, (1 + self._step) / (10 + self._step))
        for name, now in self._student.state_dict().items():
            if now.is_floating_point():
                self._average[name].lerp_(now, 1 - share)

    def _tune(self, what: str, *, pooled: bool = False) -> None:
        if pooled:
            found = self._tuning(lambda squares: _unit(_pooled(self._student, squares)))
        else:
            now = {k: v.clone() for k, v in self._student.state_dict().items()}
            self._student.load_state_dict(self._average)
            found = self._tuning(embed_with(self._student))
            self._student.load_state_dict(now)
        self._note("tune", of=what, **{k: round(v, 4) for k, v in found.items()})

    def _keep(self, step: int) -> None:
        _write(self._folder / f"step-{step}.pt", {"student": self._average, "step": step})

    def _save(self) -> None:
        held = {
            "config": json.dumps(self._config.as_dict()),
            "student": self._student.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "average": self._average,
            "step": self._step,
        }
        _write(self._folder / "last.pt", held)

    def _note(self, what: str, **told: Any) -> None:
        line = {"what": what, "step": self._step, **told}
        with (self._folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def _pooled(student: Student, squares: packed.Pixels) -> Tensor:
    with torch.no_grad():
        parts = [student.pooled(torch.from_numpy(squares[i : i + 32])) for i in
                 range(0, len(squares), 32)]  # fmt: skip
    return torch.cat(parts)


def _fill(layer: torch.nn.Linear, head: Head) -> None:
    with torch.no_grad():
        layer.weight.copy_(head.weights)
        layer.bias.copy_(head.bias)


def _unit(vectors: Tensor) -> npt.NDArray[np.float32]:
    return np.asarray(functional.normalize(vectors, dim=1).numpy(), np.float32)


def _write(file: Path, held: dict[str, Any]) -> None:
    part = file.with_suffix(".part")
    torch.save(held, part)
    part.replace(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="what training.prepare was given")
    parser.add_argument("--name", default="full", help="of the run")
    parser.add_argument("--set", action="append", default=[], dest="changes")
    told = parser.parse_args()
    config = load(told.changes)
    cv2.setNumThreads(1)
    torch.set_num_threads(config.fit.threads)
    run = Run(told.out, told.out / "runs" / told.name, config)
    run.start()
    run.go()


if __name__ == "__main__":
    main()
