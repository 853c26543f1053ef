"""OpenVINO. The one module that imports it."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from freshground.core.errors import ConfigError, Fatal

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

_CONVERTER = "openvino.tools.ovc"


def load_library() -> ModuleType:
    """Import OpenVINO without its model converter.

    The converter's import reports itself to its makers over the network; reading an ONNX file
    needs none of it. Raises ConfigError when OpenVINO is not installed.
    """
    hide = _CONVERTER not in sys.modules and "openvino" not in sys.modules
    if hide:
        sys.modules[_CONVERTER] = None  # type: ignore[assignment]  # makes its import fail
    try:
        import openvino
    except ImportError as error:
        found = f"OpenVINO cannot be imported: {error}."
        raise ConfigError(found, "Run: pip install openvino, or set `runtime: auto`.") from error
    finally:
        if hide:
            del sys.modules[_CONVERTER]
    return openvino


class OpenVinoRuntime:
    """One compiled model with one stream over all threads.

    Two streams were no faster in batches and slower for a single query. Pinning is off because
    two processes would pin themselves to the same cores. The data type is what the CPU does best
    (bf16 where it has it): the probes judge the result.
    """

    name = "openvino"

    def __init__(self, onnx: Path, threads: int) -> None:
        library = load_library()
        options: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,
        }
        try:
            core = library.Core()
            compiled = core.compile_model(core.read_model(str(onnx)), "CPU", options)
            self._request = compiled.create_infer_request()
        except RuntimeError as error:
            found = f"OpenVINO cannot load {onnx}: {error}"
            raise Fatal(found, "Delete the export's folder, or set another `runtime`.") from error
        self._lock = threading.Lock()

    def infer(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return vectors (n, d) of token ids and mask, int64 of shape (n, longest)."""
        inputs = {"input_ids": ids, "attention_mask": mask}
        with self._lock:
            try:
                self._request.infer(inputs, share_inputs=True)
            except RuntimeError as error:
                found = f"OpenVINO failed on a batch of shape {ids.shape}: {error}"
                raise Fatal(found, "Check memory, or set another `runtime`.") from error
            return np.array(self._request.get_output_tensor(0).data)
