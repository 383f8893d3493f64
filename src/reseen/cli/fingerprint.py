"""``reseen fingerprint FILE``: what reseen would remember of a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reseen.cli.speak import answering, emit, people, read_settings

if TYPE_CHECKING:
    from reseen.domain.fingerprint import Fingerprint


def fingerprint(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A picture, video or sound.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as one JSON object.")
    ] = False,
) -> None:
    """Describe a file: hashes, and how much of every signal it holds."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.matching import assemble

        with assemble(settings) as reseen, reseen.open_file(file) as opened:
            said = summary(reseen.fingerprint(opened))
        if as_json:
            emit({"file": str(file), **said})
        else:
            _print(file, said)


def summary(made: "Fingerprint") -> dict[str, Any]:
    """The asset, the hash that the industry's lists hold, and the size of every signal."""
    asset = made.asset
    said: dict[str, Any] = {
        "media_type": asset.medium.value,
        "format": asset.format,
        "size": asset.size,
        "sha256": asset.sha256,
        "md5": asset.md5,
        "duration": None if asset.duration is None else round(asset.duration, 3),
        "width": asset.width,
        "height": asset.height,
        "has_audio": asset.has_audio,
    }
    pdq = made.track("pdq")
    if pdq is not None and asset.duration is None and len(pdq):
        said["pdq"] = pdq.codes[0].tobytes().hex()
        said["pdq_quality"] = round(float(pdq.quality[0]), 2)
    said["signals"] = [
        {
            "signal": track.signal.id,
            "rows": len(track),
            "bytes": track.codes.nbytes + track.places.nbytes + track.spans.nbytes,
        }
        for track in made.tracks
    ]
    said["skipped"] = [
        {"signal": skip.signal.id, "reason": skip.reason} for skip in dict.fromkeys(made.skipped)
    ]
    said["remarks"] = list(made.remarks)
    return said


def _print(file: Path, said: dict[str, Any]) -> None:
    shape = f"{said['width']} x {said['height']}" if said["width"] else ""
    length = f"{said['duration']:.3f} s" if said["duration"] is not None else ""
    about = ", ".join(part for part in (said["media_type"], said["format"], shape, length) if part)
    people.print(f"{file}: {about}, {said['size']:,} bytes", markup=False)
    for name in ("sha256", "md5", "pdq"):
        if name in said:
            people.print(f"  {name:12} {said[name]}", markup=False)
    for row in said["signals"]:
        rows = "row " if row["rows"] == 1 else "rows"
        people.print(f"  {row['signal']:28} {row['rows']:6} {rows} {row['bytes']:9,} bytes")
    for remark in said["remarks"]:
        people.print(f"  [yellow]{remark}[/]")
    for skip in said["skipped"]:
        people.print(f"  [dim]{skip['signal']:28} not used: {skip['reason']}[/]")
