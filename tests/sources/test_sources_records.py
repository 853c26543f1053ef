"""What the records source does beyond the contract of every source."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.errors import ConfigError, Quarantine, Retriable
from freshground.core.records import PUBLIC
from freshground.core.settings import RecordFields, RecordsSource
from ingestion.sources import open_source
from ingestion.sources.access import from_column
from ingestion.sources.conformance import by_key, fetch, keys
from ingestion.sources.local import LocalStorage
from ingestion.sources.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Listing

NOW = datetime(2031, 5, 17, tzinfo=UTC)
HUGE = 1_000_000


def source(url: object, fields: dict[str, Any] | None = None, **settings: Any) -> Records:
    settings.setdefault("access", "public")
    found = open_source(
        RecordsSource(
            id="rows", type="records", url=str(url), fields=RecordFields(**fields or {}), **settings
        ),
        str,
    )
    assert isinstance(found, Records)
    return found


def listed(url: object, fields: dict[str, Any] | None = None, **settings: Any) -> Listing:
    return source(url, fields, **settings).list(NOW)


def jsonl(path: Path, *rows: Any) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


def served(found: Records) -> dict[str, Any]:
    """Return the canonical JSON of each row that is served and the rule and reason of others."""
    got = fetch(found, found.list(NOW).objects)
    return {
        key: json.loads(item.data) if item.data is not None else item.error
        for key, item in got.items()
    }


def faults(found: Records) -> dict[str, str]:
    return {key: item.found for key, item in served(found).items() if isinstance(item, Quarantine)}


class TestRows:
    def test_a_row_is_a_document(self, tmp_path: Path) -> None:
        path = jsonl(
            tmp_path / "log.jsonl",
            {"id": 7, "text": "T", "name": "N", "at": "2026-01-02T03:04:05+01:00", "level": "E"},
        )
        found = source(path, {"title": "name", "modified_at": "at"})
        stat = found.list(NOW).objects[0]
        body = b'{"metadata":{"level":"E"},"text":"T","title":"N"}'
        assert stat.key == "7"
        assert stat.uri == path.as_uri() + "#7"
        assert stat.size == len(body)
        assert stat.modified_at == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
        assert stat.metadata == {"level": "E"}
        assert next(found.fetch([stat])).data == body

    def test_metadata_columns_are_chosen(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "r.jsonl", {"id": "a", "text": "T", "x": 1, "y": [1, {"z": None}]})
        assert listed(path, {"metadata": ("y",)}).objects[0].metadata == {"y": [1, {"z": None}]}
        assert listed(path, {"metadata": ()}).objects[0].metadata == {}
        found = listed(path, {"metadata": ("*", "id")}).objects[0].metadata
        assert found == {"x": 1, "y": [1, {"z": None}], "id": "a"}

    def test_the_time_of_the_file_stands_in(self, tmp_path: Path) -> None:
        path = jsonl(
            tmp_path / "r.jsonl",
            {"id": "a", "text": "T", "at": None},
            {"id": "b", "text": "T", "at": "soon"},
        )
        os.utime(path, (1_700_000_000, 1_700_000_000))
        found = by_key(listed(path, {"modified_at": "at"}))
        assert {s.modified_at for s in found.values()} == {datetime.fromtimestamp(17e8, UTC)}
        assert found["a"].metadata == {}
        assert "soon" in found["b"].metadata["modified_at_error"]

    def test_only_content_changes_the_etag(self, tmp_path: Path) -> None:
        path = tmp_path / "r.jsonl"
        fields = {"modified_at": "at", "groups": "g"}
        row = {"id": "a", "text": "T", "at": 1, "g": ["x"], "m": 1}
        etags = []
        for change in ({}, {"at": 2}, {"g": ["y"]}, {"m": 2}, {"text": "U"}):
            jsonl(path, {**row, **change})
            etags.append(listed(path, fields, access="from_source").objects[0].etag)
        assert etags[0] == etags[1] == etags[2]
        assert len(set(etags)) == 3

    def test_ids_are_texts(self, tmp_path: Path) -> None:
        path = jsonl(
            tmp_path / "r.jsonl",
            *({"id": i, "text": "T"} for i in (1, 2.0, "x y#z/\u6f22", "L1", "r.jsonl#L9")),
        )
        found = source(path)
        listing = found.list(NOW)
        assert set(keys(listing)) == {"1", "2", "x y#z/\u6f22", "L1", "r.jsonl#L9"}
        assert all(item.data for item in found.fetch(listing.objects))

    def test_half_surrogates_do_not_break_utf8(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "r.jsonl", r'{"id": "a\ud800", "text": "\ud800", "m": "\udfff"}')
        assert served(source(path))["a\ufffd"] == {
            "text": "\ufffd", "title": None, "metadata": {"m": "\ufffd"},
        }  # fmt: skip

    def test_max_bytes_holds_for_each_row(self, tmp_path: Path) -> None:
        path = jsonl(
            tmp_path / "r.jsonl",
            {"id": "a", "text": "x" * 95},
            {"id": "b", "text": "x" * 300},
            {"id": "c", "text": "short"},
        )
        got = served(source(path, max_bytes=120))
        assert set(got) == {"a", "r.jsonl#L2", "c"}
        assert got["a"].rule == got["r.jsonl#L2"].rule == "too_large"
        assert got["c"]["text"] == "short"


class TestMalformedRows:
    def test_are_listed_and_quarantined_each_with_its_line(self, tmp_path: Path) -> None:
        path = jsonl(
            tmp_path / "r.jsonl",
            {"id": "a", "text": "first"},
            {"text": "no id"},
            {"id": " ", "text": "blank id"},
            {"id": "b"},
            {"id": "c", "text": None},
            {"id": "d", "text": ["list"]},
            {"id": True, "text": "x"},
            "[1, 2]",
            '{"id": "e", "text":',
            "",
            {"id": "a", "text": "again"},
            "[" * 50_000,
            {"id": "z", "text": ""},
        )
        found = source(path)
        listing = found.list(NOW)
        assert listing.complete
        assert len(listing.objects) == 12
        assert {s.groups for s in listing.objects if "#L" in s.key} == {()}
        got = served(found)
        assert got["a"]["text"] == "first"
        assert got["z"]["text"] == ""
        reasons = faults(found)
        assert {key.removeprefix("r.jsonl#L") for key in reasons} == {
            "2", "3", "4", "5", "6", "7", "8", "9", "11", "12",
        }  # fmt: skip
        assert reasons["r.jsonl#L2"] == "line 2: it has no 'id'."
        assert reasons["r.jsonl#L6"] == "line 6: its 'text' is a list, no text."
        assert reasons["r.jsonl#L8"] == "line 8: it is no JSON object."
        assert "no JSON" in reasons["r.jsonl#L9"]
        assert "already in another row" in reasons["r.jsonl#L11"]
        assert {got[key].rule for key in reasons} == {"malformed_row"}

    def test_lines_that_are_no_utf8(self, tmp_path: Path) -> None:
        path = tmp_path / "r.jsonl"
        path.write_bytes(b'{"id": "a", "text": "caf\xe9"}\n{"id": "b", "text": "T"}\n')
        assert "UTF-8" in faults(source(path))["r.jsonl#L1"]

    def test_an_unchanged_one_has_the_same_etag(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "r.jsonl", "{", {"id": "a", "text": "T"})
        before = listed(path)
        jsonl(path, "{", {"id": "a", "text": "new"})
        after = listed(path)
        assert by_key(before)["r.jsonl#L1"].etag == by_key(after)["r.jsonl#L1"].etag

    def test_mended_since_it_was_listed(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "r.jsonl", "{", {"id": "a", "text": "T"})
        stats = listed(path).objects
        jsonl(path, {"id": "b", "text": "mended"}, {"id": "a", "text": "T"})
        got = fetch(source(path), stats)
        assert isinstance(got["r.jsonl#L1"].error, Retriable)
        assert got["a"].data is not None

    def test_an_id_that_looks_like_a_line_stays_apart(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "r.jsonl", {"id": "r.jsonl#L2", "text": "real"}, "{")
        got = served(source(path))
        assert got["r.jsonl#L2"]["text"] == "real"
        assert isinstance(got["r.jsonl#L2~"], Quarantine)

    def test_an_id_taken_in_another_file_is_a_duplicate(self, tmp_path: Path) -> None:
        jsonl(tmp_path / "a.jsonl", {"id": "x", "text": "A"})
        jsonl(tmp_path / "b.jsonl", {"id": "x", "text": "B"}, {"id": "y", "text": "Y"})
        got = served(source(tmp_path))
        assert got["x"]["text"] == "A"
        assert isinstance(got["b.jsonl#L1"], Quarantine)
        assert got["y"]["text"] == "Y"

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.sampled_from(
                ['{"id": "a", "text": "1"}', '{"id": "a", "text": "2"}', '{"id": 5, "text": "3"}',
                 '{"id": "r.jsonl#L2", "text": "4"}', '{"id": "L1", "text": "5"}', "{", "[]", " ",
                 '{"id": "r.jsonl#L2~", "text": "6"}', '{"text": "7"}']
            ),
            max_size=8,
        )
    )  # fmt: skip
    def test_every_row_is_listed_once_and_served_or_quarantined(self, lines: list[str]) -> None:
        fs = fsspec.filesystem("memory")
        fs.pipe_file("/rows/r.jsonl", "".join(f"{line}\n" for line in lines).encode())
        found = source("memory://rows/r.jsonl")
        listing = found.list(NOW)
        rows = [line for line in lines if line.strip()]
        assert len(set(keys(listing))) == len(listing.objects) == len(rows)
        got = fetch(found, listing.objects)
        assert set(got) == set(keys(listing))
        assert all(i.data or isinstance(i.error, Quarantine) for i in got.values())
        first: dict[str, str] = {}
        for row in (json.loads(line) for line in rows if '"id"' in line):
            first.setdefault(str(row["id"]), row["text"])
        for key in {"a", "5", "L1"} & set(first):  # ids that no malformed row can take
            assert json.loads(got[key].data)["text"] == first[key]


class TestFiles:
    def test_a_file_a_folder_and_a_glob(self, tmp_path: Path) -> None:
        jsonl(tmp_path / "a.jsonl", {"id": "a", "text": "T"})
        (tmp_path / "deep").mkdir()
        jsonl(tmp_path / "deep/b.ndjson", {"id": "b", "text": "T"})
        (tmp_path / "c.csv").write_text("id,text\nc,T\n")
        (tmp_path / "README.md").write_text("no rows")
        (tmp_path / "_SUCCESS").write_text("")
        (tmp_path / ".hidden.jsonl").write_text("")
        listing = listed(tmp_path)
        assert keys(listing) == ["a", "b", "c"]
        assert listing.excluded == 3
        assert keys(listed(tmp_path / "a.jsonl")) == ["a"]
        assert keys(listed(tmp_path / "*.*", format=None)) == ["a", "c"]
        assert keys(listed(tmp_path / "**" / "*json*")) == ["a", "b"]
        assert keys(listed(tmp_path / "gone-*.jsonl")) == []

    def test_a_name_with_wildcards_in_it_is_a_file(self, tmp_path: Path) -> None:
        assert keys(listed(jsonl(tmp_path / "a[1].jsonl", {"id": "a", "text": "T"}))) == ["a"]

    def test_the_format_can_be_told(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "app.log", {"id": "a", "text": "T"})
        with pytest.raises(ConfigError, match="known format"):
            listed(path)
        with pytest.raises(ConfigError, match="known format"):
            listed(tmp_path)
        assert keys(listed(path, format="jsonl")) == ["a"]

    def test_gzip(self, tmp_path: Path) -> None:
        whole = gzip.compress(b'{"id": "a", "text": "T"}\n')
        (tmp_path / "a.jsonl.gz").write_bytes(whole)
        found = source(tmp_path)
        assert served(found)["a"]["text"] == "T"
        (tmp_path / "a.jsonl.gz").write_bytes(whole[:-6])
        assert "gzip" in found.list(NOW).problems[0]

    def test_memory(self) -> None:
        fs = fsspec.filesystem("memory")
        fs.pipe_file("/rows/x/a.jsonl", b'{"id": "a", "text": "T"}\n')
        fs.pipe_file("/rows/x/b.csv", b"id,text\nb,T\n")
        for url, expected in (
            ("memory://rows/x", ["a", "b"]),
            ("memory://rows/**/*.csv", ["b"]),
            ("memory://rows/x/a.jsonl", ["a"]),
        ):
            found = source(url)
            listing = found.list(NOW)
            assert keys(listing) == expected
            assert all(item.data for item in found.fetch(listing.objects))
        assert listing.objects[0].uri == "memory:///rows/x/a.jsonl#a"

    def test_a_missing_file_names_its_path(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"gone\.jsonl does not exist"):
            listed(tmp_path / "gone.jsonl")

    def test_a_delta_table_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "_delta_log").mkdir()
        jsonl(tmp_path / "a.jsonl", {"id": "a", "text": "T"})
        with pytest.raises(ConfigError, match="Delta"):
            listed(tmp_path)

    def test_a_cut_off_file_is_a_problem_and_the_rest_is_seen(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "T"}\n{"id": "b", "te')
        jsonl(tmp_path / "c.jsonl", {"id": "c", "text": "T"})
        listing = listed(tmp_path)
        assert keys(listing) == ["a", "c"]
        assert "line 2" in listing.problems[0]
        assert "a.jsonl" in listing.problems[0]

    def test_a_last_line_without_an_end_is_whole(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "T"}\n{"id": "b", "text": "T"}')
        listing = listed(tmp_path)
        assert keys(listing) == ["a", "b"]
        assert listing.complete

    def test_rows_of_a_file_that_is_gone_have_vanished(self, tmp_path: Path) -> None:
        jsonl(tmp_path / "a.jsonl", {"id": "a", "text": "T"})
        jsonl(tmp_path / "b.jsonl", {"id": "b", "text": "T"})
        found = source(tmp_path)
        stats = found.list(NOW).objects
        (tmp_path / "a.jsonl").unlink()
        got = fetch(found, stats)
        assert (got["a"].data, got["a"].error) == (None, None)
        assert got["b"].data is not None

    def test_a_file_that_is_cut_off_after_the_listing_loses_no_row(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "a.jsonl", {"id": "a", "text": "T"}, {"id": "b", "text": "T"})
        stats = listed(path).objects
        path.write_text('{"id": "a", "text": "T"}\n{"id": "b"')
        got = fetch(source(path), stats)
        assert got["a"].data is not None
        assert isinstance(got["b"].error, Retriable)

    def test_a_file_that_never_rests_is_a_problem(self, tmp_path: Path) -> None:
        found = source(jsonl(tmp_path / "a.jsonl", {"id": "a", "text": "T"}))
        found._storage = _Restless(99)
        listing = found.list(NOW)
        assert listing.objects == ()
        assert "changed" in listing.problems[0]

    def test_a_file_that_comes_to_rest_is_listed_as_it_is_then(self, tmp_path: Path) -> None:
        found = source(jsonl(tmp_path / "a.jsonl", {"id": "a", "text": "T"}))
        found._storage = _Restless(2)
        listing = found.list(NOW)
        assert keys(listing) == ["2"]
        assert listing.complete


class _Restless(LocalStorage):
    """A file system whose file is replaced after each of the first `times` openings."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.opened = 0

    @contextmanager
    def open(self, uri: str) -> Iterator[Any]:
        with super().open(uri) as stream:
            yield stream
        self.opened += 1
        if self.opened <= self.times:
            row = {"id": self.opened, "text": "y" * self.opened}
            Path(uri.removeprefix("file://")).write_text(json.dumps(row))


