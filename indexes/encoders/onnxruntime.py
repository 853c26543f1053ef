"""ONNX Runtime. The one module that imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from freshground.core.errors import ConfigError, Fatal

if TYPE_CHECKING:
    from pathlib import Path


class OnnxRuntime:
    """One session on the CPU, fp32."""

    name = "onnxruntime"

    def __init__(self, onnx: Path, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            found = f"onnxruntime cannot be imported: {error}."
            do = "Run: pip install onnxruntime, or set `runtime: auto`."
            raise ConfigError(found, do) from error
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Idle threads that spin take the cores from whatever runs beside them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(onnx), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the library's errors share no narrower base class
            found = f"onnxruntime cannot load {onnx}: {error}"
            raise Fatal(found, "Delete the export's folder, or set another `runtime`.") from error

    def infer(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return vectors (n, d) of token ids and mask, int64 of shape (n, longest)."""
        inputs = {"input_ids": ids, "attention_mask": mask}
        try:
            return np.asarray(self._session.run(["embedding"], inputs)[0])
        except Exception as error:  # the library's errors share no narrower base class
            found = f"onnxruntime failed on a batch of shape {ids.shape}: {error}"
            raise Fatal(found, "Check memory, or set another `runtime`.") from error
