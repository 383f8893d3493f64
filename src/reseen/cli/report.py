"""A verdict in words: for people, in a terminal."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reseen.domain.media import Box

COLOURS = {"high": "green", "medium": "green", "low": "yellow", "none": "default"}
VERDICTS = {
    True: "It is a copy.",
    False: "No copy was found.",
}


def print_verdict(to: Console, said: Mapping[str, Any], source: str, target: str) -> None:
    """The verdict, where both lie on the clock, and what was done to the copy."""
    colour = COLOURS[said["confidence"]]
    words = VERDICTS[said["match"]]
    if said["confidence"] == "low":
        words = "It may be a copy; a person should look."
    to.print()
    to.print(f"  [bold {colour}]{words}[/]")
    to.print(
        f"  similarity {said['similarity_score']:.2f}, confidence {said['confidence']},"
        f" {said['processing_time_ms'] / 1000:.2f} s"
    )
    to.print(f"  [dim]source[/] {said['media_type']:6}", end=" ")
    to.print(source, markup=False)
    to.print("  [dim]target[/]       ", end=" ")
    to.print(target, markup=False)
    if "transform" in said and (done := transform_words(said["transform"])):
        to.print(f"  the source is the target {done}")
    if said["matched_segments"]:
        to.print(_segments(said["matched_segments"]))
    for remark in said.get("remarks", ()):
        to.print(f"  [yellow]{remark['field']}: {remark['remark']}[/]")
    for skip in said.get("skipped", ()):
        to.print(f"  [dim]not used: {skip['signal']} ({skip['reason']})[/]")
    to.print()


def print_matches(to: Console, said: Mapping[str, Any], query: str) -> None:
    """The references that a query repeats, surest first."""
    to.print()
    to.print(f"  {query}", markup=False)
    if said["cleared"]:
        names = ", ".join(one["reference"] for one in said["cleared_by"])
        to.print("  [bold green]Cleared[/] by", end=" ")
        to.print(names, markup=False)
    if not said["matches"]:
        to.print("  Nothing like it is in the banks.")
    for one in said["matches"]:
        colour = COLOURS[one["confidence"]]
        to.print(f"  [{colour}]{one['similarity_score']:.2f} {one['confidence']:6}[/]", end=" ")
        to.print(f"{one['bank']:12} {one['reference']}", markup=False)
        to.print(f"       [dim]{one['reference_id']}[/]", end=" ")
        to.print(transform_words(one["transform"]) if "transform" in one else "", markup=False)
        if one["matched_segments"]:
            to.print(_segments(one["matched_segments"]))
    for remark in said.get("remarks", ()):
        to.print(f"  [yellow]{remark}[/]")
    to.print()


def _segments(segments: list[Mapping[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=True)
    for name in ("channel", "source", "target", "score", "how"):
        table.add_column(
            name, justify="right" if name == "score" else "left", no_wrap=name != "how"
        )
    for segment in segments:
        table.add_row(
            {"visual": "pictures", "audio": "sound"}[segment["channel"]],
            _stretch(segment["source_start"], segment["source_end"]),
            _stretch(segment["target_start"], segment["target_end"]),
            f"{segment['score']:.2f}",
            Text(", ".join(how(segment))),
        )
    return table


def how(segment: Mapping[str, Any]) -> list[str]:
    """What was done to the copy in this stretch, in words."""
    words = []
    rate = segment.get("rate", 1.0)
    if rate < 0:
        words.append("backwards")
        rate = -rate
    if abs(rate - 1.0) > 0.005:
        words.append(f"{abs(rate - 1):.0%} {'faster' if rate > 1 else 'slower'}")
    pitch = segment.get("pitch", 0.0)
    if abs(pitch) >= 0.1:
        words.append(f"{abs(pitch):.1f} semitones {'higher' if pitch > 0 else 'lower'}")
    if "transform" in segment and (done := transform_words(segment["transform"])):
        words.append(done)
    if segment["clock"] == "unknown":
        words.append("same scene, time unknown")
    return words


def transform_words(transform: Mapping[str, Any]) -> str:
    """``mirrored, rotated 90°, cropped to 60 %, inset at the lower right``."""
    words = []
    if transform["mirrored"]:
        words.append("mirrored")
    if transform.get("inverted"):
        words.append("as a negative")
    turn = (transform["rotated"] + 180.0) % 360.0 - 180.0
    if abs(turn) >= 1.0:
        words.append(f"rotated {turn:.0f}°")
    if "cropped" in transform:
        frame = Box(*transform["cropped"])
        seen = Box(*transform.get("inset", (0.0, 0.0, 1.0, 1.0))).intersect(frame)
        words.append(f"cropped to {seen.area / frame.area:.0%}")
    if "inset" in transform:
        x, y, width, height = transform["inset"]
        share = width * height
        if share >= 0.5:
            words.append(f"with {1 - share:.0%} of the frame added around it")
        else:
            words.append(f"inset at {_place(x + width / 2, y + height / 2)} ({share:.0%})")
    return ", ".join(words)


def _place(x: float, y: float) -> str:
    across = "left" if x < 0.4 else "right" if x > 0.6 else ""
    down = "the top" if y < 0.4 else "the bottom" if y > 0.6 else "the"
    return f"{down} {across}".strip() if across or down != "the" else "the centre"


def _stretch(start: float, end: float) -> str:
    return "still" if start == end == 0.0 else f"{clock(start)}-{clock(end)}"


def clock(seconds: float) -> str:
    """``mm:ss.mmm``, with hours where there are any."""
    total = round(seconds * 1000)
    minutes, milliseconds = divmod(total, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
    return f"{hours}:{tail}" if hours else tail
