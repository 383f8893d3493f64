"""Uploads and cases over a real socket: pictures from seeds that nothing else shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
from PIL import Image
from tests.web.serving import Running, encoded, picture

from reseen.domain.access import DEFAULT_PROJECT, Role
from reseen.domain.policy import PolicyDraft
from reseen.store.database import open_database, sqlite_url, utc_now
from reseen.store.policies import SqlPolicyStore

SEEDS = count(5000)


def copy(seed: int, disguise: int = 0) -> bytes:
    """The picture of a seed, a little smaller and otherwise encoded for each number."""
    if not disguise:
        return encoded(picture(seed))
    image = picture(seed)
    size = (image.width - 4 * disguise, image.height - 3 * disguise)
    return encoded(image.resize(size, Image.Resampling.LANCZOS), "JPEG", quality=88)


@dataclass(frozen=True)
class Office:
    """A server, and people who work with it."""

    server: Running
    ann: str
    bob: str

    @classmethod
    def of(cls, server: Running) -> "Office":
        ann, bob = (server.keys.create(Role.REVIEWER).secret for _ in range(2))
        return cls(server, ann, bob)

    def seed(self) -> int:
        return next(SEEDS)

    def known(self, seed: int, **more: Any) -> str:
        """A bank that holds the picture of a seed; its name."""
        name = f"harm {seed}"
        self.server.bank(name, **more)
        sent = {"file": ("known.png", copy(seed))}
        made = self.server.post("/v1/references", files=sent, data={"bank": name})
        assert made.status_code == 201, made.text
        self.server.searchable(made.json()["id"])
        return name

    def two_people(self, bank: str) -> None:
        """From now on a decision that follows this bank needs a second person."""
        bank_id = self.read(f"/v1/banks/{bank}")["id"]
        database = open_database(sqlite_url(self.server.scratch.parent / "reseen.db"))
        try:
            policies = SqlPolicyStore(database)
            draft = PolicyDraft(bank_id=bank_id, two_person=True)
            policy = policies.add(DEFAULT_PROJECT, draft, "key_admin")
            policies.go_live(DEFAULT_PROJECT, policy.id, utc_now())
        finally:
            database.close()

    def send(self, seed: int, disguise: int = 0, **more: Any) -> httpx.Response:
        name = f"{seed}-{disguise}"
        said = {"content_id": f"post-{name}", "account_id": f"user-{name}", **more}
        return self.server.post(
            "/v1/uploads", files={"file": ("a.jpg", copy(seed, disguise))}, data=said
        )

    def upload(self, seed: int, disguise: int = 0, **more: Any) -> dict[str, Any]:
        sent = self.send(seed, disguise, **more)
        assert sent.status_code == 201, sent.text
        told: dict[str, Any] = sent.json()
        return told

    def again(self, upload: dict[str, Any]) -> dict[str, Any]:
        """The upload as it is now."""
        return self.read(f"/v1/uploads/{upload['id']}")

    def read(self, path: str, key: str | None = None, **params: Any) -> dict[str, Any]:
        answer = self.server.get(path, key=key or self.ann, params=params)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def cluster(self, upload: dict[str, Any]) -> dict[str, Any]:
        return self.read(f"/v1/clusters/{self.again(upload)['cluster_id']}")

    def case(self, upload: dict[str, Any]) -> dict[str, Any]:
        """The case of its cluster."""
        return self.read(f"/v1/cases/{self.cluster(upload)['case_id']}")

    def reported(self, copies: Sequence[int] = (1,), **bank: Any) -> list[dict[str, Any]]:
        """Uploads of one picture that wait for review."""
        seed = self.seed()
        self.known(seed, **bank)
        made = [self.upload(seed, disguise) for disguise in copies]
        assert {one["action"] for one in made} == {"review"}
        return made

    def act(self, path: str, key: str | None = None, **more: Any) -> httpx.Response:
        return self.server.post(path, key=key or self.ann, **more)

    def decide(self, upload: dict[str, Any], key: str | None = None, **said: Any) -> httpx.Response:
        case = self.case(upload)
        body = {
            "version": case["version"],
            "verdict": "harmful",
            "policy": "violence",
            "reason": "It shows an attack.",
            **said,
        }
        return self.act(f"/v1/cases/{case['id']}/decisions", key, json=body)

    def decided(self, upload: dict[str, Any], **said: Any) -> dict[str, Any]:
        made = self.decide(upload, **said)
        assert made.status_code == 201, made.text
        told: dict[str, Any] = made.json()
        return told


def refused(answer: httpx.Response, status: int, code: str, field: str | None = None) -> str:
    """The detail of a problem, which is of this kind."""
    told = answer.json()
    assert (answer.status_code, told.get("code")) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    if field is not None:
        assert told["field"] == field
    return str(told["detail"])


def every(office: Office, path: str, **params: Any) -> list[dict[str, Any]]:
    """A list, two at a time."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = office.read(path, limit=2, **params, **cursor)
        assert len(page["data"]) <= 2
        found += page["data"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}
