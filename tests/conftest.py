"""What all tests share: no network, a settable clock, real data where there is any."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.project import ENGINES, Project
from tests.proofs.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

for _name, _value in (
    ("DO_NOT_TRACK", "1"),
    ("HF_HUB_OFFLINE", "1"),
    ("UNSTRUCTURED_DISABLE_NOTICE", "1"),
    ("GX_ANALYTICS_ENABLED", "false"),
):
    os.environ[_name] = _value

pytest.register_assert_rewrite("indexes.engines.conformance", "ingestion.sources.conformance")

# A run says the same as the run before it; looking for new examples is what `make prove` is for.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("few", settings.get_profile("same"), max_examples=15)
settings.register_profile("search", deadline=None)
PROFILE = os.environ.get("FRESHGROUND_HYPOTHESIS", "same")
settings.load_profile(PROFILE)

_SLOW_MODULE = re.compile(r"^pytestmark = .*\bmark\.slow\b", re.MULTILINE)
DATA_VARIABLE = "FRESHGROUND_TEST_DATA"
_LOOPBACK = ("127.", "::1", "localhost")
_connect = socket.socket.connect


def _guarded(self: socket.socket, address: object) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])  # type: ignore[index]
        if not host.startswith(_LOOPBACK):
            raise AssertionError(f"a test reached out to {address}")
    _connect(self, address)  # type: ignore[arg-type]


socket.socket.connect = _guarded  # type: ignore[method-assign]


def _data() -> Path | None:
    value = os.environ.get(DATA_VARIABLE)
    if not value:
        return None
    path = Path(value)
    if not path.is_dir():
        raise pytest.UsageError(f"{DATA_VARIABLE}={value} is no folder")
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    path = _data()
    if path is None:
        pytest.skip(f"LEFT OUT: real documents; set {DATA_VARIABLE} to their folder")
    return path


WHOLE_AIRFLOWS = ("test_governed_loop.py", "test_up.py", "test_wakeups.py")
"""The longest first. Two do not run at one time: so they stand far apart."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave modules unread that are slow as a whole: importing them takes longer than the rest."""
    if "not slow" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    marked = _SLOW_MODULE.search(collection_path.read_text(encoding="utf-8"))
    return True if marked else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Hold properties to few examples where few are asked for, whatever they name themselves."""
    few = settings.get_profile("few").max_examples
    function = getattr(item, "function", None)
    own = getattr(function, "_hypothesis_internal_use_settings", None)
    if PROFILE == "few" and own is not None and own.max_examples > few:
        function._hypothesis_internal_use_settings = settings(own, max_examples=few)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first: at the end, one process would wait for another that has one."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    slow = [i for i in items if i.path in long and i.path.name not in WHOLE_AIRFLOWS]
    ordered: list[pytest.Item] = []
    for number, name in enumerate(WHOLE_AIRFLOWS):
        part = slice(*(len(slow) * end // len(WHOLE_AIRFLOWS) for end in (number, number + 1)))
        ordered += [item for item in items if item.path.name == name] + slow[part]
    items[:] = ordered + [item for item in items if item.path not in long]


def pytest_terminal_summary(terminalreporter) -> None:
    if _data() is None:
        terminalreporter.write_line(
            f"LEFT OUT: every test on real documents, since {DATA_VARIABLE} is not set.",
            yellow=True,
            bold=True,
        )


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project on the default engine."""
    return Project(tmp_path)


@pytest.fixture
def quick(tmp_path: Path) -> Project:
    """A project on the engine that is quickest for small corpora."""
    return Project(tmp_path, engine="memory")


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.slow) for name in ENGINES])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A project on each engine in turn."""
    return Project(tmp_path, engine=request.param)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A process that forks children in milliseconds, all imports done."""
    with Workshop(tmp_path_factory.mktemp("workshop")) as made:
        yield made


@pytest.fixture
def shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every chunk of a document that speaks of poison lies one character off."""
    from chunking.chunker import Chunker

    split = Chunker.split

    def wrong(self, document):
        chunks = split(self, document)
        if "poison" not in document.text:
            return chunks
        return [replace(chunk, start=chunk.start + 1) for chunk in chunks]

    monkeypatch.setattr(Chunker, "split", wrong)
