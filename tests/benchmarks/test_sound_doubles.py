import wave
from pathlib import Path

import numpy as np
from benchmarks.metrics import wilson
from benchmarks.run_sound_doubles import Scored, measured, table
from benchmarks.sound_doubles import RATE, Double, drawn, shared_loop, takes

from reseen.testing import sounds


def test_doubles_are_the_same_each_time_and_no_two_sides_are_one_recording() -> None:
    first, again = list(drawn(1)), list(drawn(1))
    assert len({double.family for double in first}) == len(first) >= 7
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.query, other.query)
        if not one.copied:
            length = min(len(one.query), len(one.reference))
            assert not np.allclose(one.query[:length], one.reference[:length], atol=1e-3)


def test_a_copy_counts_as_false_only_where_nothing_is_copied() -> None:
    song = sounds.music(20, seed=3)
    excerpt = song[5 * RATE : 15 * RATE]
    known = shared_loop(2)
    told = measured(known)
    assert (told.true, told.placed) == (1, 1)
    assert told.score < 0.5
    assert measured(Double("", "", excerpt, song)).score > 0.9
    assert measured(Double("", "", np.zeros(RATE * 5, np.float32), song)).score == 0.0


def test_sentences_are_drawn_of_words_that_a_speaker_said_twice(tmp_path: Path) -> None:
    for number in range(4):
        for take in range(1 + number % 2):
            with wave.open(str(tmp_path / f"{number}_ann_{take}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                tone = np.sin(np.arange(2400) * 0.05 * (1 + number + 4 * take))
                file.writeframes((8000 * tone).astype("<i2").tobytes())
    [pair] = takes(tmp_path, 1)
    assert pair.family == "words taken twice"
    assert len(pair.query) > 2 * RATE
    assert not np.array_equal(pair.query[:1000], pair.reference[:1000])


def test_a_table_counts_matches_and_bounds_the_rate_of_false_ones() -> None:
    rows = [Scored("a", "1", 0.95, 0, 0), Scored("a", "2", 0.65, 0, 0), Scored("b", "3", 0.1, 2, 1)]
    lines = table(rows)
    assert lines[2].startswith(f"| a | 2 | 2 | 1 | 0.95 | {wilson(1, 2).high:.3f} |")
    assert lines[3].endswith("of 2 true loops 1 in their place")
