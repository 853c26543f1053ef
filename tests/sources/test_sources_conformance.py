"""The conformance suite of sources, run for each kind of place."""

from __future__ import annotations

import csv
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from freshground.core.records import PUBLIC
from freshground.core.settings import FilesSource, RecordFields, RecordsSource
from ingestion.sources import open_source
from ingestion.sources.conformance import SourceConformance
from ingestion.sources.values import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from freshground.core.records import Source
    from freshground.core.settings import Access

_TOO_DEEP = 4200  # bytes of a path that no system call takes (PATH_MAX is 4096), root or not


class LocalWorld:
    """A folder of files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir()
        self._now = 1_800_000_000_000_000_000

    def source(self, access: Access = "public") -> Source:
        settings = FilesSource(id="here", type="files", url=str(self.root), access=access)
        return open_source(settings, str)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")
        self.touch(name)

    def touch(self, name: str) -> None:
        self._now += 1000
        os.utime(self.root / name, ns=(self._now, self._now))

    def delete(self, name: str) -> None:
        (self.root / name).unlink()

    def content(self, name: str, text: str) -> bytes:
        return text.encode()

    def grant(self, name: str, groups: Sequence[str]) -> None:
        rule = {"public": True} if PUBLIC in groups else {"groups": list(groups)}
        (self.root / f"{name}.access.json").write_text(json.dumps(rule))

    def break_grant(self, name: str) -> None:
        (self.root / f"{name}.access.json").write_text('{"groups": ["st')

    def break_part(self) -> None:
        here = os.open(self.root, os.O_RDONLY)
        for _ in range(_TOO_DEEP // 201 + 1):
            os.mkdir("d" * 200, dir_fd=here)
            deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = deeper
        os.close(here)

    def destroy(self) -> None:
        shutil.rmtree(self.root)


class BrokenPagesFileSystem(MemoryFileSystem):
    """A memory file system of its own in which listing a folder named `broken` fails."""

    protocol = "brokenpages"
    store: dict[str, Any] = {}  # noqa: RUF012 fsspec's own form
    pseudo_dirs = [""]  # noqa: RUF012

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.removeprefix("brokenpages://"))

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Any]:
        if path.endswith("/broken"):
            raise TimeoutError("the page did not come")
        return super().ls(path, detail=detail, **kwargs)


fsspec.register_implementation("brokenpages", BrokenPagesFileSystem, clobber=True)


class MemoryWorld:
    """A folder of fsspec's memory file system."""

    def __init__(self) -> None:
        self.fs = fsspec.filesystem("brokenpages")
        self.fs.store.clear()
        self.fs.pseudo_dirs[:] = [""]
        self.fs.mkdir("/place")

    def source(self, access: Access = "public") -> Source:
        settings = FilesSource(id="there", type="files", url="brokenpages://place", access=access)
        return open_source(settings, str)

    def write(self, name: str, text: str) -> None:
        self.fs.pipe_file(f"/place/{name}", text.encode())

    def touch(self, name: str) -> None:
        self.fs.pipe_file(f"/place/{name}", self.fs.cat_file(f"/place/{name}"))

    def delete(self, name: str) -> None:
        self.fs.rm_file(f"/place/{name}")

    def content(self, name: str, text: str) -> bytes:
        return text.encode()

    def grant(self, name: str, groups: Sequence[str]) -> None:
        rule = {"public": True} if PUBLIC in groups else {"groups": list(groups)}
        self.write(f"{name}.access.json", json.dumps(rule))

    def break_grant(self, name: str) -> None:
        self.write(f"{name}.access.json", "[]")

    def break_part(self) -> None:
        self.write("broken/unseen.txt", "unseen")

    def destroy(self) -> None:
        self.fs.rm("/place", recursive=True)


class RowsWorld:
    """A folder with one file of rows."""

    kind = ""
    broken = b""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir()
        self.rows: dict[str, dict[str, Any]] = {}
        self._at = datetime(2030, 1, 1, tzinfo=UTC)
        self._save()

    def source(self, access: Access = "public") -> Source:
        settings = RecordsSource(
            id="rows",
            type="records",
            url=str(self.root),
            access=access,
            fields=RecordFields(title="title", modified_at="at", groups="groups"),
        )
        return open_source(settings, str)

    def write(self, name: str, text: str) -> None:
        old = self.rows.get(name, {})
        self.rows[name] = {
            "id": name, "text": text, "title": f"T {name}", "at": self._later(),
            "groups": old.get("groups"), "colour": "red",
        }  # fmt: skip
        self._save()

    def touch(self, name: str) -> None:
        self.rows[name]["at"] = self._later()
        self._save()

    def delete(self, name: str) -> None:
        del self.rows[name]
        self._save()

    def content(self, name: str, text: str) -> bytes:
        title = f"T {name}"
        return canonical({"text": text, "title": title, "metadata": {"colour": "red"}})

    def grant(self, name: str, groups: Sequence[str]) -> None:
        self.rows[name]["groups"] = self.cell(groups)
        self._save()

    def break_grant(self, name: str) -> None:
        self.rows[name]["groups"] = self.cell(["staff", PUBLIC])
        self._save()

    def break_part(self) -> None:
        (self.root / f"z.{self.kind}").write_bytes(self.broken)

    def destroy(self) -> None:
        shutil.rmtree(self.root)

    def cell(self, groups: Sequence[str]) -> Any:
        return list(groups)

    def save(self, path: Path) -> None:
        raise NotImplementedError

    def _later(self) -> str:
        self._at += timedelta(seconds=1)
        return self._at.isoformat()

    def _save(self) -> None:
        path = self.root / f"rows.{self.kind}"
        self.save(path)
        os.utime(path, (1_800_000_000, 1_800_000_000))


class JsonlWorld(RowsWorld):
    kind = "jsonl"
    broken = b'{"id": "last", "te'

    def save(self, path: Path) -> None:
        path.write_text("".join(json.dumps(row) + "\n" for row in self.rows.values()))


class CsvWorld(RowsWorld):
    kind = "csv"
    broken = b'id,text,title,at,groups,colour\nlast,"never clos'

    def cell(self, groups: Sequence[str]) -> Any:
        return "; ".join(groups)

    def save(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            names = ["id", "text", "title", "at", "groups", "colour"]
            writer = csv.DictWriter(stream, names)
            writer.writeheader()
            writer.writerows(self.rows.values())


class ParquetWorld(RowsWorld):
    kind = "parquet"
    broken = b"PAR1 and no more"

    def save(self, path: Path) -> None:
        kinds = dict.fromkeys(("id", "text", "title", "at", "colour"), pa.string())
        schema = pa.schema({**kinds, "groups": pa.list_(pa.string())})
        pq.write_table(pa.Table.from_pylist(list(self.rows.values()), schema=schema), path)


class TestLocalFiles(SourceConformance):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[LocalWorld]:
        yield LocalWorld(tmp_path / "place")
        # Some clean-ups refuse the path that break_part makes; rmtree works by descriptors.
        shutil.rmtree(tmp_path / "place", ignore_errors=True)


class TestMemoryFiles(SourceConformance):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld()


class TestJsonl(SourceConformance):
    @pytest.fixture
    def world(self, tmp_path: Path) -> JsonlWorld:
        return JsonlWorld(tmp_path / "place")


class TestCsv(SourceConformance):
    @pytest.fixture
    def world(self, tmp_path: Path) -> CsvWorld:
        return CsvWorld(tmp_path / "place")


class TestParquet(SourceConformance):
    @pytest.fixture
    def world(self, tmp_path: Path) -> ParquetWorld:
        return ParquetWorld(tmp_path / "place")
