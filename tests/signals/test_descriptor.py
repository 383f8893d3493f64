import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from reseen.domain.fingerprint import DESCRIPTOR, DESCRIPTOR_FULL, Skip
from reseen.signals import descriptor
from reseen.signals.descriptor import OnnxDescriptor, load_descriptor, to_codes
from reseen.testing import pictures


@pytest.fixture(scope="module")
def small() -> OnnxDescriptor:
    loaded = load_descriptor()
    if isinstance(loaded, Skip):
        pytest.skip(loaded.reason)
    return loaded


def test_vectors_are_of_unit_length_for_pictures_of_any_size(small: OnnxDescriptor) -> None:
    shown = [pictures.scene(1), pictures.scene(2, 90, 700), pictures.noise(0, 1, 1)]
    vectors = small(shown)
    assert small.signal == DESCRIPTOR
    assert vectors.shape == (3, 512)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-3)


def test_copies_are_alike_and_other_scenes_are_not(small: OnnxDescriptor) -> None:
    pixels = pictures.scene(1)
    blurred = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 2), np.uint8)
    original, copy, other = small([pixels, blurred, pictures.scene(2)])
    assert original @ copy > 0.8
    assert original @ other < original @ copy - 0.2


def test_a_long_batch_gives_what_single_pictures_give(small: OnnxDescriptor) -> None:
    shown = [pictures.scene(seed, 120, 90) for seed in range(18)]
    together = small(shown)
    assert together[17] == pytest.approx(small([shown[17]])[0], abs=1e-3)
    assert small([]).shape == (0, 512)


def test_codes_keep_the_cosine(small: OnnxDescriptor) -> None:
    vectors = small([pictures.scene(1), pictures.scene(2)])
    codes = to_codes(vectors)
    assert codes.dtype == np.int8
    cosine = float(codes[0].astype(float) @ codes[1].astype(float)) / 127**2
    assert cosine == pytest.approx(float(vectors[0] @ vectors[1]), abs=0.01)


def test_an_absent_package_is_a_skip_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptor, "_PACKAGE", "no_such_package_is_installed")
    assert load_descriptor() == Skip(DESCRIPTOR, "model not installed")
    assert load_descriptor("sscd") == Skip(DESCRIPTOR_FULL, "model not installed")


def test_the_runtime_leaves_nothing_behind_and_calls_nobody(tmp_path: Path) -> None:
    """Where ONNX Runtime's telemetry is on, it begins with a file in the temporary folder."""
    script = "from reseen.signals.descriptor import load_descriptor as load; print(load())"
    subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(tmp_path), "ORT_DISABLE_TELEMETRY": "0"},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []
