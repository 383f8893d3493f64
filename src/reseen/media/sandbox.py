"""Take away from this process everything that decoding does not need. There is no way back.

Three layers, each useful alone: resource limits (every system), Landlock (Linux 5.13+: no file can
be opened), and a seccomp filter (Linux on x86-64 and aarch64: an allow-list of system calls, all
others fail with EPERM). Kernel interfaces are called through ctypes: no library to install.

Order matters: everything that will be used must be imported and opened before ``confine``.
Threads stay possible, because libde265 and dav1d start some; processes do not.
"""

import ctypes
import errno
import json
import os
import platform
import resource
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

MEMORY = 3 << 30
"""Bytes of address space. A 100-megapixel PNG with 16 bits and alpha needs 1.4 GB in Pillow."""

OPEN_FILES = 16

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 4, 38, 22, 2
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_LANDLOCK_ACCESS_FS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""Number of file access rights that each version of the interface knows."""

_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_CLONE_THREAD, _PROT_EXEC = 0x00010000, 4

_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name: (x86-64, aarch64); None where an architecture has no such call
_CALLS: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "poll": (7, None),
    "ppoll": (271, 73),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getrandom": (318, 278),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_NO_EXECUTABLE_MEMORY = {"mmap": (9, 222), "mprotect": (10, 226)}
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_PRLIMIT = (302, 261)


@dataclass(frozen=True, slots=True)
class Measure:
    """One layer of isolation: whether it is in force, and what it does or why it is not."""

    name: str
    active: bool
    detail: str


def confine(cpu_seconds: int, memory: int = MEMORY) -> tuple[Measure, ...]:
    """Confine this process for good; says which layers the system offered. Never raises."""
    layers: tuple[tuple[str, Callable[[], str]], ...] = (
        ("resource limits", lambda: _limit_resources(cpu_seconds, memory)),
        ("landlock", _forbid_files),
        ("seccomp", _forbid_calls),
    )
    measures = []
    for name, apply in layers:
        try:
            measures.append(Measure(name, active=True, detail=apply()))
        except (OSError, ValueError) as reason:
            measures.append(Measure(name, active=False, detail=str(reason)))
    return tuple(measures)


def isolation_report() -> tuple[Measure, ...]:
    """What of the isolation works on this machine: confines a fresh process and tries its walls."""
    done = subprocess.run(  # noqa: S603 - our own module, no outside input
        [sys.executable, "-P", "-m", __name__],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        return (Measure("isolation", active=False, detail=done.stderr.strip()[-200:]),)
    return tuple(Measure(**row) for row in json.loads(done.stdout))


def _limit_resources(cpu_seconds: int, memory: int) -> str:
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):
            # macOS cannot bound the address space of a process that maps the shared cache.
            if kind != resource.RLIMIT_AS or sys.platform == "linux":
                raise
    return f"{memory >> 20} MB of memory, {cpu_seconds} s of CPU, no files written, no core dump"


def _forbid_files() -> str:
    if sys.platform != "linux":
        raise OSError("only Linux has it")
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        raise OSError("the kernel does not offer it (CONFIG_SECURITY_LANDLOCK, lsm=landlock)")
    files = (1 << _LANDLOCK_ACCESS_FS.get(version, 16)) - 1
    network, scopes = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    attributes = struct.pack("QQQ", files, network, scopes)
    attributes = attributes[: 24 if version >= 6 else 16 if version >= 4 else 8]
    _no_new_privileges(libc)
    rules = _checked(libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0))
    try:
        _checked(libc.syscall(_LANDLOCK_RESTRICT, rules, 0))
    finally:
        os.close(rules)
    return f"no file can be opened (interface {version})"


def _forbid_calls() -> str:
    if sys.platform != "linux":
        raise OSError("only Linux has it")
    filter_ = call_filter(platform.machine())
    libc = ctypes.CDLL(None, use_errno=True)
    _no_new_privileges(libc)
    code = ctypes.create_string_buffer(filter_, len(filter_))
    program = struct.pack("HxxxxxxP", len(filter_) // 8, ctypes.addressof(code))
    _checked(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0))
    return f"{len(_CALLS) + 4} system calls are left: no sockets, processes or opened files"


def call_filter(machine: str) -> bytes:
    """The seccomp program: 8 bytes an instruction. Raises ``OSError`` for other machines."""
    if machine not in _ARCH or sys.maxsize < 2**32:
        raise OSError(f"no filter was written for {machine}")
    column = list(_ARCH).index(machine)
    program = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _ARCH[machine]),
        (_RETURN, 0, 0, 0x80000000),  # another architecture's calls: kill
        (_LOAD, 0, 0, 0),
        (_EQUAL, 0, 1, _CLONE3[column]),
        (_RETURN, 0, 0, _ENOSYS),  # its flags are behind a pointer; the C library then uses clone
    ]
    program += _argument_rule(_CLONE[column], 0, _CLONE_THREAD, when_set=_ALLOW, otherwise=_EPERM)
    for pair in _NO_EXECUTABLE_MEMORY.values():
        program += _argument_rule(pair[column], 2, _PROT_EXEC, when_set=_EPERM, otherwise=_ALLOW)
    program += [  # prlimit64 may read limits (no new limit, in either half), never set them
        (_EQUAL, 0, 6, _PRLIMIT[column]),
        (_LOAD, 0, 0, 32),
        (_EQUAL, 0, 3, 0),
        (_LOAD, 0, 0, 36),
        (_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]
    for numbers in _CALLS.values():
        number = numbers[column]
        if number is not None:
            program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    program.append((_RETURN, 0, 0, _EPERM))
    return b"".join(struct.pack("HBBI", *line) for line in program)


def _argument_rule(
    call: int, argument: int, bits: int, *, when_set: int, otherwise: int
) -> list[tuple[int, int, int, int]]:
    """Decide one call by bits of the low half of one argument."""
    return [
        (_EQUAL, 0, 4, call),
        (_LOAD, 0, 0, 16 + 8 * argument),
        (_SET, 0, 1, bits),
        (_RETURN, 0, 0, when_set),
        (_RETURN, 0, 0, otherwise),
    ]


def _no_new_privileges(libc: ctypes.CDLL) -> None:
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _try_walls() -> list[Measure]:
    """Confine this very process, then knock on each wall."""
    measures = list(confine(cpu_seconds=30))
    knocks: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("memory", "a large allocation", lambda: bytearray(MEMORY)),
        ("files", "opening a file", lambda: os.open("/etc/hosts", os.O_RDONLY)),
        ("network", "opening a socket", socket.socket),
        ("processes", "starting a process", os.fork),
    )
    for name, what, knock in knocks:
        try:
            knock()
        except (OSError, MemoryError):
            measures.append(Measure(name, active=True, detail=f"{what} was refused"))
        else:
            measures.append(Measure(name, active=False, detail=f"{what} was possible"))
    return measures


if __name__ == "__main__":
    parent = os.getpid()
    report = json.dumps([asdict(measure) for measure in _try_walls()])
    if os.getpid() == parent:
        sys.stdout.write(report)
        sys.stdout.flush()
    os._exit(0)
