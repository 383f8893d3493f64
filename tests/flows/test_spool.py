import errno
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reseen.domain.errors import NotReady
from reseen.domain.media import Samples, Sound
from reseen.flows.spool import Spool
from reseen.signals.peaks import find_peaks
from reseen.testing import sounds

SONG = sounds.music(12.0, seed=3)


def _spooled(samples: Samples, held: int) -> Sound:
    with closing(Spool(held)) as spool:
        for start in range(0, len(samples), 4000):
            spool.add(Sound(0.5 + start / sounds.RATE, sounds.RATE, samples[start : start + 4000]))
        whole = spool.whole()
    assert whole is not None
    return whole


@pytest.mark.parametrize("held", [10**9, 10_000, 0])
def test_sound_is_the_same_whether_it_was_held_or_written(held: int) -> None:
    whole = _spooled(SONG, held)
    assert (whole.start, whole.rate) == (0.5, sounds.RATE)
    assert np.array_equal(whole.samples, SONG)
    assert len(find_peaks(whole)) == len(find_peaks(Sound(0.5, sounds.RATE, SONG)))


def test_what_was_written_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    whole = _spooled(SONG, 0)
    assert list(tmp_path.iterdir()) == []
    assert np.array_equal(whole.samples, SONG)


def test_no_sound_is_none() -> None:
    assert Spool().whole() is None
    empty = Spool(0)
    empty.add(Sound(0.0, sounds.RATE, np.zeros(0, np.float32)))
    assert empty.whole() is None


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(NotReady, match="No space left"):
        _spooled(SONG, 0)
