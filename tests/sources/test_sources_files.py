"""What the files source does beyond the contract of every source."""

from __future__ import annotations

import codecs
import errno
import json
import os
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from freshground.core.errors import ConfigError, Quarantine, Retriable
from freshground.core.records import PUBLIC
from freshground.core.settings import FilesSource
from ingestion.sources import open_source
from ingestion.sources.conformance import by_key, fetch, keys
from ingestion.sources.files import Files
from ingestion.sources.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Listing, ObjectStat

NOW = datetime(2031, 5, 17, tzinfo=UTC)
NOBODY_UID = 65534


def source(url: object, **settings: Any) -> Files:
    settings.setdefault("access", "public")
    found = open_source(FilesSource(id="here", type="files", url=str(url), **settings), str)
    assert isinstance(found, Files)
    return found


def listed(url: object, **settings: Any) -> Listing:
    return source(url, **settings).list(NOW)


def put(root: Path, *names: str, text: str = "x") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user of the machine may enter: pytest's own belongs to one."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        for folder, _, _ in os.walk(name):
            Path(folder).chmod(0o755)


@contextmanager
def without_root() -> Iterator[None]:
    """Give up root's right to read everything."""
    was = os.geteuid()
    # Python loads codecs when first used, remembers those it could not, and may lie where only root
    # reads: every later test of this process would be without it.
    codecs.lookup("utf-8-sig")
    if was == 0:
        os.seteuid(NOBODY_UID)
    try:
        yield
    finally:
        if was == 0:
            os.seteuid(0)


def test_hidden_temporary_and_special_files_are_counted_as_excluded(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "~$a.docx", ".DS_Store", "b/Thumbs.db", "b/x.tmp", ".git/config")
    os.mkfifo(tmp_path / "pipe")
    listing = listed(tmp_path)
    assert keys(listing) == ["a.txt"]
    assert listing.excluded == 6
    assert listing.complete


def test_files_of_an_excluded_folder_are_counted_one_by_one(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "old/1.txt", "old/deep/2.txt", "old/deep/3.md", "b.md")
    listing = listed(tmp_path, include=["*.txt"], exclude=["old/**"])
    assert keys(listing) == ["a.txt"]
    assert listing.excluded == 4


def test_keys_are_relative_posix_paths_in_order(tmp_path: Path) -> None:
    put(tmp_path, "b/c.txt", "b.txt", "a/z/y.txt")
    assert keys(listed(tmp_path)) == ["a/z/y.txt", "b.txt", "b/c.txt"]


def test_uris_are_escaped_file_urls(tmp_path: Path) -> None:
    put(tmp_path, "a b#c%.txt")
    stat = listed(tmp_path).objects[0]
    assert stat.uri == tmp_path.as_uri() + "/a%20b%23c%25.txt"


def test_a_file_url_and_a_path_are_one(tmp_path: Path) -> None:
    put(tmp_path / "my docs", "a.txt")
    assert listed((tmp_path / "my docs").as_uri()) == listed(tmp_path / "my docs")


def test_a_relative_file_url_is_refused() -> None:
    with pytest.raises(ConfigError, match="absolute"):
        source("file://docs")


def test_names_that_are_no_utf8_are_listed_and_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"d\xe9")).mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xe9/caf\xe9.txt")).write_text("bytes")
    listing = listed(tmp_path)
    assert keys(listing) == ["d%E9/caf%E9.txt"]
    assert listing.complete
    assert fetch(source(tmp_path), listing.objects)["d%E9/caf%E9.txt"].data == b"bytes"


def test_a_name_that_another_escapes_to_is_a_problem_not_a_mix_up(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9")).write_text("bytes")
    put(tmp_path, "%E9")
    listing = listed(tmp_path)
    assert keys(listing) == ["%E9"]
    assert "twice" in listing.problems[0]


def test_a_missing_root_names_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        listed(tmp_path / "gone")
    assert str(tmp_path / "gone") in caught.value.found


def test_a_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "a.txt")
    with pytest.raises(ConfigError, match="is a file"):
        listed(tmp_path / "a.txt")


def test_an_unreadable_folder_is_a_problem_that_names_it(open_folder: Path) -> None:
    put(open_folder, "a.txt", "shut/b.txt", "z.txt")
    (open_folder / "shut").chmod(0)
    with without_root():
        listing = listed(open_folder)
    assert keys(listing) == ["a.txt", "z.txt"]
    assert str(open_folder / "shut") in listing.problems[0]
    assert "permission denied" in listing.problems[0]


def test_a_folder_without_the_right_to_stat_is_a_problem(open_folder: Path) -> None:
    put(open_folder, "a.txt", "names/b.txt")
    (open_folder / "names").chmod(0o744)  # names can be listed, files cannot be reached
    with without_root():
        listing = listed(open_folder)
    assert keys(listing) == ["a.txt"]
    assert str(open_folder / "names" / "b.txt") in listing.problems[0]


