"""Events on their way, over a real database, the guarded path and a real receiver."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.receiver import Posted, Receiver, receiving

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.record import Delivery, Endpoint, EndpointDraft
from reseen.flows.deliver import LEASE, MOST_ATTEMPTS, Deliverer, Delivering, sign
from reseen.media.addresses import FetchPolicy
from reseen.media.post import GuardedPost
from reseen.store.database import open_database, sqlite_url
from reseen.store.endpoints import SqlEndpoints
from reseen.store.outbox import SqlOutbox


@dataclass(slots=True)
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Post:
    """A post office with a receiver that it may reach."""

    outbox: SqlOutbox
    endpoints: SqlEndpoints
    delivering: Delivering
    receiver: Receiver
    clock: Clock
    given_up: list[Delivery]

    def endpoint(self, path: str = "/hook") -> Endpoint:
        return self.endpoints.add(PROJECT, EndpointDraft(self.receiver.address + path))

    def attempt(self) -> list[Delivery]:
        due = self.outbox.claim("here", LEASE, self.clock())
        return [self.delivering.attempt(one) for one in due]


def policy_for(receiver: Receiver) -> FetchPolicy:
    port = urlsplit(receiver.address).port
    assert port is not None
    return FetchPolicy(
        allowed_networks=frozenset({ip_network("127.0.0.0/8")}), allowed_ports=frozenset({port})
    )


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    database, clock = open_database(sqlite_url(tmp_path / "reseen.db")), Clock()
    outbox, endpoints = SqlOutbox(database, clock), SqlEndpoints(database, clock)
    given_up: list[Delivery] = []
    with receiving() as receiver:
        sending = GuardedPost(policy_for(receiver), total_s=5.0)
        delivering = Delivering(
            outbox, endpoints, sending, clock, given_up.append, chance=lambda: 0.5
        )
        yield Post(outbox, endpoints, delivering, receiver, clock, given_up)
    database.close()


def is_signed(posted: Posted, secret: str) -> bool:
    """As a platform would check it."""
    parts = dict(part.split("=", 1) for part in posted.headers["Reseen-Signature"].split(","))
    message = parts["t"].encode() + b"." + posted.body
    wanted = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"])


def test_a_signature_is_what_the_documentation_says() -> None:
    known = (
        "t=1767225600,v1="
        + hmac.new(b"whsec_test", b'1767225600.{"id":"evt_1"}', hashlib.sha256).hexdigest()
    )
    assert sign("whsec_test", 1767225600, b'{"id":"evt_1"}') == known


def test_an_event_arrives_whole_and_signed(post: Post) -> None:
    endpoint = post.endpoint()
    event = post.outbox.emit(PROJECT, "upload.answered", {"content_id": "post-1", "name": "é"})
    (sent,) = post.attempt()
    assert sent.delivered_at == post.clock()
    (posted,) = post.receiver.posted
    assert posted.headers["Reseen-Event-Id"] == event.id
    assert posted.headers["Content-Type"] == "application/json"
    assert json.loads(posted.body) == {
        "id": event.id,
        "type": "upload.answered",
        "created_at": "2026-03-01T12:00:00.000Z",
        "project": PROJECT,
        "compensates": None,
        "data": {"content_id": "post-1", "name": "é"},
    }
    assert is_signed(posted, endpoint.secret)
    assert not is_signed(posted, "another")


def test_what_is_not_taken_is_tried_for_a_day_ever_more_seldom(post: Post) -> None:
    post.receiver.answers["/hook"] = [500] * MOST_ATTEMPTS
    post.endpoint()
    post.outbox.emit(PROJECT, "upload.answered", {})
    began, gaps = post.clock(), []
    while True:
        (tried,) = post.attempt()
        if tried.dead_at is not None:
            break
        assert tried.due_at is not None
        gaps.append((tried.due_at - post.clock()).total_seconds())
        post.clock.now = tried.due_at
    assert gaps == sorted(gaps)
    assert gaps[0] == pytest.approx(5.0)
    assert timedelta(hours=20) < post.clock() - began < timedelta(hours=28)
    assert [one.id for one in post.given_up] == [tried.id]
    assert tried.error == "The endpoint answered 500."
    assert len({one.headers["Reseen-Event-Id"] for one in post.receiver.posted}) == 1
    assert len({one.body for one in post.receiver.posted}) == 1


def test_one_that_died_gets_all_its_attempts_again_when_it_is_replayed(post: Post) -> None:
    post.receiver.answers["/hook"] = [410, 500]
    endpoint = post.endpoint()
    event = post.outbox.emit(PROJECT, "upload.answered", {})
    (gone,) = post.attempt()
    assert gone.dead_at is not None
    post.clock.now += timedelta(days=10)
    post.outbox.replay(PROJECT, event.id, endpoint.id)
    (failed,) = post.attempt()
    assert failed.due_at is not None
    post.clock.now = failed.due_at
    (taken,) = post.attempt()
    assert taken.delivered_at is not None


def test_no_redirect_is_followed_and_no_private_address_reached(post: Post) -> None:
    post.receiver.answers["/away"] = [302]
    post.endpoint("/away")
    post.endpoints.add(PROJECT, EndpointDraft("http://10.0.0.1/hook"))
    post.outbox.emit(PROJECT, "upload.answered", {})
    errors = sorted(one.error for one in post.attempt())
    assert errors[1] == "The endpoint answered 302."
    assert "not public" in errors[0] or "Port 80" in errors[0]
    assert [one.path for one in post.receiver.posted] == ["/away"]


def test_an_endpoint_that_hangs_holds_up_no_other(post: Post) -> None:
    post.receiver.hanging = frozenset({"/slow"})
    post.endpoint("/slow")
    for number in range(20):
        post.outbox.emit(PROJECT, "upload.answered", {"number": number})
    post.endpoint("/quick")
    post.outbox.emit(PROJECT, "appeal.opened", {})
    deliverer = Deliverer(post.delivering, "here")
    deliverer.start()
    try:
        post.receiver.wait_for(1, "/quick")
    finally:
        post.receiver.let_go.set()
        deliverer.stop()


def test_what_happens_is_sent_within_moments(post: Post) -> None:
    post.endpoint()
    deliverer = Deliverer(post.delivering, "here")
    deliverer.start()
    try:
        events = [post.outbox.emit(PROJECT, "upload.answered", {"n": n}) for n in range(30)]
        posted = post.receiver.wait_for(30)
    finally:
        deliverer.stop()
    assert {one.headers["Reseen-Event-Id"] for one in posted} == {one.id for one in events}
    assert len(posted) == 30


SENDER = """
import sys
from datetime import timedelta
from ipaddress import ip_network
from reseen.flows.deliver import Deliverer, Delivering
from reseen.media.addresses import FetchPolicy
from reseen.media.post import GuardedPost
from reseen.store.database import open_database, utc_now
from reseen.store.endpoints import SqlEndpoints
from reseen.store.outbox import SqlOutbox

