"""Two voice detectors: WebRTC's, which costs next to nothing, and Silero's network.

Neither decides anything; ``kiosk.core.cascade`` sets one before the other. A detector
that cannot be loaded is a ``StartError``: a kiosk without ears must not look ready.

Silero's network (version 6, 16 kHz) takes 512 new samples with the 64 before them and
its own state of shape (2, 1, 128), as the wrapper in its package does. The package
imports torch, so only its ONNX file is taken, found without importing it.
"""

from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt

from kiosk.core.audio import MIC_HZ, Frame
from kiosk.errors import StartError

_STRICTEST: Final = 3  # of WebRTC's modes: fewest false votes in noise, measured
_PACKAGE: Final = "silero-vad"
_FILE: Final = "silero_vad_16k_op15.onnx"
_CHUNK_SAMPLES: Final = 512
_CONTEXT_SAMPLES: Final = 64
_INPUT_SAMPLES: Final = _CONTEXT_SAMPLES + _CHUNK_SAMPLES
_FULL_SCALE: Final = np.float32(32768)

Floats = npt.NDArray[np.float32]


class WebRtcDetector:
    """WebRTC's voice detector: 0 or 1 for each frame."""

    def __init__(self) -> None:
        """Load the library. Raises StartError when it is missing or does not load."""
        self._library = _library("webrtcvad", "webrtcvad-wheels")
        self.reset()

    def probability(self, frame: Frame) -> float:
        """Return 1.0 when the frame sounds like a voice, else 0.0."""
        return 1.0 if self._vad.is_speech(frame, MIC_HZ) else 0.0

    def reset(self) -> None:
        """Forget the noise levels learned so far."""
        self._vad = self._library.Vad(_STRICTEST)


class SileroDetector:
    """Silero's network, on one thread.

    A frame has 320 samples and the network takes 512 at a time: a frame that completes
    no chunk repeats the last answer, so an answer is at most 32 ms old.
    """

    def __init__(self, model: Path | None = None) -> None:
        """Load the network, by default out of the installed package.

        Raises StartError when the library or the file is missing or cannot be used.
        """
        library = _library("onnxruntime", "onnxruntime")
        errors = library.capi.onnxruntime_pybind11_state
        path = model or silero_model()
        options = library.SessionOptions()
        options.intra_op_num_threads = 1  # with more, they spin on every core between frames
        options.inter_op_num_threads = 1
        self._rate = np.array(MIC_HZ, np.int64)
        self._heard: Floats
        try:
            self._network = library.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            self.reset()
            self._run(np.zeros(_INPUT_SAMPLES, np.float32))  # the first run is slow: not in a turn
        except (
            errors.Fail,
            errors.InvalidArgument,
            errors.InvalidGraph,
            errors.InvalidProtobuf,
            errors.NoModel,
            errors.NoSuchFile,
            errors.NotImplemented,
            errors.RuntimeException,
            ValueError,  # an input the network does not have
        ) as err:
            raise StartError(
                f"The voice detector's file {path} cannot be used; "
                f"install the package {_PACKAGE} again: {err}"
            ) from err
        self.reset()

    def probability(self, frame: Frame) -> float:
        """Return the network's answer for the newest full chunk, 0 to 1."""
        samples = np.frombuffer(frame, "<i2").astype(np.float32) / _FULL_SCALE
        self._heard = np.concatenate((self._heard, samples))
        if self._heard.size >= _INPUT_SAMPLES:
            self._answer = self._run(self._heard[:_INPUT_SAMPLES])
            self._heard = self._heard[_CHUNK_SAMPLES:]
        return self._answer

    def reset(self) -> None:
        """Forget what was heard: the next frame follows silence."""
        self._heard = np.zeros(_CONTEXT_SAMPLES, np.float32)
        self._state = np.zeros((2, 1, 128), np.float32)
        self._answer = 0.0

    def _run(self, samples: Floats) -> float:
        answer, self._state = self._network.run(
            None, {"input": samples[None, :], "state": self._state, "sr": self._rate}
        )
        return float(answer[0, 0])


def silero_model() -> Path:
    """Find the network's file in the installed package, without importing the package.

    Raises StartError when the package or the file is not there.
    """
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError as err:
        raise StartError(_missing(_PACKAGE, str(err))) from err
    for file in files:
        if file.name == _FILE:
            return Path(str(file.locate()))
    raise StartError(_missing(_PACKAGE, f"it holds no {_FILE}"))


def _library(module: str, package: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as err:
        raise StartError(_missing(package, str(err))) from err


def _missing(package: str, cause: str) -> str:
    return f"The voice gate needs the package {package}; install it again: {cause}"