def test_an_unreadable_folder_outside_the_patterns_is_no_problem(open_folder: Path) -> None:
    put(open_folder, "docs/a.txt", "shut/b.txt", "closed/c.txt")
    (open_folder / "shut").chmod(0)
    (open_folder / "closed").chmod(0)
    with without_root():
        assert listed(open_folder, include=["docs/**"]).complete
        assert listed(open_folder, exclude=["shut/**", "closed"]).complete
        assert not listed(open_folder, exclude=["shut/**"]).complete


def test_an_unreadable_root_is_no_empty_listing(open_folder: Path) -> None:
    put(open_folder, "docs/a.txt")
    (open_folder / "docs").chmod(0)
    with without_root(), pytest.raises(ConfigError, match="permission denied"):
        listed(open_folder / "docs")


def test_an_unreadable_file_can_be_tried_again(open_folder: Path) -> None:
    put(open_folder, "a.txt", "b.txt")
    (open_folder / "a.txt").chmod(0)
    with without_root():
        listing = listed(open_folder)
        got = fetch(source(open_folder), listing.objects)
    assert listing.complete
    assert isinstance(got["a.txt"].error, Retriable)
    assert "cannot be read: permission denied" in got["a.txt"].error.found
    assert got["a.txt"].data is None
    assert got["b.txt"].data == b"x"


def test_an_unreadable_sidecar_shows_its_file_to_nobody(open_folder: Path) -> None:
    put(open_folder, "a.txt")
    put(open_folder, "_access.json", text='{"public": true}')
    put(open_folder, "a.txt.access.json", text='{"groups": ["staff"]}')
    (open_folder / "a.txt.access.json").chmod(0)
    with without_root():
        listing = listed(open_folder, access="from_source")
    assert listing.objects[0].groups == ()
    assert "permission denied" in listing.objects[0].metadata["access_error"]
    assert listing.complete


class TestSymbolicLinks:
    def test_are_left_out_and_counted(self, tmp_path: Path) -> None:
        put(tmp_path, "docs/a.txt", "else/b.txt")
        (tmp_path / "docs/file").symlink_to(tmp_path / "else/b.txt")
        (tmp_path / "docs/folder").symlink_to(tmp_path / "else")
        listing = listed(tmp_path / "docs")
        assert keys(listing) == ["a.txt"]
        assert listing.excluded == 2

    def test_are_followed_when_asked(self, tmp_path: Path) -> None:
        put(tmp_path, "docs/a.txt", "else/b.txt", text="four")
        (tmp_path / "docs/file").symlink_to(tmp_path / "else/b.txt")
        (tmp_path / "docs/folder").symlink_to(tmp_path / "else")
        listing = listed(tmp_path / "docs", follow_symlinks=True)
        assert keys(listing) == ["a.txt", "file", "folder/b.txt"]
        assert {stat.size for stat in listing.objects} == {4}

    def test_that_lead_up_again_end_the_walk(self, tmp_path: Path) -> None:
        put(tmp_path, "docs/a.txt", "docs/b/c.txt")
        (tmp_path / "docs/b/up").symlink_to(tmp_path / "docs")
        (tmp_path / "docs/b/self").symlink_to(tmp_path / "docs/b")
        listing = listed(tmp_path / "docs", follow_symlinks=True)
        assert keys(listing) == ["a.txt", "b/c.txt"]
        assert listing.complete

    @pytest.mark.parametrize("target", ["nowhere", "link"])
    def test_that_cannot_be_followed_are_problems(self, tmp_path: Path, target: str) -> None:
        put(tmp_path, "a.txt")
        (tmp_path / "link").symlink_to(tmp_path / target)
        listing = listed(tmp_path, follow_symlinks=True)
        assert keys(listing) == ["a.txt"]
        assert str(tmp_path / "link") in listing.problems[0]

    def test_the_root_may_be_one(self, tmp_path: Path) -> None:
        put(tmp_path, "docs/a.txt")
        (tmp_path / "root").symlink_to(tmp_path / "docs")
        assert keys(listed(tmp_path / "root")) == ["a.txt"]

    def test_as_sidecar_gives_access_to_nobody(self, tmp_path: Path) -> None:
        put(tmp_path, "docs/a.txt")
        put(tmp_path, "rule", text='{"public": true}')
        (tmp_path / "docs/a.txt.access.json").symlink_to(tmp_path / "rule")
        stat = listed(tmp_path / "docs", access="from_source").objects[0]
        assert stat.groups == ()
        assert "symbolic link" in stat.metadata["access_error"]


