"""Processor time and memory of this process and all that it started.

Read from ``/proc`` where there is one (Linux), else from ``ps`` (macOS).
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """``cpu`` seconds, with those of ended children on Linux; ``resident`` bytes."""

    pid: int
    parent: int
    cpu: float
    resident: int


def cpu_seconds(root: int | None = None) -> float:
    """Processor seconds used so far by a process (this one) and its living and ended children."""
    root = root or os.getpid()
    total = sum(p.cpu for p in tree(root, processes()))
    if not (PROC / "self" / "stat").exists() and root == os.getpid():
        times = os.times()
        total += times.children_user + times.children_system
    return total


def idle_seconds(cores: Sequence[int]) -> float:
    """In which these cores had nothing to do, or waited for a disk (Linux; elsewhere 0)."""
    path = PROC / "stat"
    if not path.exists():
        return 0.0
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    ticks = {fields[0]: int(fields[4]) + int(fields[5]) for fields in lines if len(fields) > 5}
    return sum(ticks.get(f"cpu{core}", 0) for core in cores) / os.sysconf("SC_CLK_TCK")


def resident_bytes(root: int) -> int:
    """Resident memory of a process and its children; pages that they share count once for each."""
    return sum(p.resident for p in tree(root, processes()))


def tree(root: int, every: list[Process]) -> list[Process]:
    """A process and everything below it."""
    found = [p for p in every if p.pid == root]
    below = {root}
    while fresh := [p for p in every if p.parent in below and p not in found]:
        found += fresh
        below = {p.pid for p in fresh}
    return found


def processes() -> list[Process]:
    if (PROC / "self" / "stat").exists():
        found = [_read(int(p.name)) for p in PROC.iterdir() if p.name.isdigit()]
        return [p for p in found if p is not None]
    done = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,time=,rss="], check=True, capture_output=True, text=True
    )
    return [_parse(line.split()) for line in done.stdout.splitlines()]


def _read(pid: int) -> Process | None:
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    cpu = sum(int(f) for f in fields[11:15]) / ticks
    return Process(pid, int(fields[1]), cpu, int(fields[21]) * os.sysconf("SC_PAGE_SIZE"))


def _parse(fields: list[str]) -> Process:
    """``ps`` writes time as ``[[hours:]minutes:]seconds[.hundredths]`` and memory in kilobytes."""
    seconds = 0.0
    for part in fields[2].replace("-", ":").split(":"):
        seconds = seconds * 60 + float(part)
    return Process(int(fields[0]), int(fields[1]), seconds, int(fields[3]) * 1024)
