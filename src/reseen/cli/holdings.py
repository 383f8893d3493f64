"""What ``reseen doctor`` says of what is kept: the database, the fingerprints, the index."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reseen.cli.findings import Finding
from reseen.domain.errors import BlobMissing, NotReady, ReseenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reseen.domain.bank import Reference
    from reseen.settings import Settings
    from reseen.wiring.truth import Truth

READ = 200
"""References of each project whose fingerprints are read, newest first."""
BEHIND = 1000
"""Changes that an index may be behind while much is ingested."""


def check_database(settings: "Settings") -> Iterator[Finding]:
    from reseen.wiring.truth import open_truth

    try:
        with open_truth(settings) as truth:
            keys = len(truth.keys.of_project())
            held = sum(truth.banks.counts(truth.project_id).values())
            truth.check_writable()
    except ReseenError as error:
        advice = "Check the folder and the disk it is on; what was refused was not written."
        yield Finding("database", "fail", error.detail, advice)
        return
    detail = f"opened; {_many(keys, 'key')}, {_many(held, 'reference')}"
    yield Finding("database", "ok", detail)


def check_fingerprints(settings: "Settings") -> Iterator[Finding]:
    from reseen.wiring.truth import open_truth

    try:
        with open_truth(settings) as truth:
            truth.blobs.check()
            missing, read = _missing(truth)
    except ReseenError as error:
        advice = "Make room there, let this user write there, or set RESEEN_BLOBS_URL."
        yield Finding("fingerprints", "fail", error.detail, advice)
        return
    if missing:
        names = ", ".join(f"{one.id} ({one.draft.name})" for one in missing[:5])
        yield Finding(
            "fingerprints",
            "fail",
            f"{len(missing)} of the newest {read} cannot be read: {names}",
            "Ingest their files again, or restore the blobs from a backup.",
        )
    else:
        yield Finding("fingerprints", "ok", f"the newest {read} can be read")


def _missing(truth: "Truth") -> "tuple[list[Reference], int]":
    """References whose fingerprints cannot be read, of so many that were tried."""
    missing, read = [], 0
    for project_id in truth.references.project_ids():
        for reference in truth.references.list(project_id, limit=READ).items:
            read += 1
            try:
                truth.references.fingerprint(reference)
            except BlobMissing:
                missing.append(reference)
    return missing, read


def check_index(settings: "Settings") -> Iterator[Finding]:
    from reseen.wiring.index import reach_index

    try:
        with reach_index(settings) as index:
            said = index.check()
    except NotReady as error:
        advice = (
            "Let this user write the folder, or remove it: the index is made anew from the database"
            " and the fingerprints."
        )
        yield Finding("index", "fail", error.detail, advice)
        return
    if said["error"]:
        advice = "The index says what it needs; searches find what it had reached before."
        yield Finding("index", "fail", str(said["error"]), advice)
        return
    yield from _versions(said["projects"], settings)
    projects = said["projects"].values()
    lag = sum(one["lag"] or 0 for one in projects)
    rows = sum(sum(one["rows"].values()) for one in projects)
    yield Finding(
        "index",
        "ok" if lag <= BEHIND else "warn",
        f"{rows:,} rows, {_many(lag, 'change')} behind",
        "It catches up by itself; see process.log in its folder if it does not.",
    )


def _versions(projects: "Mapping[str, Any]", settings: "Settings") -> Iterator[Finding]:
    """References that are described otherwise than new ones are."""
    from reseen.domain.fingerprint import DESCRIPTOR, KNOWN
    from reseen.signals.descriptor import MODELS

    held = sum((Counter(one["held"]) for one in projects.values()), Counter[str]())
    today = MODELS[settings.descriptor].signal.id if settings.descriptor in MODELS else None
    made = {signal.id for signal in KNOWN}
    for signal_id, count in sorted(held.items()):
        described = f"{_many(count, 'reference')} described by {signal_id}"
        if signal_id not in made:
            yield Finding(
                "versions",
                "warn",
                f"{described}, which this reseen cannot make: others of their signals find them",
                "'reseen ingest --again' makes them anew where their files are still there; the"
                " release that made them finds all.",
            )
        elif signal_id.startswith(f"{DESCRIPTOR.name}/") and signal_id != today:
            yield Finding(
                "versions",
                "warn",
                f"{described}; RESEEN_DESCRIPTOR={settings.descriptor} makes {today or 'none'}",
                "Searches ask in each version that is held, at the cost of both models;"
                " 'reseen ingest --again' makes anew what can be.",
            )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
