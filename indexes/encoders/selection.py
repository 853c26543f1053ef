"""Which runtime computes a model on this machine: admitted by the probes, then the fastest."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from freshground.core.errors import ConfigError, Fatal
from freshground.core.ids import digest
from indexes.encoders.machine import cpu_identity
from indexes.encoders.probes import LEAST_COSINE, PROBE_TEXTS, cosines
from indexes.encoders.runtime import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from indexes.encoders.exports import Export
    from indexes.encoders.runtime import Runtime
    from indexes.encoders.tokens import ModelTokens

    Loader = Callable[[], Runtime]

_log = logging.getLogger(__name__)
_LIBRARIES = ("openvino", "onnxruntime", "torch", "tokenizers")
_TIMED_LENGTHS = (250, 220, 190, 160, 120, 80)
_ROUNDS = 3
_SELF_TEST = 3
_SHORT_TEXT = 64
LAST_RESORT = "torch"
"""Tried only when no other is admitted: slower everywhere it was measured, 6 s to import."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one runtime: its least cosine on the probes, its speed, or why it is out."""

    cosine: float | None = None
    tokens_per_second: float | None = None
    refusal: str = ""


def admit(runtime: Runtime, export: Export, tokens: ModelTokens, threads: int) -> float:
    """Return the least cosine of the probes to the reference; Fatal below `LEAST_COSINE`.

    Probes go through in batches, as texts do, and the short ones alone, as queries do.
    """
    ids = tokens.ids(PROBE_TEXTS)
    reference = export.reference()
    found = cosines(run(runtime, export, ids, threads, 8), reference)
    short = [row for row, text in enumerate(PROBE_TEXTS) if len(text) <= _SHORT_TEXT]
    alone = [
        cosines(run(runtime, export, [ids[row]], threads, 1), reference[row : row + 1])
        for row in short
    ]
    worst = float(np.nan_to_num(np.concatenate([found, *alone]), nan=-1.0).min())
    if worst < LEAST_COSINE:
        message = (
            f"The runtime {runtime.name} does not agree with the fp32 reference: least "
            f"cosine {worst:.5f} on the probe texts, {LEAST_COSINE} is needed."
        )
        raise Fatal(message, "Set `runtime: auto`; its vectors would be of another space.")
    return worst


def choose(
    loaders: Mapping[str, Loader],
    export: Export,
    tokens: ModelTokens,
    threads: int,
    timer: Callable[[], float] = time.perf_counter,
) -> Runtime:
    """Return the fastest of the runtimes that the probes admit.

    `loaders` are tried in order, `LAST_RESORT` only when no other was admitted. The choice is
    remembered beside the export for this CPU, these library versions, this thread count and these
    candidates; a remembered one is only tested on a few probes. Raises Fatal with every
    candidate's reason when none can be used.
    """
    memory = export.folder / f"runtime-{_situation(loaders, threads)}.json"
    remembered = _remembered(memory, loaders, export, tokens, threads)
    if remembered is not None:
        return remembered
    trials: dict[str, Trial] = {}
    admitted: list[tuple[Runtime, float]] = []
    for name, load in loaders.items():
        if name == LAST_RESORT and admitted:
            break
        try:
            runtime = load()
            admitted.append((runtime, admit(runtime, export, tokens, threads)))
        except (ConfigError, Fatal) as error:
            trials[name] = Trial(refusal=str(error))
            if len(loaders) == 1:
                raise
    if not admitted:
        reasons = "; ".join(f"{name}: {trial.refusal}" for name, trial in trials.items())
        raise Fatal(f"No runtime can be used. {reasons}", "See each one's reason.")
    speeds: Sequence[float | None] = [None]
    best = admitted[0][0]
    if len(admitted) > 1:
        speeds = _speeds([runtime for runtime, _ in admitted], export, tokens, threads, timer)
        best = admitted[int(np.argmax(speeds))][0]
    for (runtime, cosine), speed in zip(admitted, speeds, strict=True):
        trials[runtime.name] = Trial(cosine=cosine, tokens_per_second=speed)
    record = {"chosen": best.name, "trials": {name: asdict(t) for name, t in trials.items()}}
    _log.info("encoder runtime: %s", record)
    _remember(memory, record)
    return best


def _speeds(
    runtimes: Sequence[Runtime],
    export: Export,
    tokens: ModelTokens,
    threads: int,
    timer: Callable[[], float],
) -> list[float]:
    """Return tokens per second of each, the best of rounds in alternation: load comes in bursts."""
    longest = max(tokens.ids(PROBE_TEXTS), key=len)
    texts = [longest[: min(length, len(longest))] for length in _TIMED_LENGTHS]
    size = sum(map(len, texts))
    seconds = [float("inf")] * len(runtimes)
    for _ in range(_ROUNDS):
        for at, runtime in enumerate(runtimes):
            start = timer()
            run(runtime, export, texts, threads, 8)
            seconds[at] = min(seconds[at], timer() - start)
    return [size / max(value, 1e-9) for value in seconds]


def _situation(names: Mapping[str, Loader], threads: int) -> str:
    versions = []
    for library in _LIBRARIES:
        try:
            versions.append(f"{library}=={importlib.metadata.version(library)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{library} absent")
    return digest(cpu_identity(), *versions, str(threads), *names)[:16]


def _remembered(
    memory: Path,
    loaders: Mapping[str, Loader],
    export: Export,
    tokens: ModelTokens,
    threads: int,
) -> Runtime | None:
    try:
        name = json.loads(memory.read_text(encoding="utf-8"))["chosen"]
        load = loaders[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        runtime = load()
        vectors = run(runtime, export, tokens.ids(PROBE_TEXTS[:_SELF_TEST]), threads, 8)
    except (ConfigError, Fatal) as error:
        _log.warning("the remembered runtime %s fails now, choosing again: %s", name, error)
        return None
    if cosines(vectors, export.reference()[:_SELF_TEST]).min() >= LEAST_COSINE:
        return runtime
    _log.warning("the remembered runtime %s no longer passes the probes, choosing again", name)
    return None


def _remember(memory: Path, record: object) -> None:
    part = memory.with_suffix(f".{os.getpid()}.part")
    try:
        part.write_text(json.dumps(record, indent=1), encoding="utf-8")
        part.replace(memory)
    except OSError as error:  # a cache that can only be read still serves
        _log.warning("the runtime's choice cannot be remembered in %s: %s", memory, error)
