"""LanceDB keeps the contract, and its own promises: isolation, disk, recall, crashes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from freshground.core.errors import ConfigError, Fatal
from indexes.engines import make
from indexes.engines.conformance import (
    SCHEMA,
    START,
    EngineConformance,
    Row,
    ids_of,
    same_ranking,
    table,
    unit,
)
from indexes.engines.lance import LanceEngine
from indexes.engines.memory import MemoryEngine
from indexes.schema import row_schema

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    import pyarrow as pa

    from freshground.core.clock import ManualClock
    from indexes.engines.contract import Engine


def files_below(root: str) -> list[Path]:
    return [path for path in Path(root).rglob("*") if path.is_file()]


class TestLanceEngine(EngineConformance):
    def make(self, root: str, schema: pa.Schema, clock: ManualClock) -> Engine:
        return make("lance", root, schema, clock)

    def base(self, engine: Engine, rows: int = 200) -> str:
        return self.release(engine, [Row(f"b{n:04}") for n in range(rows)])

    def test_small_release_shares_the_data_of_its_parent(self, root: str, engine: Engine) -> None:
        first = self.base(engine)
        before = {path: path.stat().st_mtime_ns for path in files_below(root)}
        second = self.release(engine, [Row("new", "storm")], first)
        assert second.split("/")[0] == first.split("/")[0]
        after = {path: path.stat().st_mtime_ns for path in files_below(root)}
        assert {path: after[path] for path in before} == before
        data = [path for path in set(after) - set(before) if path.suffix == ".lance"]
        assert len(data) == 1
        assert [h.chunk_id for h in engine.open("i", second).text("storm", 5)] == ["new"]

    def test_release_that_grew_stands_alone_and_frees_the_old(
        self, root: str, clock: ManualClock, engine: Engine
    ) -> None:
        first = self.base(engine)
        version, generations = first, {first.split("/")[0]}
        for n in range(6):
            clock.advance(timedelta(hours=1))
            version = self.release(engine, [Row(f"n{n}{m}") for m in range(3)], version)
            generations.add(version.split("/")[0])
        assert len(generations) == 2
        clock.advance(timedelta(days=1))
        engine.retire("i", [version], timedelta(hours=1))
        held = {path.name for path in (Path(root) / "indexes" / "i").iterdir()}
        assert held == {f"{version.split('/')[0]}.lance"}
        assert engine.open("i", version).count() == 218

    @pytest.mark.slow
    def test_disk_does_not_grow_with_releases(
        self, root: str, clock: ManualClock, engine: Engine
    ) -> None:
        kept, most = [self.base(engine)], 0
        for n in range(40):
            clock.advance(timedelta(hours=1))
            kept = [*kept[-2:], self.release(engine, [Row(f"b{n:04}", f"edit {n}")], kept[-1])]
            engine.retire("i", kept, timedelta(hours=3))
            if n == 15:
                most = len(files_below(root))
        assert len(files_below(root)) <= most * 1.5
        assert all(engine.open("i", version).count() == 200 for version in kept)

    def test_zero_tail_rewrites_every_release(self, root: str, clock: ManualClock) -> None:
        engine = LanceEngine(root, SCHEMA, clock, tail_rows=0)
        first = self.base(engine)
        candidate = engine.begin("i", "erase", first)
        candidate.delete(["b0001"])
        second = candidate.finish()
        clock.advance(timedelta(days=1))
        engine.retire("i", [second], timedelta(0))
        held = b"".join(path.read_bytes() for path in files_below(root))
        assert b"b0002" in held
        assert b"b0001" not in held

    def test_new_language_takes_effect_with_the_next_release(
        self, root: str, clock: ManualClock, engine: Engine
    ) -> None:
        rows = [Row(f"b{n:03}", "Häuser") for n in range(40)]
        first = self.release(engine, rows)
        german = make("lance", root, SCHEMA, clock, language="german")
        second = german.begin("i", "r2", first).finish()
        assert engine.open("i", first).text("Haus", 99) == []
        assert len(german.open("i", second).text("Haus", 99)) == 40

    def test_words_of_scripts_without_spaces_are_found(self, root: str, clock: ManualClock) -> None:
        engine = make("lance", root, SCHEMA, clock, language="japanese")
        rows = [Row("study", "日本語を勉強する"), Row("other", "火災保険の契約")]
        reader = engine.open("i", self.release(engine, rows))
        assert [h.chunk_id for h in reader.text("勉強", 5)] == ["study"]

    def test_unknown_language_is_refused(self, root: str, clock: ManualClock) -> None:
        with pytest.raises(ConfigError, match="klingon"):
            make("lance", root, SCHEMA, clock, language="klingon")

    def test_file_url_is_a_root(self, tmp_path: Path, clock: ManualClock) -> None:
        engine = make("lance", (tmp_path / "lake").as_uri(), SCHEMA, clock)
        version = self.release(engine, [Row("b")], self.base(engine))
        clock.advance(timedelta(days=1))
        assert engine.retire("i", [version], timedelta(0)) == []
        assert engine.open("i", version).count() == 201

    def test_leftovers_of_a_crash_are_swept(
        self, root: str, clock: ManualClock, engine: Engine
    ) -> None:
        version = self.base(engine)
        candidate = engine.begin("i", "lost", version)
        candidate.upsert(table([Row("lost")]))
        (reference,) = Path(root).rglob("_refs/branches/*")
        reference.unlink()  # a crash between writing the branch and its entry
        half = Path(root) / "indexes" / "i" / f"{reference.stem.replace('-lost', '-half')}.lance"
        (half / "data").mkdir(parents=True)
        (half / "data" / "x.lance").write_bytes(b"half a file")
        engine.retire("i", [version], timedelta(hours=1))
        assert half.exists()
        assert [path for path in files_below(root) if "tree" in path.parts]
        clock.advance(timedelta(days=1))
        engine.retire("i", [version], timedelta(hours=1))
        assert not half.exists()
        assert not [path for path in files_below(root) if "tree" in path.parts]
        assert engine.open("i", version).count() == 200

    def test_reader_sees_one_version_while_others_publish_and_retire(
        self, clock: ManualClock, engine: Engine
    ) -> None:
        version = self.base(engine)
        reader = engine.open("i", version)
        expected = (reader.vector(unit("q"), 9), reader.text("fire", 500), ids_of(reader))
        stop, wrong, rounds = threading.Event(), [], []

        def read() -> None:
            while not stop.is_set():
                found = (reader.vector(unit("q"), 9), reader.text("fire", 500), ids_of(reader))
                rounds.append(1)
                if found != expected:
                    wrong.append(found)

        thread = threading.Thread(target=read)
        thread.start()
        latest = version
        for n in range(8):
            clock.advance(timedelta(hours=1))
            latest = self.release(engine, [Row(f"b{m:04}", "storm") for m in range(n + 1)], latest)
            engine.retire("i", [version, latest], timedelta(minutes=1))
        stop.set()
        thread.join()
        assert (len(rounds) > 3, wrong) == (True, [])

    def test_candidates_are_written_at_once(self, engine: Engine) -> None:
        first = self.base(engine)
        versions: dict[str, str] = {}

        def build(name: str) -> None:
            version = first
            for n in range(6):
                version = self.release(engine, [Row(f"{name}{n}")], version)
            versions[name] = version

        threads = [threading.Thread(target=build, args=(name,)) for name in ("x", "y", "z")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        base = set(ids_of(engine.open("i", first)))
        for name in ("x", "y", "z"):
            own = set(ids_of(engine.open("i", versions[name]))) - base
            assert own == {f"{name}{n}" for n in range(6)}

    def test_folder_that_cannot_be_made_is_said(self, root: str, clock: ManualClock) -> None:
        Path(root).write_text("a file where the lake should be")
        with pytest.raises(Fatal, match="index"):
            make("lance", root, SCHEMA, clock).begin("i", "r", None)

    @pytest.mark.slow
    def test_kill_at_any_moment_leaves_what_was_published(
        self, root: str, clock: ManualClock, engine: Engine
    ) -> None:
        version = self.base(engine)
        expected = engine.open("i", version).text("fire", 500)
        chance = random.Random(4)
        for _ in range(4):
            with subprocess.Popen(
                [sys.executable, "-u", "-c", _WRITER, root, version],
                stdout=subprocess.PIPE,
                text=True,
            ) as child:
                assert child.stdout is not None
                for _ in range(chance.randint(1, 25)):
                    assert child.stdout.readline()
                child.send_signal(signal.SIGKILL)
            anew = self.make(root, SCHEMA, clock)
            assert anew.open("i", version).text("fire", 500) == expected
            again = self.release(anew, [Row("again")], version)
            assert len(ids_of(anew.open("i", again))) == 201
        clock.set(START + timedelta(days=365 * 50))
        engine.retire("i", [version], timedelta(0))
        held = {path.name for path in (Path(root) / "indexes" / "i").iterdir()}
        assert held == {f"{version.split('/')[0]}.lance"}
        assert not [path for path in files_below(root) if "tree" in path.parts]
        assert self.make(root, SCHEMA, clock).open("i", version).text("fire", 500) == expected

    @pytest.mark.slow
    def test_process_that_queries_ends_with_status_zero(self, root: str, engine: Engine) -> None:
        version = self.release(engine, [Row("new")], self.base(engine))
        children = [
            subprocess.Popen([sys.executable, "-c", _READER, root, version])
            for _ in range(4)  # more than the cores: exits race with background threads
        ]
        assert [child.wait() for child in children] == [0] * 4

    @pytest.mark.slow
    def test_indexed_vectors_are_recalled(self, root: str, clock: ManualClock) -> None:
        width, rows = 32, 6000
        schema = row_schema(width, {})
        chance = np.random.default_rng(2)
        centres = chance.normal(size=(50, width))
        vectors = centres[chance.integers(0, 50, rows)] + chance.normal(size=(rows, width))
        made = [
            Row(f"c{n:05}", "x", vector=v.astype(np.float32), groups=("a",) if n % 7 else ("*",))
            for n, v in enumerate(vectors)
        ]
        readers = []
        for engine in (
            LanceEngine(root, schema, clock, ann_rows=5000),
            MemoryEngine(None, schema, clock),
        ):
            candidate = engine.begin("i", "r", None)
            candidate.upsert(table(made[:5900], schema))
            second = engine.begin("i", "r2", candidate.finish())
            second.upsert(table(made[5900:], schema))
            second.delete([row.chunk_id for row in made[:50]])
            readers.append(engine.open("i", second.finish()))
        found = total = 0
        for n in range(100):
            query = vectors[n * 31] + chance.normal(size=width) / 2
            for groups in (None, frozenset[str]()):
                ours, exact = (each.vector(query, 10, None, groups) for each in readers)
                found += len({h.chunk_id for h in ours} & {h.chunk_id for h in exact})
                total += len(exact)
                assert same_ranking(readers[0].vector(query, 10, None, groups, exact=True), exact)
        assert found / total >= 0.99


_WRITER = """
import sys
from freshground.core.clock import SystemClock
from indexes.engines import make
from indexes.engines.conformance import SCHEMA, Row, table
engine = make("lance", sys.argv[1], SCHEMA, SystemClock())
n = 0
while True:
    n += 1
    rows = table([Row(f"k{m}", "fire") for m in range(20 if n % 3 else 3)])
    candidate = engine.begin("i", f"k{n}", sys.argv[2] if n % 4 else None)
    print("begun")
    candidate.upsert(rows)
    print("upserted")
    candidate.delete(["b0001"])
    print("deleted")
    if n % 5 == 0:
        candidate.abandon()
    else:
        candidate.finish()
    print("finished")
"""

_READER = """
import sys
from freshground.core.clock import SystemClock
from indexes.engines import make
from indexes.engines.conformance import SCHEMA, unit
reader = make("lance", sys.argv[1], SCHEMA, SystemClock()).open("i", sys.argv[2])
assert reader.text("fire", 3) and reader.vector(unit("q"), 3) and reader.count() == 201
next(reader.scan(["text"]))
"""