def test_a_folder_that_vanishes_during_the_walk_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.txt", "b/c.txt")
    real = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("/b"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    listing = listed(tmp_path)
    assert keys(listing) == ["a.txt"]
    assert f"{tmp_path}/b vanished" in listing.problems[0]


class TestTooLarge:
    def test_a_sparse_file_is_refused_unread(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with (tmp_path / "big.bin").open("wb") as stream:
            stream.truncate(2_000_000_000)
        stats = listed(tmp_path).objects
        monkeypatch.setattr(LocalStorage, "open", lambda *_: pytest.fail("it was opened"))
        item = fetch(source(tmp_path, max_bytes=1000), stats)["big.bin"]
        assert isinstance(item.error, Quarantine)
        assert item.error.rule == "too_large"
        assert "2000000000" in item.error.found

    def test_max_bytes_itself_is_read(self, tmp_path: Path) -> None:
        put(tmp_path, "at.txt", text="12345")
        put(tmp_path, "over.txt", text="123456")
        got = fetch(source(tmp_path, max_bytes=5), listed(tmp_path).objects)
        assert got["at.txt"].data == b"12345"
        assert isinstance(got["over.txt"].error, Quarantine)


class _Restless(LocalStorage):
    """A file system whose file is written again after each of the first `times` openings."""

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
            Path(uri.removeprefix("file://")).write_text("y" * (self.opened + 1))


def _restless(root: Path, times: int) -> tuple[Files, ObjectStat, _Restless]:
    put(root, "a.txt")
    found = source(root)
    stat = found.list(NOW).objects[0]
    storage = _Restless(times)
    found._storage = storage
    return found, stat, storage


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    found, stat, storage = _restless(tmp_path, times=2)
    item = next(found.fetch([stat]))
    assert item.data == b"yyy"
    assert item.stat == listed(tmp_path).objects[0]
    assert storage.opened == 3


def test_a_file_that_never_rests_can_be_tried_again(tmp_path: Path) -> None:
    found, stat, storage = _restless(tmp_path, times=99)
    item = next(found.fetch([stat]))
    assert item.data is None
    assert isinstance(item.error, Retriable)
    assert "changed" in item.error.found
    assert storage.opened == 4


def test_a_file_replaced_by_a_folder_has_vanished(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "b.txt")
    stats = listed(tmp_path).objects
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").mkdir()
    item = fetch(source(tmp_path), stats)["a.txt"]
    assert (item.data, item.error) == (None, None)


class TestAccess:
    def rules(self, root: Path) -> dict[str, tuple[str, ...]]:
        listing = listed(root, access="from_source")
        assert listing.complete
        return {stat.key: stat.groups for stat in listing.objects}

    def test_the_nearest_rule_wins(self, tmp_path: Path) -> None:
        put(tmp_path, "top.txt", "a/x.txt", "a/own.txt", "a/b/c/y.txt", "z/n.txt")
        put(tmp_path, "_access.json", text='{"groups": ["all", "staff", "all"]}')
        put(tmp_path, "a/_access.json", text='{"groups": ["a"]}')
        put(tmp_path, "a/own.txt.access.json", text='{"public": true}')
        put(tmp_path, "z/_access.json", text='{"groups": []}')
        assert self.rules(tmp_path) == {
            "top.txt": ("all", "staff"), "a/x.txt": ("a",), "a/own.txt": (PUBLIC,),
            "a/b/c/y.txt": ("a",), "z/n.txt": (),
        }  # fmt: skip

    @pytest.mark.parametrize(
        "text",
        [
            "", "no json", "[]", "null", "{}", '{"groups": "staff"}', '{"groups": [1]}',
            '{"groups": [""]}', '{"groups": ["*"]}', '{"groups": ["a", "public"]}',
            '{"public": false}', '{"public": 1}', '{"public": true, "groups": ["a"]}',
            '{"group": ["a"]}', '{"groups": ["\\ud800"]}', "[" * 100_000,
        ],
    )  # fmt: skip
    def test_a_broken_rule_shows_to_nobody_and_says_why(self, tmp_path: Path, text: str) -> None:
        put(tmp_path, "a/x.txt", "b/y.txt")
        put(tmp_path, "_access.json", text='{"public": true}')
        put(tmp_path, "a/x.txt.access.json", text=text)
        put(tmp_path, "b/_access.json", text=text)
        listing = listed(tmp_path, access="from_source")
        for stat in listing.objects:
            assert stat.groups == ()
            assert "access.json: " in stat.metadata["access_error"]
        assert listing.complete

    def test_a_byte_order_mark_is_no_fault(self, tmp_path: Path) -> None:
        put(tmp_path, "x.txt")
        (tmp_path / "x.txt.access.json").write_text('{"groups": ["a"]}', encoding="utf-8-sig")
        assert self.rules(tmp_path) == {"x.txt": ("a",)}

    def test_sidecars_are_no_documents(self, tmp_path: Path) -> None:
        put(tmp_path, "x.txt", "x.txt.access.json", "x.txt.meta.json", "_access.json", text="{}")
        put(tmp_path, "gone.txt.access.json", "gone.txt.meta.json", text="{}")
        listing = listed(tmp_path)
        assert keys(listing) == ["x.txt"]
        assert listing.excluded == 2

    def test_patterns_do_not_hide_sidecars(self, tmp_path: Path) -> None:
        put(tmp_path, "x.txt")
        put(tmp_path, "x.txt.access.json", text='{"groups": ["a"]}')
        listing = listed(tmp_path, access="from_source", include=["*.txt"], exclude=["*.json"])
        assert listing.objects[0].groups == ("a",)


def test_a_metadata_sidecar_describes_its_file(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "b.txt", "c.txt")
    put(tmp_path, "a.txt.meta.json", text='{"team": "claims", "year": 2026, "x": NaN}')
    put(tmp_path, "b.txt.meta.json", text="[1]")
    found = by_key(listed(tmp_path))
    assert found["a.txt"].metadata == {"team": "claims", "year": 2026, "x": None}
    assert "b.txt.meta.json" in found["b.txt"].metadata["metadata_error"]
    assert found["c.txt"].metadata == {}
    json.dumps([dict(stat.metadata) for stat in found.values()])


class KeyedFileSystem(MemoryFileSystem):
    """The memory file system behind an option that must be given."""

    protocol = "keyed"

    def __init__(self, *, token: str, **options: Any) -> None:
        super().__init__(token=token, **options)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.removeprefix("keyed://"))


fsspec.register_implementation("keyed", KeyedFileSystem, clobber=True)


class TestMemory:
    """Plain memory:// folders, which are what any remote store looks like."""

    @pytest.fixture
    def fs(self) -> Iterator[Any]:
        fs = fsspec.filesystem("memory")
        fs.store.clear()
        yield fs
        fs.store.clear()

    def test_tree(self, fs: Any) -> None:
        for name in ("a.txt", "d/b.txt", "d/.hid", "old/c.txt", "old/e/f.txt", ".git/x"):
            fs.pipe_file(f"/here/{name}", name.encode())
        listing = listed("memory://here", exclude=["old/**"])
        assert keys(listing) == ["a.txt", "d/b.txt"]
        assert listing.objects[1].uri == "memory:///here/d/b.txt"
        assert listing.objects[1].modified_at is not None
        assert listing.excluded == 4
        got = fetch(source("memory://here"), listing.objects)
        assert got["d/b.txt"].data == b"d/b.txt"

    def test_folder_rules_are_inherited(self, fs: Any) -> None:
        fs.pipe_file("/here/d/e/b.txt", b"x")
        fs.pipe_file("/here/_access.json", b'{"groups": ["a"]}')
        assert listed("memory://here", access="from_source").objects[0].groups == ("a",)

    def test_too_large(self, fs: Any) -> None:
        fs.pipe_file("/here/b.txt", b"123456")
        item = next(source("memory://here", max_bytes=5).fetch(listed("memory://here").objects))
        assert isinstance(item.error, Quarantine)

    def test_a_missing_root_and_a_file_are_refused(self, fs: Any) -> None:
        fs.pipe_file("/here/b.txt", b"1")
        for url in ("memory://gone", "memory://here/b.txt"):
            with pytest.raises(ConfigError, match="memory:"):
                listed(url)

    def test_an_unknown_protocol_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="nosuch"):
            listed("nosuch://here")

    def test_storage_options_reach_the_file_system(self, fs: Any) -> None:
        fs.pipe_file("/here/b.txt", b"1")
        assert keys(listed("keyed://here", storage_options={"token": "secret"})) == ["b.txt"]
        with pytest.raises(ConfigError, match="keyed://here"):
            listed("keyed://here")

    def test_a_missing_archive_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="does not exist"):
            listed(f"zip://::file://{tmp_path}/gone.zip")


def test_a_store_that_does_not_answer_is_no_empty_listing() -> None:
    options = {"host": "127.0.0.1", "port": 9}  # nothing listens there
    with pytest.raises((Retriable, ConfigError)):
        listed("webhdfs://here", storage_options=options)


@pytest.mark.slow
def test_real_documents_are_listed_and_read_whole(shared_data: Path) -> None:
    root = shared_data / "history" / "peps" / "base"
    listing = listed(root)
    on_disk = {str(p.relative_to(root)): p for p in root.rglob("*") if p.is_file()}
    assert keys(listing) == sorted(on_disk)
    for key, item in fetch(source(root), listing.objects).items():
        assert item.data == on_disk[key].read_bytes()
