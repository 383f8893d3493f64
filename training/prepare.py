"""First of all, under the project's own Python: pack the pictures, ask the teacher, make the trial.

``python -m training.prepare --out FOLDER CORPUS...`` goes on where it was stopped.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reseen.domain.fingerprint import Skip
from reseen.signals.descriptor import load_descriptor
from training import columns, packed, sources, trial
from training.config import Config, load

_MARK = "prepared.json"


def ask_teacher(pictures: packed.Pictures, config: Config, file: Path) -> None:
    """One vector a picture, clean, added to the file as they come."""
    teacher = load_descriptor(config.teacher.model)
    if isinstance(teacher, Skip):
        raise SystemExit(f"{config.teacher.model}: {teacher.reason}")
    done = columns.count(file, config.teacher.width, np.float32)
    columns.cut(file, done, config.teacher.width, np.float32)
    for start in range(done, len(pictures), config.teacher.batch):
        stop = min(len(pictures), start + config.teacher.batch)
        columns.add(file, teacher([pictures[i] for i in range(start, stop)]))
        if start % (config.teacher.batch * 32) == 0:
            print(f"teacher: {stop} of {len(pictures)}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    parser.add_argument("--only", choices=("teacher", "trial"))
    told = parser.parse_args()
    config = load(told.changes)
    told.out.mkdir(parents=True, exist_ok=True)
    if _done(told.out, told.corpora, config):
        return
    held = trial.dealt(told.corpora, config)
    if told.only != "trial":
        file = told.out / "pictures.npz"
        if not file.exists():
            left_out = sources.pack(told.corpora, held.hashes, config.sources, file)
            print(f"{left_out} pictures near the trial's train nothing", file=sys.stderr)
        ask_teacher(packed.read(file), config, told.out / f"teacher-{config.teacher.model}.f32")
    if told.only != "teacher":
        trial.build(held, config, told.out / "trial")
    if told.only is None:
        (told.out / _MARK).write_text(_asked(told.corpora, config), encoding="utf-8")


def _done(out: Path, corpora: Sequence[Path], config: Config) -> bool:
    """Whether all this was made before, of the same and told the same."""
    mark = out / _MARK
    return mark.exists() and mark.read_text(encoding="utf-8") == _asked(corpora, config)


def _asked(corpora: Sequence[Path], config: Config) -> str:
    told = config.as_dict()
    parts = {name: told[name] for name in ("seed", "sources", "teacher", "trial")}
    folders = [str(folder.resolve()) for folder in corpora]
    return json.dumps({**parts, "side": config.student.side, "corpora": folders}, indent=1) + "\n"


if __name__ == "__main__":
    main()