database = open_database(sys.argv[1])
policy = FetchPolicy(
    allowed_networks=frozenset({ip_network("127.0.0.0/8")}),
    allowed_ports=frozenset({int(sys.argv[2])}),
)
deliverer = Deliverer(
    Delivering(SqlOutbox(database), SqlEndpoints(database), GuardedPost(policy), utc_now), "killed"
)
deliverer.start()
deliverer._thread.join()
"""


def test_a_sender_that_is_killed_while_it_sends_loses_nothing(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "reseen.db")
    database = open_database(url)
    outbox, endpoints = SqlOutbox(database), SqlEndpoints(database)
    with receiving() as receiver:
        receiver.hanging = frozenset({"/hook"})
        endpoints.add(PROJECT, EndpointDraft(receiver.address + "/hook"))
        event = outbox.emit(PROJECT, "upload.answered", {})
        port = str(urlsplit(receiver.address).port)
        sender = subprocess.Popen(
            [sys.executable, "-c", SENDER, url, port],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        receiver.wait_for(1)
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        receiver.hanging = frozenset()
        receiver.let_go.set()
        later = datetime.now(UTC) + LEASE
        sending = GuardedPost(policy_for(receiver))
        (again,) = outbox.claim("other", LEASE, later)
        Delivering(outbox, endpoints, sending, lambda: later).attempt(again)
        posted = receiver.wait_for(2)
    assert {one.headers["Reseen-Event-Id"] for one in posted} == {event.id}
    (told,) = outbox.deliveries(PROJECT).items
    assert told.delivered_at is not None
    database.close()


def test_a_deliverer_stops_at_once_when_nothing_is_due(post: Post) -> None:
    deliverer = Deliverer(post.delivering, "here")
    deliverer.start()
    began = time.monotonic()
    deliverer.stop()
    assert time.monotonic() - began < 10.0
