"""What becomes of a job's items, while it happens: a bar and errors for people, a line each for
programs.
"""

import json
from typing import TYPE_CHECKING, Any, TextIO

from reseen.cli.speak import emit, people
from reseen.domain.choices import ItemState

if TYPE_CHECKING:
    from rich.progress import Progress

    from reseen.domain.bank import JobItem

SHOWN = 20
"""Errors that are said to people; all are kept with the job, and in the report."""

_SAID = {ItemState.DONE: "added", ItemState.KNOWN: "known", ItemState.FAILED: "failed"}


def progress_bar() -> "Progress":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.1f}/s" if task.speed else "")

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]}", style="red"),
        console=people,
        transient=True,
        disable=not people.is_terminal,
    )


class Teller:
    """Says what became of each item: to people above the bar, to programs a line each."""

    def __init__(self, progress: "Progress", report: TextIO | None, *, as_json: bool) -> None:
        self.counts = dict.fromkeys(_SAID, 0)
        self._progress = progress
        self._report = report
        self._as_json = as_json
        self._task: Any = None

    def begin(self, total: int | None, done: int = 0) -> None:
        self._task = self._progress.add_task("ingesting", total=total, completed=done, failures="")

    def tell(self, item: "JobItem") -> None:
        from rich.text import Text

        from reseen.flows.items import name_of

        self.counts[item.state] += 1
        if self._as_json:
            emit(row(item))
        if item.state is ItemState.FAILED:
            if self._report is not None:
                said = {"reference": name_of(item.given), **(_error(item) or {})}
                self._report.write(json.dumps(said, ensure_ascii=False) + "\n")
            if self.counts[ItemState.FAILED] <= SHOWN:
                detail = f" {name_of(item.given)}: {item.error_detail}"
                people.print(Text.assemble(("error", "bold red"), detail))
        failures = self.counts[ItemState.FAILED]
        self._progress.update(
            self._task, advance=1, failures=f"{failures:,} failed" if failures else ""
        )

    def end(self, summary: str, failures: int) -> None:
        self._progress.stop()
        if self.counts[ItemState.FAILED] > SHOWN:
            people.print(f"... and {self.counts[ItemState.FAILED] - SHOWN:,} more errors")
        people.print(summary, style="yellow" if failures else "green", markup=False)


def row(item: "JobItem") -> dict[str, Any]:
    """An item for programs."""
    from reseen.flows.items import name_of

    return {
        "item": item.number,
        "reference": name_of(item.given),
        "state": _SAID.get(item.state, item.state.value),
        "reference_id": item.reference_id,
        "error": _error(item),
    }


def _error(item: "JobItem") -> dict[str, Any] | None:
    from reseen.domain import errors

    if item.error_code is None:
        return None
    titles = {
        one.code: one.title
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.ReseenError)
    }
    return {
        "code": item.error_code,
        "title": titles.get(item.error_code, errors.ReseenError.title),
        "detail": item.error_detail,
    }
