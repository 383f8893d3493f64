"""Processes that fingerprint files side by side, for ingest jobs.

Threads would share one interpreter lock: hashing, keypoints and tracks hold it for a third of the
time. Each process here has the model and a decoding process of its own, is asked for one file at a
time over a socket pair, and answers with the fingerprint as it would be kept, or with an error. It
ends with the process that started it, however that ends, and gives way to everything else that
wants the processor. One that dies is replaced; the file is tried once more, and if it kills its
process again that is the file's error.

Messages are bytes, framed by ``multiprocessing.connection`` (which pickles nothing here): settings
as JSON at first, then for each file JSON one way, ``F`` and a fingerprint or ``E`` and JSON back.
"""

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from reseen.domain import errors
from reseen.domain.errors import MediaUnreadable, NotReady, ReseenError
from reseen.domain.fingerprint import Fingerprint
from reseen.flows.fingerprint import remember
from reseen.flows.ingest import Remember
from reseen.flows.jobs import Left
from reseen.media.decode import PATIENCE
from reseen.ports import Fetched
from reseen.priority import give_way
from reseen.settings import Settings
from reseen.store.kept import decode, encode
from reseen.wiring.matching import Reseen, assemble

PATIENCE_S = 3 * PATIENCE
"""Of a crew's decoders: who gives way may have a tenth of a core, and no file is at fault."""
_TRIES = 2
_END_S = 5.0

_CODES = {
    one.code: one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, ReseenError) and one is not errors.InvalidValue
}


@contextmanager
def hired(settings: Settings) -> Iterator[Remember]:
    """A crew of ``settings.workers`` processes, each started when it is first needed."""
    crew = _Crew(settings)
    try:
        yield crew.remember
    finally:
        crew.close()


def remembering(reseen: Reseen) -> Remember:
    """Fingerprint in this process, at the lengths that references may have."""
    return partial(remember, reseen.long_perception)


class _Crew:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._change = threading.Condition()
        self._idle: list[_Hand] = []
        self._all: set[_Hand] = set()
        self._starting = 0
        self._is_closed = False

    def remember(self, file: Fetched) -> Fingerprint:
        """Raises the media errors; ``NotReady`` when no process can be started, ``Left`` when the
        crew is dismissed meanwhile.
        """
        for _ in range(_TRIES):
            hand = self._borrow()
            try:
                said = hand.ask(file)
            except (EOFError, OSError):
                self._drop(hand)
                continue
            self._give_back(hand)
            return _read(said)
        raise MediaUnreadable("The file made the process that fingerprinted it end, twice.")

    def close(self) -> None:
        with self._change:
            self._is_closed = True
            hands = list(self._all)
            self._change.notify_all()
        for hand in hands:
            hand.end()

    def _borrow(self) -> "_Hand":
        with self._change:
            while True:
                if self._is_closed:
                    raise Left
                if self._idle:
                    return self._idle.pop()
                if len(self._all) + self._starting < self._settings.workers:
                    break
                self._change.wait()
            self._starting += 1
        hand = None
        try:
            hand = self._started()
        finally:
            with self._change:
                self._starting -= 1
                if hand is not None:
                    self._all.add(hand)
                is_closed = self._is_closed
                self._change.notify()
        if is_closed:
            hand.end()
            raise Left
        return hand

    def _started(self) -> "_Hand":
        for _ in range(_TRIES):
            with suppress(NotReady):  # killed before it said a word
                return _Hand(self._settings)
        return _Hand(self._settings)

    def _give_back(self, hand: "_Hand") -> None:
        with self._change:
            self._idle.append(hand)
            self._change.notify()

    def _drop(self, hand: "_Hand") -> None:
        hand.end()
        with self._change:
            self._all.discard(hand)
            self._change.notify()


class _Hand:
    """One process of a crew and our end of its socket. Raises ``NotReady`` when it cannot start."""

    def __init__(self, settings: Settings) -> None:
        ours, theirs = socket.socketpair()
        with closing(theirs):
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no outside input
                [sys.executable, "-P", "-m", "reseen.wiring.crew", str(theirs.fileno())],
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "OMP_NUM_THREADS": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is for the one who hired it; and see ``priority``
            )
        self._connection = Connection(ours.detach())
        try:
            self._connection.send_bytes(settings.model_dump_json().encode())
            self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            self.end()
            raise NotReady("A process that fingerprints files could not be started.") from error

    def ask(self, file: Fetched) -> bytes:
        said = {**asdict(file), "path": os.fsdecode(file.path)}
        self._connection.send_bytes(json.dumps(said).encode("ascii"))
        return self._connection.recv_bytes()

    def end(self) -> None:
        """The process ends when the other end of its socket does."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)


def _read(said: bytes) -> Fingerprint:
    kind, body = said[:1], memoryview(said)[1:]
    if kind == b"F":
        return decode(bytes(body))
    error = json.loads(bytes(body))
    known = _CODES.get(error["code"], MediaUnreadable)
    raise known(error["detail"], limit=error["limit"], actual=error["actual"])


def main() -> None:
    """A process of a crew: the descriptor of its socket is the only argument."""
    connection = Connection(int(sys.argv[1]))
    give_way()
    settings = Settings.model_validate_json(connection.recv_bytes())
    asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        """Leave at once when nobody is there any more, in the middle of a film too."""
        with suppress(EOFError, OSError):
            while True:
                asked.put(connection.recv_bytes())
        os._exit(0)

    with assemble(settings, PATIENCE_S) as reseen:
        remember_ = remembering(reseen)
        connection.send_bytes(b"ready")
        threading.Thread(target=listen, daemon=True).start()
        while True:
            said = json.loads(asked.get())
            file = Fetched(Path(said.pop("path")), **said)
            try:
                answer = b"F" + encode(remember_(file))
            except ReseenError as error:
                answer = b"E" + json.dumps(
                    {
                        "code": error.code,
                        "detail": error.detail,
                        "limit": error.limit,
                        "actual": error.actual,
                    }
                ).encode("ascii")
            connection.send_bytes(answer)


if __name__ == "__main__":
    main()
