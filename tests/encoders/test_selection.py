"""The probes admit and refuse; the fastest admitted runtime is chosen and remembered."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from freshground.core.errors import ConfigError, Fatal
from indexes.encoders import machine
from indexes.encoders.probes import PROBE_TEXTS, cosines
from indexes.encoders.selection import admit, choose

if TYPE_CHECKING:
    from pathlib import Path

    from indexes.encoders.exports import Export
    from indexes.encoders.tokens import ModelTokens

    Make = Any


def test_probes_cover_short_and_long_texts() -> None:
    assert len(PROBE_TEXTS) == len(set(PROBE_TEXTS)) == 24
    assert min(map(len, PROBE_TEXTS)) == 1
    assert max(len(text.split()) for text in PROBE_TEXTS) > 400


def test_cosine_of_a_zero_row_is_zero_not_a_crash() -> None:
    found = cosines(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[6.0, 8.0], [1.0, 0.0]]))
    np.testing.assert_allclose(found, [1.0, 0.0])


def test_the_same_pipeline_is_admitted(
    table_runtime: Make, export: Export, tokens: ModelTokens
) -> None:
    assert admit(table_runtime(), export, tokens, 2) > 0.999999


def test_a_coarse_runtime_is_refused_with_its_number(
    table_runtime: Make, export: Export, tokens: ModelTokens
) -> None:
    with pytest.raises(Fatal, match=r"least cosine 0\.9\d+ .* 0\.999 is needed"):
        admit(table_runtime("coarse", noise=0.15), export, tokens, 2)


def test_a_runtime_that_ignores_the_mask_is_refused(
    table_runtime: Make, export: Export, tokens: ModelTokens
) -> None:
    class NoMask(table_runtime):
        def infer(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
            return super().infer(ids, np.ones_like(mask))

    with pytest.raises(Fatal, match="least cosine"):
        admit(NoMask(), export, tokens, 2)


def test_a_runtime_that_fails_on_single_texts_only_is_refused(
    table_runtime: Make, export: Export, tokens: ModelTokens
) -> None:
    class BadAlone(table_runtime):
        def infer(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
            vectors = super().infer(ids, mask)
            return -vectors if ids.shape[0] == 1 and ids.shape[1] < 10 else vectors

    with pytest.raises(Fatal, match="least cosine"):
        admit(BadAlone(), export, tokens, 2)


def test_the_fastest_admitted_is_chosen_and_remembered(
    table_runtime: Make, export: Export, tokens: ModelTokens
) -> None:
    loads: list[str] = []

    def loader(name: str, noise: float = 0.0) -> Any:
        def load() -> Any:
            loads.append(name)
            return table_runtime(name, noise)

        return load

    loaders = {"wrong": loader("wrong", 0.3), "slow": loader("slow"), "fast": loader("fast")}
    # Rounds alternate slow and fast, a reading before and after each: 3 s and 1 s.
    ticks = itertools.accumulate(itertools.cycle([0.0, 3.0, 0.0, 1.0]))
    assert choose(loaders, export, tokens, 2, timer=lambda: next(ticks)).name == "fast"
    assert loads == ["wrong", "slow", "fast"]
    record = json.loads(_memory(export).read_text())
    assert record["chosen"] == "fast"
    assert "least cosine" in record["trials"]["wrong"]["refusal"]
    assert record["trials"]["slow"]["cosine"] > 0.999
    speeds = {name: record["trials"][name]["tokens_per_second"] for name in ("slow", "fast")}
    assert speeds["fast"] == pytest.approx(3 * speeds["slow"])

    loads.clear()
    assert choose(loaders, export, tokens, 2).name == "fast"
    assert loads == ["fast"]


@pytest.mark.parametrize("memory", ["", "[]", '{"chosen": "gone"}', '{"chosen": "now-wrong"}'])
def test_a_useless_memory_is_not_trusted(
    table_runtime: Make, export: Export, tokens: ModelTokens, memory: str
) -> None:
    noise = {"right": 0.0, "now-wrong": 0.3}
    loaders = {name: lambda name=name: table_runtime(name, noise[name]) for name in noise}
    choose(loaders, export, tokens, 2)
    _memory(export).write_text(memory)
    assert choose(loaders, export, tokens, 2).name == "right"
    assert json.loads(_memory(export).read_text())["chosen"] == "right"


def test_memory_is_for_one_cpu_and_thread_count(
    table_runtime: Make, export: Export, tokens: ModelTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose({"a": table_runtime}, export, tokens, 2)
    choose({"a": table_runtime}, export, tokens, 3)
    monkeypatch.setattr("indexes.encoders.selection.cpu_identity", lambda: "another")
    choose({"a": table_runtime}, export, tokens, 2)
    assert len(list(export.folder.glob("runtime-*.json"))) == 3


def test_the_last_resort_is_loaded_only_when_all_else_fails(
    table_runtime: Make, export: Export, tokens: ModelTokens
) -> None:
    def absent() -> Any:
        found = "not installed"
        raise ConfigError(found)

    right = {"first": table_runtime, "torch": absent}
    assert choose(right, export, tokens, 2).name == "table"
    rest = {
        "openvino": absent,
        "onnxruntime": lambda: table_runtime("onnxruntime", noise=0.3),
        "torch": lambda: table_runtime("torch"),
    }
    assert choose(rest, export, tokens, 2).name == "torch"


def test_no_runtime_says_why_for_each(
    table_runtime: Make, export: Export, tokens: ModelTokens
) -> None:
    def absent() -> Any:
        found = "OpenVINO is not there."
        raise ConfigError(found)

    loaders = {"openvino": absent, "onnxruntime": lambda: table_runtime("onnxruntime", 0.3)}
    with pytest.raises(
        Fatal, match=r"openvino: OpenVINO is not there\..*onnxruntime: .*least cosine"
    ):
        choose(loaders, export, tokens, 2)
    with pytest.raises(Fatal, match="least cosine"):
        choose({"onnxruntime": loaders["onnxruntime"]}, export, tokens, 2)


def test_a_cache_that_cannot_be_written_still_serves(
    table_runtime: Make, export: Export, tokens: ModelTokens, tmp_path: Path
) -> None:
    gone = replace(export, folder=tmp_path / "sub")
    (tmp_path / "sub").mkdir()
    (tmp_path / "reference.npy").rename(tmp_path / "sub" / "reference.npy")
    reference = gone.reference()
    (tmp_path / "sub" / "reference.npy").unlink()
    (tmp_path / "sub").rmdir()

    class NoFolder(type(export)):
        def reference(self) -> np.ndarray:
            return reference

    lost = NoFolder(gone.folder, gone.dimensions, 64, 0, pad_left=False, onnx_refusal="")
    assert choose({"a": table_runtime}, lost, tokens, 2).name == "table"


def test_threads_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.THREADS_VARIABLE, "3")
    assert machine.thread_count() == 3
    for wrong in ("0", "-1", "two", "1.5"):
        monkeypatch.setenv(machine.THREADS_VARIABLE, wrong)
        with pytest.raises(ConfigError, match="no number of threads"):
            machine.thread_count()


@pytest.mark.parametrize(("quota", "most"), [("150000 100000", 2), ("50000 100000", 1)])
def test_a_containers_quota_bounds_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, most: int
) -> None:
    monkeypatch.delenv(machine.THREADS_VARIABLE, raising=False)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.setattr(machine, "_CGROUP_QUOTA", tmp_path / "cpu.max")
    assert machine.thread_count() == 64
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert machine.thread_count() == 64
    (tmp_path / "cpu.max").write_text(quota)
    assert machine.thread_count() == most


def _memory(export: Export) -> Path:
    (found,) = export.folder.glob("runtime-*.json")
    return found
