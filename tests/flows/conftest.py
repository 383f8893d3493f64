"""One real decoder and one real model for all tests of the flows."""

import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reseen.domain.match import Cuts
from reseen.domain.media import Pixels, Samples
from reseen.flows.fingerprint import Perception
from reseen.flows.match import Pair, match_pair
from reseen.media.decode import IsolatedDecoder
from reseen.media.gallery import JpegGallery
from reseen.media.receive import local_file
from reseen.ports import Limits, Sampling
from reseen.signals.audible import hear
from reseen.signals.descriptor import load_descriptor
from reseen.signals.visual import Visual

SAMPLES = Path(__file__).parents[2] / "src" / "reseen" / "samples"
CUTS = Cuts(low=0.3, medium=0.6, high=0.9)

type Compare = Callable[[Path, Path], Pair]


@pytest.fixture(scope="session")
def perception() -> Iterator[Perception]:
    decoder = IsolatedDecoder()
    yield Perception(
        decoder, Visual(load_descriptor()), hear, JpegGallery, Sampling(), Limits(duration=120.0)
    )
    decoder.close()


@pytest.fixture
def compare(perception: Perception) -> Compare:
    def run(source: Path, target: Path) -> Pair:
        with local_file(source) as one, local_file(target) as other:
            return match_pair(perception, CUTS, one, other)

    return run


def save_sound(path: Path, samples: Samples, rate: int = 11025) -> Path:
    """16-bit mono WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def save_picture(path: Path, pixels: Pixels) -> Path:
    Image.fromarray(pixels).save(path)
    return path
