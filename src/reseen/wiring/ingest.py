"""What ingesting needs: the truth, a fetcher, and processes that fingerprint. No model and no index
in this process: the index follows the truth by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from reseen.domain.fingerprint import (
    EDGES,
    LOOKS,
    MD5,
    MOTION,
    PARTS,
    PDQ,
    PEAKS,
    QUADS,
    SHA256,
)
from reseen.flows import retroactive
from reseen.flows.ingest import Ingesting
from reseen.media.receive import local_file
from reseen.media.scratch import Scratch
from reseen.ports import Decoder, Fetched, Header, Limits, Sampling
from reseen.settings import Settings
from reseen.signals.descriptor import described_by
from reseen.wiring.crew import hired, remembering
from reseen.wiring.matching import (
    Reseen,
    largest_bytes,
    limits_of,
    make_decoder,
    make_fetcher,
)
from reseen.wiring.truth import Truth, open_truth


def make_ingesting(
    settings: Settings, reseen: Reseen, truth: Truth, nudge: Callable[[str, int], None]
) -> Ingesting:
    """For a server: single files are fingerprinted in this process, jobs in others."""
    perception = reseen.long_perception
    return Ingesting(
        banks=truth.banks,
        references=truth.references,
        jobs=truth.jobs,
        fetcher=reseen.fetcher,
        open_file=reseen.open_file,
        remember=remembering(reseen),
        probe=partial(look_at, perception.decoder, perception.limits),
        crew=partial(hired, settings),
        workers=settings.workers,
        nudge=nudge,
        versions=partial(versions, settings),
        arrived=partial(retroactive.begin, truth.banks, truth.jobs),
    )


def versions(settings: Settings) -> Mapping[str, str]:
    """Name and version of every signal that a fingerprint of today may hold. Without a model those
    that need one are left as they are: made anew they would be lost.
    """
    made = {one.name: one.version for one in (SHA256, MD5, PDQ, LOOKS, EDGES, MOTION, PEAKS, QUADS)}
    described = described_by(settings.descriptor)
    if described is None:
        return made
    return {**made, described.name: described.version, PARTS.name: described.version}


@contextmanager
def open_ingesting(settings: Settings) -> Iterator[tuple[Truth, Ingesting]]:
    """For a command: light to start, all fingerprints come from the crew."""
    decoder = make_decoder(settings)
    scratch = Scratch(settings.scratch_folder)
    try:
        with open_truth(settings) as truth, hired(settings) as crew:
            yield (
                truth,
                Ingesting(
                    banks=truth.banks,
                    references=truth.references,
                    jobs=truth.jobs,
                    fetcher=make_fetcher(settings, scratch.folder),
                    open_file=partial(local_file, max_bytes=largest_bytes(settings)),
                    remember=crew,
                    probe=partial(look_at, decoder, limits_of(settings)),
                    crew=partial(hired, settings),
                    workers=settings.workers,
                    nudge=lambda _project, _position: None,
                    versions=partial(versions, settings),
                    arrived=partial(retroactive.begin, truth.banks, truth.jobs),
                ),
            )
    finally:
        decoder.close()
        scratch.close()


def look_at(decoder: Decoder, limits: Limits, file: Fetched) -> None:
    """Decode a file's header and no more. Raises what decoding raises by then."""
    for part in decoder.decode(file.path, Sampling(), limits):
        if isinstance(part, Header):
            return
