"""What a child is asked to do, and the libraries it needs loaded before it is confined."""

import encodings.ascii
import encodings.cp1252
import encodings.latin_1
import encodings.utf_16_be
import encodings.utf_16_le  # noqa: F401 - warm: confined children cannot import
from collections.abc import Iterator
from typing import BinaryIO

from reseen.media.sniff import sniff
from reseen.media.worker.films import container
from reseen.media.worker.messages import Task
from reseen.media.worker.stills import pictures
from reseen.ports import Decoded


def run(task: Task, file: BinaryIO) -> Iterator[Decoded]:
    """Sniff and decode. Raises the errors of ``ports.Decoder`` and whatever libraries raise."""
    format_ = sniff(file)
    file.seek(0)
    if format_.is_picture:
        yield from pictures.decode(file, format_, task.sampling, task.limits, task.times)
    elif task.times is None:
        yield from container.decode(file, format_, task.sampling, task.limits)
    else:
        yield from container.frames_at(
            file, format_, task.times, task.sampling.max_side, task.limits
        )


def warm_up() -> None:
    """Load plug-ins and run scaler and resampler once."""
    pictures.warm_up()
    container.warm_up()