class TestCsv:
    def csv(self, path: Path, text: str, encoding: str = "utf-8") -> Records:
        with path.open("w", encoding=encoding, newline="") as stream:
            stream.write(text)
        return source(path)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_forms(self, tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
        lines = ["id,note,text", '1,"a,b","caf\u00e9 ""x""\nsecond; line"', "2,,T"]
        text = end.join(line.replace(",", delimiter) for line in lines) + end
        got = served(self.csv(tmp_path / "r.csv", text, encoding))
        assert got["1"]["text"] == 'caf\u00e9 "x"\nsecond; line'.replace(",", delimiter)
        assert got["1"]["metadata"] == {"note": f"a{delimiter}b"}
        assert got["2"] == {"text": "T", "title": None, "metadata": {"note": None}}

    def test_commas_in_a_header_with_semicolons(self, tmp_path: Path) -> None:
        found = self.csv(tmp_path / "r.csv", 'id;text;"a, b, c, d"\n1;T;x\n')
        assert served(found)["1"]["metadata"] == {"a, b, c, d": "x"}

    def test_a_field_larger_than_the_csv_module_takes_by_itself(self, tmp_path: Path) -> None:
        found = self.csv(tmp_path / "r.csv", f"id,text\n1,{'x' * 200_000}\n")
        assert len(served(found)["1"]["text"]) == 200_000

    def test_wrong_rows_are_quarantined_with_their_line(self, tmp_path: Path) -> None:
        text = 'id,text\n1,"two\nlines"\n2\n3,T,more\n\n,no id\n4,\n5,"a"b\n6,T\n'
        found = self.csv(tmp_path / "r.csv", text)
        reasons = faults(found)
        assert set(reasons) == {f"r.csv#L{n}" for n in (4, 5, 7, 8, 9)}
        assert "1 fields, the header has 2" in reasons["r.csv#L4"]
        assert "no CSV" in reasons["r.csv#L9"]
        assert set(served(found)) - set(reasons) == {"1", "6"}

    def test_rows_that_are_no_utf8(self, tmp_path: Path) -> None:
        (tmp_path / "r.csv").write_bytes(b"id,text\n1,caf\xe9\n2,T\n")
        found = source(tmp_path / "r.csv")
        assert "UTF-8" in faults(found)["r.csv#L2"]
        assert "2" in served(found)

    @pytest.mark.parametrize(
        "text",
        ["", "id,text\n1,T\n2", 'id,text\n1,T\n2,"never closed\n', 'id,text\n1,T\n2,"never\nclosed',
         'id,text\n1,T\n2,"never closed'],
    )  # fmt: skip
    def test_cut_off(self, tmp_path: Path, text: str) -> None:
        listing = self.csv(tmp_path / "r.csv", text).list(NOW)
        assert not listing.complete
        assert keys(listing) == (["1"] if text else [])

    def test_a_missing_column_is_a_matter_of_settings(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            self.csv(tmp_path / "r.csv", "key,text\n1,T\n").list(NOW)
        assert "no column 'id'; it has: key, text" in caught.value.found
        self.csv(tmp_path / "s.csv", "id,text\n1,T\n")
        listing = listed(tmp_path)
        assert keys(listing) == ["1"]
        assert "r.csv" in listing.problems[0]

    def test_a_column_that_stands_twice_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="more than once"):
            self.csv(tmp_path / "r.csv", "id,text,text\n1,T,U\n").list(NOW)


class TestParquet:
    def test_types_become_plain(self, tmp_path: Path) -> None:
        at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        table = pa.table(
            {
                "id": pa.array([1, None], pa.float64()),
                "text": ["T", "no id"],
                "at": pa.array([at, at], pa.timestamp("ns", "Europe/Berlin")),
                "nan": [float("nan"), 1.0],
                "dec": [Decimal("1.50"), None],
                "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
                "raw": [b"\xff", b"ok"],
                "day": pa.array([at, at], pa.timestamp("ns", "UTC")),
            }
        )
        pq.write_table(table, tmp_path / "r.parquet")
        found = source(tmp_path, {"modified_at": "at"})
        listing = found.list(NOW)
        stat = by_key(listing)["1"]
        assert stat.modified_at == at
        assert stat.metadata == {
            "nan": None, "dec": 1.5, "map": {"k": 1}, "raw": "/w==", "day": "2026-01-02T03:04:05Z",
        }  # fmt: skip
        assert faults(found) == {"r.parquet#L2": "line 2: it has no 'id'."}

    def test_only_the_columns_named_are_read(self, tmp_path: Path) -> None:
        table = pa.table({"id": ["a"], "text": ["T"], "skip": ["s"], "keep": ["k"]})
        pq.write_table(table, tmp_path / "r.parquet")
        found = listed(tmp_path, {"metadata": ("keep",)})
        assert found.objects[0].metadata == {"keep": "k"}

    def test_a_missing_column_is_a_matter_of_settings(self, tmp_path: Path) -> None:
        pq.write_table(pa.table({"id": ["a"]}), tmp_path / "r.parquet")
        with pytest.raises(ConfigError, match="no column 'text'"):
            listed(tmp_path)

    @pytest.mark.parametrize("kept", [0, 10, 200, -8])
    def test_a_cut_off_file_is_a_problem(self, tmp_path: Path, kept: int) -> None:
        path = tmp_path / "r.parquet"
        pq.write_table(pa.table({"id": ["a"], "text": ["T"]}), path)
        path.write_bytes(path.read_bytes()[:kept])
        listing = listed(path)
        assert listing.objects == ()
        assert "Parquet" in listing.problems[0]


class TestGroups:
    @pytest.mark.parametrize(
        ("value", "groups"),
        [
            (None, ()), ("", ()), ("  ", ()), ([], ()), ("[]", ()), ("a", ("a",)),
            ("b;a", ("a", "b")), ("b, a,", ("a", "b")), (["b", "a", "a"], ("a", "b")),
            ('["b", "a"]', ("a", "b")), ("a b", ("a b",)), ("*", (PUBLIC,)), ("public", (PUBLIC,)),
            (["*"], (PUBLIC,)), ('["public"]', (PUBLIC,)), ("Public", ("Public",)),
        ],
    )  # fmt: skip
    def test_of_a_column(self, value: object, groups: tuple[str, ...]) -> None:
        assert from_column(value) == (groups, None)

    @pytest.mark.parametrize(
        "value",
        ["['a']", "a;*", ["a", "public"], 5, {"a": 1}, [1], [["a"]], [""], True, "[" * 9**5],
    )
    def test_that_cannot_be_understood_are_nobody(self, value: object) -> None:
        access = from_column(value)
        assert access.groups == ()
        assert access.error

    def test_need_a_column(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="no column"):
            source(tmp_path, access="from_source")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_memory_does_not_hold_the_texts(tmp_path: Path, kind: str) -> None:
    rows = [{"id": str(n), "text": f"{n:06}" * (HUGE // 60)} for n in range(300)]  # 30 MB of text
    path = tmp_path / f"r.{kind}"
    if kind == "jsonl":
        jsonl(path, *rows)
    elif kind == "csv":
        path.write_text("id,text\n" + "".join(f"{r['id']},{r['text']}\n" for r in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=20)
    del rows
    found = source(path)
    tracemalloc.start()
    try:
        stats = found.list(NOW).objects
        assert sum(len(item.data or b"") for item in found.fetch(stats)) > 29 * HUGE
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(stats) == 300
    assert peak < 15 * HUGE


@pytest.mark.slow
def test_a_real_corpus_comes_back_row_by_row(shared_data: Path) -> None:
    path = shared_data / "retrieval" / "xquad_en" / "corpus.jsonl"
    rows = {r["_id"]: r for r in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    got = served(source(path, {"id": "_id", "title": "title", "metadata": ()}))
    assert got == {
        key: {"text": row["text"], "title": row["title"], "metadata": {}}
        for key, row in rows.items()
    }
