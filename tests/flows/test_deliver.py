"""Events on their way: signed, tried again ever more seldom for a day, then dead."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import httpcore
import pytest
from tests.flows.receiving import is_signed, receiving, until

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import FetchFailed, FetchTimeout, NotReady, UrlNotAllowed
from reseen.domain.record import CARRIES, Delivery, Endpoint, EndpointDraft, Event, EventType
from reseen.flows import deliver
from reseen.flows.deliver import Deliverer, Delivering, body_of, sign
from reseen.media.addresses import FetchPolicy
from reseen.media.post import GuardedPost
from reseen.store.alone import alone_in
from reseen.store.database import Database, open_database, sqlite_url, utc_now
from reseen.store.endpoints import SqlEndpoints
from reseen.store.outbox import SqlOutbox
from reseen.store.seal import Seal
from reseen.testing.key_store_contract import Clock

TLS = httpcore.default_ssl_context()
ANSWERED = EventType.UPLOAD_ANSWERED
LEASE = timedelta(seconds=60)


class Way:
    """Endpoints and an outbox in a database, and what is posted to a callable."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self.outbox = SqlOutbox(database, clock)
        self.endpoints = SqlEndpoints(database, Seal(lambda: bytes(32)), clock)
        self.lost: list[Delivery] = []

    def hook(self, url: str = "https://a.example/") -> Endpoint:
        return self.endpoints.add(PROJECT, EndpointDraft(url))

    def claim(self) -> Delivery:
        [due] = self.outbox.claim("o", LEASE, self.clock())
        return due

    def all(self) -> tuple[Delivery, ...]:
        return tuple(self.outbox.deliveries(PROJECT).items)

    def delivering(self, post: deliver.Post, chance: float = 0.5) -> Delivering:
        return Delivering(
            self.outbox,
            self.endpoints,
            post,
            self.clock,
            self.lost.append,
            alone_in(self.database),
            lambda: chance,
        )


def answering(status: int | Exception) -> deliver.Post:
    def post(_url: str, _body: bytes, _headers: Mapping[str, str]) -> int:
        if isinstance(status, Exception):
            raise status
        return status

    return post


def guarded(*ports: int, total_s: float = 5.0) -> GuardedPost:
    loopback = frozenset({ip_network("127.0.0.1/32")})
    policy = FetchPolicy(allowed_networks=loopback, allowed_ports=frozenset(ports))
    return GuardedPost(policy, total_s=total_s, tls=TLS)


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    database = open_database(sqlite_url(path))
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def way(tmp_path: Path, clock: Clock) -> Iterator[Way]:
    with opened(tmp_path / "reseen.db") as database:
        yield Way(database, clock)


@pytest.fixture
def now(tmp_path: Path) -> Iterator[Way]:
    """By the clock on the wall, for what really serves."""
    with opened(tmp_path / "reseen.db") as database:
        yield Way(database, utc_now)


@contextmanager
def serving(delivering: Delivering) -> Iterator[None]:
    deliverer = Deliverer(delivering, "o")
    deliverer.start()
    try:
        yield
    finally:
        deliverer.stop()


def test_a_signature_is_what_the_documentation_says() -> None:
    # printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
    assert sign("whsec_test", 1_700_000_000, b'{"id":"evt_1"}') == (
        "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"
    )


def test_a_body_says_what_happened() -> None:
    at = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    event = Event("evt_2", PROJECT, "upload.answered", {"b": "é", "a": None}, at, "evt_1")
    assert body_of(event) == (
        b'{"compensates":"evt_1","created_at":"2026-05-04T03:02:01.000Z",'
        b'"data":{"a":null,"b":"\\u00e9"},"id":"evt_2","project":"default",'
        b'"type":"upload.answered"}'
    )


def test_every_type_of_event_is_explained() -> None:
    assert set(CARRIES) == set(EventType)


def test_what_is_taken_is_delivered(way: Way) -> None:
    hook = way.hook()
    event = way.outbox.emit(PROJECT, ANSWERED, {"upload_id": "upl_1"})
    sent: list[tuple[str, bytes, Mapping[str, str]]] = []

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        sent.append((url, body, headers))
        return 204

    done = way.delivering(post).attempt(way.claim())
    [(url, body, headers)] = sent
    stamp = int(way.clock().timestamp())
    assert (url, body) == (hook.draft.url, body_of(event))
    assert headers == {
        "Content-Type": "application/json",
        "Reseen-Event-Id": event.id,
        "Reseen-Event-Type": "upload.answered",
        "Reseen-Signature": sign(hook.secret, stamp, body),
    }
    [kept] = way.all()
    assert (kept.attempts, kept.status, kept.due_at) == (1, 204, None)
    assert kept.delivered_at == done.delivered_at == way.clock()
    assert way.lost == []


