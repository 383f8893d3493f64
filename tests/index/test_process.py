"""The index process as clients meet it: started by the first, killed, idle, of another version."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from reseen.domain.bank import BankDraft, Content, Hash, Reference, ReferenceDraft
from reseen.domain.errors import NotReady
from reseen.domain.fingerprint import PDQ
from reseen.index.client import IndexClient, Start, open_index
from reseen.settings import Settings
from reseen.wiring.index import start_of
from reseen.wiring.truth import Truth, open_truth

PROJECT = "default"


class Home:
    """A data folder with a bank of hashes, and how its index process is started."""

    def __init__(self, path: Path, truth: Truth, idle: float = 30.0) -> None:
        self.settings = Settings(home=path)
        self.truth = truth
        self.bank = truth.banks.create(PROJECT, BankDraft("known"))
        start = start_of(self.settings)
        self.start = Start((*start.command, str(idle)), start.environment)
        self.folder = self.settings.index_folder

    def add(self, code: bytes) -> Reference:
        content = Content(hashes=(Hash(PDQ, code),))
        return self.truth.references.add(self.bank, ReferenceDraft("x"), content).reference

    def client(self) -> IndexClient:
        return IndexClient(self.folder, self.start)


@contextmanager
def home_at(path: Path, idle: float = 30.0) -> Iterator[Home]:
    path.mkdir(parents=True, exist_ok=True)
    with open_truth(Settings(home=path)) as truth:
        home = Home(path, truth, idle)
        try:
            yield home
        finally:
            with suppress(OSError, ValueError):
                os.kill(int((home.folder / "lock").read_text()), signal.SIGTERM)
            (home.folder / "lock").unlink(missing_ok=True)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_at(tmp_path / "home") as home:
        yield home


def pid_of(client: IndexClient) -> int:
    return int(client.check()["pid"])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2:3]


def wait_until_gone(pid: int) -> None:
    for _ in range(300):
        if not is_alive(pid):
            return
        time.sleep(0.05)
    pytest.fail("the index process is still there")


def finds(client: IndexClient, reference: Reference, code: bytes) -> bool:
    assert client.wait_for(PROJECT, reference.change, 20)
    hits = client.nearest(PROJECT, PDQ, np.frombuffer(code, np.uint8)[None], 3)
    return reference.number in hits.references


def test_whoever_comes_first_starts_it_and_all_ask_the_same_one(home: Home) -> None:
    code = os.urandom(32)
    reference = home.add(code)
    pids: list[int] = []

    def ask() -> None:
        with open_index(home.folder, home.start) as client:
            assert finds(client, reference, code)
            pids.append(pid_of(client))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4
    assert len(set(pids)) == 1


def test_after_a_kill_the_next_question_is_answered_by_another(home: Home) -> None:
    codes = [os.urandom(32) for _ in range(3)]
    with open_index(home.folder, home.start) as client:
        pids = []
        for code in codes:
            reference = home.add(code)
            assert finds(client, reference, code)
            pids.append(pid_of(client))
            os.kill(pids[-1], signal.SIGKILL)
        for code in codes:
            held = home.truth.references.held(home.bank, f"pdq:{code.hex()}")
            assert held is not None
            assert finds(client, held, code)
        assert len({*pids, pid_of(client)}) == 4


def test_it_leaves_when_nobody_is_there_and_keeps_what_it_learnt(tmp_path: Path) -> None:
    with home_at(tmp_path / "home", idle=0.2) as home:
        code = os.urandom(32)
        with open_index(home.folder, home.start) as client:
            reference = home.add(code)
            assert finds(client, reference, code)
            pid = pid_of(client)
            time.sleep(1.5)
            assert is_alive(pid)
        wait_until_gone(pid)
        assert not (home.folder / "socket").exists()
        home.truth.references.delete(PROJECT, reference.id)
        with open_index(home.folder, home.start) as client:
            assert pid_of(client) != pid
            assert client.wait_for(PROJECT, home.truth.references.last_change(PROJECT), 20)
            hits = client.nearest(PROJECT, PDQ, np.frombuffer(code, np.uint8)[None], 3)
            assert not len(hits.references)


def test_a_long_path_has_a_short_socket(tmp_path: Path) -> None:
    with home_at(tmp_path / ("long" * 30) / ("path" * 30)) as home:
        code = os.urandom(32)
        with open_index(home.folder, home.start) as client:
            assert finds(client, home.add(code), code)
        assert len((home.folder / "address").read_bytes()) < 100


def test_a_client_that_is_killed_leaves_the_others_alone(home: Home) -> None:
    code = os.urandom(32)
    with open_index(home.folder, home.start) as client:
        assert finds(client, home.add(code), code)
        pid = pid_of(client)
        asking = (
            "import sys; from pathlib import Path; from reseen.index.client import *;"
            "c = IndexClient(Path(sys.argv[1]), Start(())); c.position('default');"
            "print('there', flush=True); c.wait_for('default', 10**9, 60)"
        )
        with subprocess.Popen(
            [sys.executable, "-c", asking, str(home.folder)], stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"there\n"
            other.kill()
        assert finds(client, home.add(os.urandom(32)[:31] + b"\0"), code) is False
        assert pid_of(client) == pid


def test_many_threads_share_a_client(home: Home) -> None:
    codes = [os.urandom(32) for _ in range(12)]
    found: list[bool] = []
    with open_index(home.folder, home.start) as client:
        last = [home.add(code) for code in codes]
        threads = [
            threading.Thread(target=lambda r=r, c=c: found.append(finds(client, r, c)))
            for r, c in zip(last, codes, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [True] * 12


def test_a_rebuild_is_told_of_and_a_killed_one_is_an_error(home: Home) -> None:
    codes = [os.urandom(32) for _ in range(450)]
    items = [(ReferenceDraft(str(n)), Content(hashes=(Hash(PDQ, c),))) for n, c in enumerate(codes)]
    last = home.truth.references.add_many(home.bank, items)[-1].reference
    with ExitStack() as stack:
        client = stack.enter_context(open_index(home.folder, home.start))
        assert finds(client, last, codes[-1])
        with client.rebuild() as steps:
            assert list(steps)[-1] == 1.0
        with client.rebuild() as steps:
            next(steps)
            os.kill(pid_of(client), signal.SIGKILL)
            with pytest.raises(NotReady, match="Start the rebuild again"):
                list(steps)
        assert finds(client, last, codes[-1])


def test_a_damaged_folder_is_made_anew(home: Home) -> None:
    code = os.urandom(32)
    reference = home.add(code)
    client = home.client()
    assert finds(client, reference, code)
    pid = pid_of(client)
    client.close()
    os.kill(pid, signal.SIGTERM)
    wait_until_gone(pid)
    for path in home.folder.rglob("manifest.json"):
        path.write_bytes(b"\xff\xfe")
    with open_index(home.folder, home.start) as client:
        assert finds(client, reference, code)
    assert (home.folder / "set-aside" / PROJECT).is_dir()


def test_a_folder_of_another_version_is_made_anew(home: Home) -> None:
    code = os.urandom(32)
    (home.folder / "projects" / PROJECT).mkdir(parents=True)
    (home.folder / "format").write_text("0")
    (home.folder / "projects" / PROJECT / "current").write_text("of another kind")
    with open_index(home.folder, home.start) as client:
        assert finds(client, home.add(code), code)
    assert (home.folder / "set-aside" / PROJECT / "current").exists()


def test_what_cannot_start_is_an_error_that_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reseen.index.client._STARTING", 0.3)
    for command in ((sys.executable, "-c", "raise SystemExit(3)"), ("/none/such",)):
        client = IndexClient(tmp_path, Start(command))
        with pytest.raises(NotReady, match=r"process\.log|could not be started"):
            client.position(PROJECT)


def test_what_the_folder_lacks_is_said_at_once_and_for_some_seconds(home: Home) -> None:
    (home.folder / "lock").mkdir(parents=True)
    client = IndexClient(home.folder, home.start)
    for _ in range(2):
        with pytest.raises(NotReady, match=r"Is a directory.*make room") as refused:
            client.position(PROJECT)
        assert refused.value.retry_after_s
    (home.folder / "lock").rmdir()
