"""Whenever a server is killed, what people decide is decided and told of once."""

import secrets
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import httpx
import pytest
from tests.store.conftest import postgres
from tests.web.test_kills import LATER_S, MOST_MOMENTS, P, Truth, sent, truth

from reseen.domain.bank import Content, ReferenceDraft
from reseen.domain.choices import Action
from reseen.domain.cluster import Cluster, Edge, Node
from reseen.domain.fingerprint import Fingerprint
from reseen.domain.media import Asset, Channel, Medium
from reseen.domain.review import Case, CaseState, Upload, UploadDraft, UploadState
from reseen.flows.clustering import Clustering
from reseen.store.audit import SqlAuditLog
from reseen.store.cases import SqlCaseStore
from reseen.store.clusters import SqlClusterStore
from reseen.store.database import utc_now
from reseen.store.decisions import SqlDecisionStore
from reseen.store.outbox import SqlOutbox
from reseen.store.uploads import SqlUploadStore

__all__ = ["postgres", "truth"]


def clustered(truth: Truth) -> tuple[Cluster, Case]:
    """Two near-copies, a user each, and the case of their cluster."""
    database = truth.database
    uploads, clusters = SqlUploadStore(database), SqlClusterStore(database)
    with database.together():
        numbers = []
        for name in (secrets.token_hex(32) for _ in range(2)):
            asset = Asset(name, name[:32], 9, Medium.IMAGE, "png", None, 8, 8)
            draft, content = ReferenceDraft(name), Content(Fingerprint(asset, ()))
            held = truth.references.add(truth.banks.get(P, "up"), draft, content).reference
            uploads.add(
                Upload(
                    id="",
                    project_id=P,
                    draft=UploadDraft(name, name),
                    state=UploadState.DONE,
                    received_at=utc_now(),
                    content=held.number,
                    action=Action.REVIEW,
                    ruled=Action.REVIEW,
                )
            )
            numbers.append(held.number)
        one, other = (Node(number, Medium.IMAGE, number) for number in numbers)
        edge = Edge(one.number, other.number, 0.97, 0.9, 0.9, Channel.VISUAL)
        flow = Clustering(clusters, utc_now)
        flow.arrive(P, one, [], [])
        (cluster,) = flow.arrive(P, other, [one], [edge]).clusters
        opened = Case("", P, cluster.id, CaseState.OPEN, 0, 1.0, 50, "reported", utc_now())
        case = SqlCaseStore(database).open(opened)
    return cluster, case


def decision_on(cluster: Cluster, case: Case) -> dict[str, Any]:
    body = {"version": case.version, "verdict": "harmful", "policy": "violence"}
    return {"method": "POST", "url": f"/v1/cases/{case.id}/decisions", "json": body}


def a_decision(truth: Truth) -> dict[str, Any]:
    return decision_on(*clustered(truth))


def decided(truth: Truth) -> tuple[Cluster, str]:
    """A cluster that was decided, by a server that is not killed, and the decision."""
    cluster, case = clustered(truth)
    request = decision_on(cluster, case)
    with truth.serving() as address:
        url = address + request.pop("url")
        made = httpx.request(url=url, headers={"x-rapidapi-key": truth.key}, **request)
    assert made.status_code == 201, made.text
    return cluster, made.json()["id"]


def an_undo(truth: Truth) -> dict[str, Any]:
    _, decision_id = decided(truth)
    body = {"reason": "A film scene."}
    return {"method": "POST", "url": f"/v1/decisions/{decision_id}/undo", "json": body}


def a_split(truth: Truth) -> dict[str, Any]:
    cluster, _ = decided(truth)
    clusters = SqlClusterStore(truth.database)
    (_, last) = clusters.contents(P, cluster.id)
    body = {"version": cluster.version, "members": list(clusters.named([last]))}
    return {"method": "POST", "url": f"/v1/clusters/{cluster.id}/split", "json": body}


WRITES: list[tuple[Callable[[Truth], dict[str, Any]], tuple[int, ...]]] = [
    (a_decision, (1, 1, 3, 0)),
    (an_undo, (0, 1, 3, 0)),
    (a_split, (0, 2, 1, 1)),
]
"""And how much more there is then: decisions, audit entries, events, clusters."""


def state(truth: Truth) -> tuple[int, ...]:
    database = truth.database
    lists = (
        SqlDecisionStore(database).list(P, limit=1000),
        SqlOutbox(database).events(P, limit=1000),
        SqlClusterStore(database).list(P, limit=1000),
    )
    decisions, events, clusters = (len(page.items) for page in lists)
    verified = SqlAuditLog(database).verify(P)
    assert verified.broken_at is None
    return decisions, verified.entries, events, clusters


@pytest.mark.parametrize(
    ("truth", "prepare", "more"),
    [(kind, *one) for kind in ("sqlite", "postgresql") for one in WRITES],
    indirect=["truth"],
)
def test_what_is_decided_is_done_once_wherever_its_server_was_killed(
    truth: Truth, prepare: Callable[[Truth], dict[str, Any]], more: tuple[int, ...]
) -> None:
    with truth.serving(later_s=LATER_S) as later, httpx.Client(timeout=60) as client:
        for moment in count(1):
            headers = {"x-rapidapi-key": truth.key, "Idempotency-Key": secrets.token_hex()}
            send = partial(client.request, **prepare(truth), headers=headers)
            before = state(truth)
            wanted = tuple(a + b for a, b in zip(before, more, strict=True))
            answered = None
            try:
                with truth.serving(die_at=moment) as address:
                    answered = sent(send, address)
            except httpx.TransportError:
                assert state(truth) in (before, wanted), moment
            again = sent(send, later)
            assert again.is_success, (moment, again.text)
            assert state(truth) == wanted, moment
            if answered is not None:
                assert answered.content == again.content
                break
            assert moment < MOST_MOMENTS
    assert moment > 4