def test_what_fails_is_tried_for_a_day_ever_more_seldom(way: Way, clock: Clock) -> None:
    way.hook()
    way.outbox.emit(PROJECT, ANSWERED, {})
    began, waits = clock(), []
    delivering = way.delivering(answering(500))
    while (tried := delivering.attempt(way.claim())).due_at is not None:
        waits.append((tried.due_at - clock()).total_seconds())
        assert way.outbox.claim("o", LEASE, clock()) == []
        clock.now = tried.due_at
        assert tried.error == "The endpoint answered 500."
    assert waits == sorted(waits)
    assert waits[0] == 5
    assert timedelta(hours=23) < clock() - began <= timedelta(hours=24)
    assert (tried.attempts, tried.dead_at) == (len(waits) + 1, clock())
    [kept] = way.all()
    assert kept == replace(tried, claim="")
    assert way.lost == [tried]
    clock.turn(days=9)
    assert way.outbox.claim("o", LEASE, clock()) == []


def test_a_replay_has_a_day_of_its_own_however_old_the_event_is(way: Way, clock: Clock) -> None:
    way.hook()
    event = way.outbox.emit(PROJECT, ANSWERED, {})
    clock.turn(days=5)  # the server was down, too
    assert way.delivering(answering(503)).attempt(way.claim()).due_at is not None
    way.outbox.replay(PROJECT, event.id)
    tried = way.delivering(answering(503)).attempt(way.claim())
    assert (tried.attempts, tried.dead_at) == (1, None)


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 4.0), (0.5, 5.0), (1.0, 6.0)])
def test_waits_vary(way: Way, chance: float, wait: float) -> None:
    way.hook()
    way.outbox.emit(PROJECT, ANSWERED, {})
    tried = way.delivering(answering(500), chance).attempt(way.claim())
    assert tried.due_at == way.clock() + timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (302, "answered 302"),
        (404, "answered 404"),
        (FetchTimeout("The file had not arrived", limit=15.0), "did not answer within 15 s"),
        (FetchFailed("a.example was not found."), "was not found"),
        (UrlNotAllowed("It is not public."), "not public"),
        (FetchFailed("x" * 9999), "x" * 500),
    ],
)
def test_why_it_failed_is_kept(way: Way, status: int | Exception, said: str) -> None:
    way.hook()
    way.outbox.emit(PROJECT, ANSWERED, {})
    way.delivering(answering(status)).attempt(way.claim())
    [kept] = way.all()
    assert said in kept.error
    assert len(kept.error) <= 500
    assert kept.status == (status if isinstance(status, int) else None)
    assert (kept.attempts, kept.dead_at) == (1, None)


def test_who_says_gone_gets_nothing_of_it_again(way: Way) -> None:
    way.hook()
    way.outbox.emit(PROJECT, ANSWERED, {})
    tried = way.delivering(answering(410)).attempt(way.claim())
    assert (tried.status, tried.due_at, tried.dead_at) == (410, None, way.clock())
    assert way.lost == [tried]


def test_an_endpoint_that_is_deleted_meanwhile_is_not_posted_to(way: Way) -> None:
    hook = way.hook()
    way.outbox.emit(PROJECT, ANSWERED, {})
    due = way.claim()
    way.endpoints.remove(PROJECT, hook.id)
    way.delivering(answering(AssertionError("posted"))).attempt(due)
    [kept] = way.all()
    assert (kept.attempts, kept.due_at, kept.error) == (0, None, "The webhook was deleted.")
    assert way.lost == []


def test_who_lost_its_lease_gives_nothing_up(way: Way, clock: Clock) -> None:
    way.hook()
    way.outbox.emit(PROJECT, ANSWERED, {})
    late = way.claim()
    clock.turn(seconds=61)
    way.delivering(answering(200)).attempt(way.claim())
    way.delivering(answering(410)).attempt(late)
    [kept] = way.all()
    assert (kept.dead_at, kept.delivered_at) == (None, clock())
    assert way.lost == []


def test_what_was_given_up_is_not_recorded_without_the_audit(way: Way) -> None:
    way.hook()
    way.outbox.emit(PROJECT, ANSWERED, {})

    def refuse(_: Delivery) -> None:
        raise NotReady("The disk is full.")

    with pytest.raises(NotReady):
        replace(way.delivering(answering(410)), gave_up=refuse).attempt(way.claim())
    [kept] = way.all()
    assert kept.dead_at is None


def test_an_error_of_ours_counts_as_an_attempt_and_stops_nobody(now: Way) -> None:
    broken, fine = now.hook("https://broken.example/"), now.hook("https://fine.example/")

    def post(url: str, _body: bytes, _headers: Mapping[str, str]) -> int:
        if "broken" in url:
            raise ZeroDivisionError
        return 200

    with serving(now.delivering(post)):
        now.outbox.emit(PROJECT, ANSWERED, {})
        until(lambda: all(one.attempts for one in now.all()))
    kept = {one.endpoint_id: one for one in now.all()}
    assert "reseen failed" in kept[broken.id].error
    assert kept[broken.id].due_at is not None
    assert kept[fine.id].delivered_at is not None


