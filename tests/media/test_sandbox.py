"""What a confined process can no longer do, tried in real processes."""

import os
import struct
import subprocess
import sys

import pytest

from reseen.media import sandbox
from reseen.media.sandbox import call_filter, isolation_report

LINUX = sys.platform == "linux"
FORBIDDEN = {
    "a socket": "import socket; socket.socket()",
    "a connected pair": "import socket; socket.socketpair()",
    "another program": "os.execv('/bin/true', ['true'])",
    "a shell": "import subprocess; subprocess.run(['true'])",
    "a child": "os.fork()",
    "a file to read": "os.open('/etc/passwd', os.O_RDONLY)",
    "a file to write": "os.open('/tmp/reseen-test', os.O_WRONLY | os.O_CREAT)",
    "a file of its own": "os.open('/proc/self/mem', os.O_RDWR)",
    "a look at a folder": "os.listdir('/')",
    "a look at a name": "os.stat('/etc/passwd')",
    "a deletion": "os.unlink('/tmp/reseen-none')",
    "a signal to the parent": "os.kill(os.getppid(), 0)",
    "three gigabytes": "bytearray(3 << 30)",
    "looser limits": "resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))",
    "another directory": "os.chdir('/')",
    "a new identity": "os.setuid(1)",
    "executable memory": "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    "tracing": "assert ctypes.CDLL(None, use_errno=True).ptrace(0, 0, 0, 0) == 0 or fail()",
}


def run(body: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"""
import ctypes, mmap, os, resource, socket, subprocess, sys, threading
from reseen.media import sandbox
def fail():
    raise OSError(ctypes.get_errno(), "refused")
{before}
sandbox.confine(20)
try:
    {body}
except (OSError, MemoryError, ValueError) as refusal:
    os.write(1, type(refusal).__name__.encode())
else:
    os.write(1, b"possible")
os._exit(0)
"""
    paths = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(not LINUX, reason="other systems have resource limits only")
@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_confined_process_is_refused(what: str) -> None:
    done = run(FORBIDDEN[what])
    assert done.stdout in {"PermissionError", "OSError", "MemoryError", "ValueError"}, done


@pytest.mark.skipif(not LINUX, reason="other systems have resource limits only")
@pytest.mark.parametrize("what", ["a file to read", "a file to write", "a look at a folder"])
def test_landlock_alone_refuses_files(what: str) -> None:
    done = run(FORBIDDEN[what], before="sandbox._forbid_calls = lambda: 'left out'")
    assert done.stdout == "PermissionError", done


def test_open_files_memory_and_threads_still_work() -> None:
    done = run(
        "thread = threading.Thread(target=lambda: found.append(len(file.read()))); thread.start();"
        " thread.join(); assert found[0] > 10; assert len(bytearray(100 << 20))",
        before="file = open(os.__file__, 'rb'); found = []",
    )
    assert done.stdout == "possible", done


def test_the_processor_time_is_limited() -> None:
    done = run("\n    while True: pass", before="resource.setrlimit(resource.RLIMIT_CPU, (1, 1))")
    assert done.returncode < 0, done


def test_the_report_says_what_is_in_force() -> None:
    report = {measure.name: measure for measure in isolation_report()}
    assert report["resource limits"].active
    assert all(measure.detail for measure in report.values())
    if LINUX:
        for name in ("seccomp", "files", "network", "processes", "memory"):
            assert report[name].active, report[name]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_jumps_within_itself_and_returns(machine: str) -> None:
    code = call_filter(machine)
    program = list(struct.iter_unpack("HBBI", code))
    for at, (kind, if_true, if_false, _value) in enumerate(program):
        if kind in {0x15, 0x45}:
            assert at + 1 + max(if_true, if_false) < len(program)
    assert program[-1][0] == 0x06


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_answers_as_the_kernel_would(machine: str) -> None:
    column = ["x86_64", "aarch64"].index(machine)
    arch = (0xC000003E, 0xC00000B7)[column]
    program = list(struct.iter_unpack("HBBI", call_filter(machine)))

    def answer(call: int, *arguments: int, arch: int = arch) -> int:
        data = struct.pack("IIQ6Q", call, arch, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
        at = value = 0
        while True:
            kind, if_true, if_false, k = program[at]
            at += 1
            if kind == 0x20:
                value = struct.unpack_from("I", data, k)[0]
            elif kind == 0x06:
                return int(k)
            else:
                at += if_true if (value == k if kind == 0x15 else value & k) else if_false

    allow, refuse = 0x7FFF0000, 0x00050001
    read, socket_, openat = ((0, 63), (41, 198), (257, 56))
    mmap_, clone, prlimit = ((9, 222), (56, 220), (302, 261))
    assert answer(read[column]) == allow
    assert answer(socket_[column]) == refuse
    assert answer(openat[column]) == refuse
    assert answer(mmap_[column], 0, 4096, 3) == allow
    assert answer(mmap_[column], 0, 4096, 7) == refuse
    assert answer(clone[column], 0x00010000) == allow
    assert answer(clone[column], 0x11) == refuse
    assert answer(prlimit[column], 0, 0, 0) == allow
    assert answer(prlimit[column], 0, 0, 1 << 32) == refuse
    assert answer(435) == 0x00050026
    assert answer(read[column], arch=0x40000003) == 0x80000000


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(OSError, match="riscv64"):
        call_filter("riscv64")


def test_the_memory_is_limited_to_what_the_module_says() -> None:
    done = run("os.write(1, str(resource.getrlimit(resource.RLIMIT_AS)[0]).encode() + b' ')")
    if LINUX:
        assert done.stdout.split()[0] == str(sandbox.MEMORY)
