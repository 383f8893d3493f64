"""Everything a run can be told, from one file. Runs under Python 3.11 too."""

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "config.toml"


@dataclass(frozen=True)
class Sources:
    longest: int
    quality: int
    tune: float
    near: int


@dataclass(frozen=True)
class Teacher:
    model: str
    batch: int
    width: int


@dataclass(frozen=True)
class Trial:
    originals: int
    absent: int
    fillers: int
    distractors: int
    share: float


@dataclass(frozen=True)
class Student:
    side: int
    width: int
    frozen: int
    gem: float


@dataclass(frozen=True)
class Fit:
    steps: int
    sources: int
    alike: int
    start: int
    shrink: float
    backbone_rate: float
    head_rate: float
    decay: float
    warm: int
    average: float
    workers: int
    threads: int
    save_every: int
    tune_every: int
    keep: tuple[int, ...]


@dataclass(frozen=True)
class Loss:
    distil: float
    contrast: float
    bank: float
    koleo: float
    temperature: float
    twin: float


@dataclass(frozen=True)
class Export:
    width: int
    whitening: float
    calibration: int


@dataclass(frozen=True)
class Config:
    """One section of the file each; see the comments there."""

    seed: int
    sources: Sources
    teacher: Teacher
    trial: Trial
    student: Student
    fit: Fit
    loss: Loss
    export: Export

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def load(changes: Sequence[str] = (), file: Path = FILE) -> Config:
    """The file, with changes such as ``fit.steps=500``.

    Raises ``KeyError`` for a value that the file lacks, ``ValueError`` for one of another type.
    """
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    values["fit"]["keep"] = tuple(values["fit"]["keep"])
    sections = {f.name: f.type for f in fields(Config) if f.name != "seed"}
    parts = {name: kind(**values[name]) for name, kind in sections.items()}  # type: ignore[operator]
    config = Config(seed=values["seed"], **parts)
    for change in changes:
        config = _changed(config, change)
    return config


def _changed(config: Config, change: str) -> Config:
    name, _, text = change.partition("=")
    section, _, field = name.rpartition(".")
    part: Any = getattr(config, section, None) if section else config
    if part is None or field not in {f.name for f in fields(part)}:
        raise KeyError(name)
    kind = type(getattr(part, field))
    value = tuple(int(v) for v in text.split(",") if v) if kind is tuple else kind(text)
    part = replace(part, **{field: value})
    return replace(config, **{section: part}) if section else part
