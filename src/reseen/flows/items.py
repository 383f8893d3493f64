"""What the items of an ingest say: where a file is, which hashes, and what is said of them.

The shapes are those of ``media.listings``; they come from a database, so each is read with care.
"""

import base64
import os
import urllib.parse
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reseen.domain.bank import HASH_BYTES, Content, Hash, JobItem, Reference, ReferenceDraft
from reseen.domain.choices import ItemState
from reseen.domain.errors import InvalidValue, ReseenError
from reseen.flows.lanes import Limits

OURS = frozenset({"path", "path_bytes"})
"""What provenance says of files that were opened here; a client may not say it, since they are
opened again when a fingerprint is made anew."""

DOWNLOADS = 16
HOST_DOWNLOADS = 4
"""At the same time, in all and from one host: a slow host leaves lanes to the others."""


def name_of(given: Mapping[str, Any]) -> str:
    """What an item is called: as it was given."""
    return str(given.get("name") or given.get("path") or given.get("url") or "")


def path_of(given: Mapping[str, Any]) -> Path:
    """Where a file is: by its bytes, where its name is no text."""
    if "path_bytes" in given:
        return Path(os.fsdecode(base64.b64decode(str(given["path_bytes"]))))
    return Path(str(given["path"]))


def files_at_once(workers: int) -> int:
    """More than workers: the next files are read and hashed meanwhile."""
    return 2 * workers + 1


def limits_of(workers: int, given: Mapping[str, Any]) -> Limits:
    """What binds a file that is read, or fetched."""
    if "url" not in given:
        return (("files", files_at_once(workers)),)
    host = None
    with suppress(ValueError):
        host = urllib.parse.urlsplit(str(given["url"])).hostname
    return (("downloads", DOWNLOADS), (f"host {host}", HOST_DOWNLOADS))


def content_of(item: JobItem) -> Content:
    """The hashes that an item gives. Raises ``InvalidValue``."""
    hashes = item.given.get("hashes")
    if not isinstance(hashes, Mapping) or not hashes:
        raise InvalidValue("The item has no file, no URL and no hash.")
    return Content(
        hashes=tuple(
            Hash.parse(kind, str(hashes[kind]))
            for kind in (*HASH_BYTES, *(hashes.keys() - HASH_BYTES))
            if kind in hashes
        )
    )


def draft_of(request: Mapping[str, Any], item: JobItem) -> ReferenceDraft:
    """What the job says of every item, and what the item says of itself."""
    given = item.given
    source = {name: given[name] for name in (*OURS, "url") if name in given}
    told = {**request.get("provenance", {}), **given.get("provenance", {})}
    labels = (*request.get("labels", ()), *given.get("labels", ()))
    return ReferenceDraft(
        name=name_of(given),
        labels=tuple(dict.fromkeys(map(str, labels))),
        note=str(given.get("note") or request.get("note") or ""),
        provenance={**{name: told[name] for name in told.keys() - OURS}, **source},
        disabled_until=_moment(given, "disabled_until"),
        expires_at=_moment(given, "expires_at"),
    )


def _moment(given: Mapping[str, Any], name: str) -> datetime | None:
    """A time as in RFC 3339. Raises ``InvalidValue``."""
    said = given.get(name)
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        raise InvalidValue(f"{name} is no time as in RFC 3339: {said!r}.", field=name) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def known(item: JobItem, held: Reference) -> JobItem:
    return replace(item, state=ItemState.KNOWN, reference_id=held.id)


def failed(item: JobItem, error: ReseenError) -> JobItem:
    """With the item's own error, where it was listed with one."""
    said = {"code": error.code, "detail": error.detail, **item.given.get("error", {})}
    return replace(
        item, state=ItemState.FAILED, error_code=said["code"], error_detail=said["detail"]
    )
