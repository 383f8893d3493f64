"""A case to review over HTTP: a bank of harm, an upload that matches it, and its media."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.web.serving import Running, encoded, picture

from reseen.domain.access import Role

NAMES = (f"reviewed-{number}" for number in count())


@dataclass(frozen=True)
class Reviewed:
    """An upload under review, its file, and a reviewer's key."""

    upload: dict[str, Any]
    file: bytes
    reviewer: str


def under_review(server: Running, seed: int, account: str = "user-1") -> Reviewed:
    file = encoded(picture(seed))
    name = next(NAMES)
    bank = server.bank(name, policy={"high": "review", "medium": "review", "low": "review"})
    held = server.post("/v1/references", files={"file": file}, data={"bank": bank["name"]})
    server.searchable(held.json()["id"])
    said = {"content_id": name, "account_id": account}
    answer = server.post("/v1/uploads", files={"file": file}, data=said)
    assert answer.status_code == 201, answer.text
    assert answer.json()["action"] == "review", answer.text
    return Reviewed(answer.json(), file, server.keys.create(Role.REVIEWER).secret)