def test_it_arrives_signed_over_a_real_socket(now: Way) -> None:
    with receiving() as there, serving(now.delivering(guarded(there.port))):
        hook = now.hook(there.url())
        made = [now.outbox.emit(PROJECT, ANSWERED, {"n": n}) for n in range(20)]
        got = there.wait(20)
        until(lambda: all(one.delivered_at for one in now.all()))
    assert sorted(there.ids()) == sorted(one.id for one in made)
    assert all(is_signed(one, hook.secret) for one in got)
    assert not any(is_signed(one, now.hook().secret) for one in got)
    assert {one.said["data"]["n"] for one in got} == set(range(20))


def test_slow_endpoints_hold_up_no_other(now: Way) -> None:
    free = threading.Event()
    with (
        receiving(lambda got: 200 if got.path == "/fast" or free.wait(20) else 500) as there,
        serving(now.delivering(guarded(there.port, total_s=15.0))),
    ):
        for number in range(3):
            now.hook(there.url(f"/slow/{number}"))
        for _ in range(30):
            now.outbox.emit(PROJECT, ANSWERED, {})
        until(lambda: len(there.got) >= 12 or None)
        now.hook(there.url("/fast"))
        began = time.monotonic()
        event = now.outbox.emit(PROJECT, ANSWERED, {})
        until(lambda: [one for one in there.got if one.path == "/fast"])
        assert time.monotonic() - began < 5
        [fast] = [one for one in there.got if one.path == "/fast"]
        assert fast.said["id"] == event.id
        assert len([one for one in there.got if one.path != "/fast"]) == 12
        free.set()


class Away:
    """An outbox whose database is away, and whose driver breaks in ways that nobody foresaw."""

    def __init__(self, outbox: SqlOutbox) -> None:
        self._outbox = outbox
        self.errors: list[Exception] = [NotReady("The database is away."), ZeroDivisionError()]

    def claim(self, owner: str, lease: timedelta, at: datetime, limit: int) -> "list[Delivery]":
        if self.errors:
            raise self.errors.pop(0)
        return list(self._outbox.claim(owner, lease, at, limit))

    def settle(self, delivery: Delivery) -> bool:
        return self._outbox.settle(delivery)


def test_a_database_that_is_away_is_asked_again(now: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "POLL_S", 0.05)
    away = Away(now.outbox)
    with receiving() as there:
        now.hook(there.url())
        now.outbox.emit(PROJECT, ANSWERED, {})
        plain = now.delivering(guarded(there.port))
        with serving(replace(plain, outbox=away)):  # type: ignore[arg-type]  # the part it uses
            there.wait(1)
    assert away.errors == []
    assert [one.attempts for one in now.all()] == [1]


def test_stopping_waits_for_what_is_under_way(now: Way) -> None:
    def slowly(_: object) -> int:
        time.sleep(0.5)
        return 200

    with receiving(slowly) as there:
        now.hook(there.url())
        now.outbox.emit(PROJECT, ANSWERED, {})
        with serving(now.delivering(guarded(there.port))):
            there.wait(1)
        assert [one.attempts for one in now.all()] == [1]


DYING = """
import os, signal, sys
from ipaddress import ip_network
from reseen.flows.deliver import Deliverer, Delivering
from reseen.media.addresses import FetchPolicy
from reseen.media.post import GuardedPost
from reseen.store.database import open_database, utc_now
from reseen.store.endpoints import SqlEndpoints
from reseen.store.outbox import SqlOutbox
from reseen.store.seal import Seal

url, port, is_sent = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "sent"
network = frozenset({ip_network("127.0.0.1/32")})
send = GuardedPost(FetchPolicy(allowed_networks=network, allowed_ports=frozenset({port})))

def post(url, body, headers):
    if is_sent:
        send(url, body, headers)
    os.kill(os.getpid(), signal.SIGKILL)

database = open_database(url)
endpoints = SqlEndpoints(database, Seal(lambda: bytes(32)))
Deliverer(Delivering(SqlOutbox(database), endpoints, post, utc_now), "o").start()
signal.pause()
"""


@pytest.mark.parametrize("moment", ["claimed", "sent"])
def test_what_a_killed_server_was_at_is_delivered_after_its_lease(
    tmp_path: Path, moment: str
) -> None:
    ahead = timedelta(0)
    path = tmp_path / "reseen.db"
    with opened(path) as database, receiving() as there:
        way = Way(database, lambda: utc_now() + ahead)
        way.hook(there.url())
        event = way.outbox.emit(PROJECT, ANSWERED, {})
        command = [sys.executable, "-c", DYING, sqlite_url(path), str(there.port), moment]
        done = subprocess.run(command, timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL
        before = ["claimed", "sent"].index(moment)
        assert there.ids() == [event.id] * before
        assert [one.attempts for one in way.all()] == [0]
        assert way.outbox.claim("p", LEASE, way.clock()) == []
        ahead = LEASE
        with serving(way.delivering(guarded(there.port))):
            until(lambda: way.all()[0].delivered_at)
    assert there.ids() == [event.id] * (before + 1)
