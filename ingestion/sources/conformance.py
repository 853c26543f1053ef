"""What every source must do, as tests: subclass `SourceConformance` and give it a world.

A world is a small place of the source's own kind that a test may change. A subclass has one pytest
fixture, `world`, that returns an empty one::

    class TestMySource(SourceConformance):
        @pytest.fixture
        def world(self, tmp_path):
            return MyWorld(tmp_path)
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from freshground.core.errors import ConfigError, FreshgroundError
from freshground.core.records import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from freshground.core.records import Fetched, Listing, ObjectStat, Source
    from freshground.core.settings import Access

STARTED = datetime(2031, 5, 17, 12, tzinfo=UTC)
_NAMES = ("b.txt", "a.txt", "Z.txt", "a-b.txt")
_ODD_NAMES = (
    "caf\u00e9.txt",
    "cafe\u0301.txt",
    "\u6f22\u5b57 100%.txt",
    "a#b?c&d.txt",
    "\U0001f9fe.txt",
)


class World(Protocol):
    """A place of one kind of source. Nothing here waits for a clock.

    `write` must leave a version that differs from the last one in what the source can see of it,
    even where the text has the same length.
    """

    def source(self, access: Access = "public") -> Source:
        """Return a source that reads this world."""
        ...

    def write(self, name: str, text: str) -> None:
        """Make or replace the object whose key is `name`."""
        ...

    def touch(self, name: str) -> None:
        """Write the same content again, with a later time where the place knows times."""
        ...

    def delete(self, name: str) -> None:
        """Take the object away."""
        ...

    def content(self, name: str, text: str) -> bytes:
        """Return the bytes that the source must give for an object written as `text`."""
        ...

    def grant(self, name: str, groups: Sequence[str]) -> None:
        """Let groups read the object; `(PUBLIC,)` is everybody. Its content stays as it is."""
        ...

    def break_grant(self, name: str) -> None:
        """Make what says who may read the object impossible to understand."""
        ...

    def break_part(self) -> None:
        """Make a part of the place unreadable in which no object was written, and no other."""
        ...

    def destroy(self) -> None:
        """Take the whole place away, its root included."""
        ...


class SourceConformance:
    """The contract of `freshground.core.records.Source`, one sentence a test."""

    def test_lists_every_object_sorted_by_key(self, world: World) -> None:
        """All that was written is listed, in one order, in a complete listing."""
        _write(world, _NAMES)
        listing = world.source().list(STARTED)
        _same(keys(listing), sorted(_NAMES), "the keys listed")
        _same(listing.problems, (), "the problems of a whole listing")
        _holds(listing.complete, "the listing is complete")
        _same(listing.started_at, STARTED, "started_at")
        _same(listing.source_id, world.source().id, "source_id")

    def test_an_empty_place_is_a_complete_empty_listing(self, world: World) -> None:
        """No object and no problem."""
        listing = world.source().list(STARTED)
        _same((listing.objects, listing.problems), ((), ()), "the listing of nothing")

    def test_two_listings_of_one_state_are_equal(self, world: World) -> None:
        """Two sources over one state list the same, stat by stat."""
        _write(world, (*_NAMES, *_ODD_NAMES))
        source = world.source()
        first = source.list(STARTED)
        _same(source.list(STARTED), first, "a second listing")
        _same(world.source().list(STARTED), first, "another source's listing")

    def test_stats_say_what_the_contract_says(self, world: World) -> None:
        """Times have a zone, URIs differ, sizes are those of the bytes."""
        _write(world, _NAMES)
        objects = world.source().list(STARTED).objects
        _same(len({stat.uri for stat in objects}), len(objects), "the number of different URIs")
        for stat in objects:
            _holds("://" in stat.uri, f"{stat.uri} is a URL")
            _same(stat.size, len(world.content(stat.key, _text(stat.key))), f"size of {stat.key}")
            _holds(stat.modified_at is None or stat.modified_at.tzinfo is UTC, "times are UTC")

    def test_an_edit_shows(self, world: World) -> None:
        """An edit of the same length changes etag, size or time; other objects stay as they are."""
        _write(world, _NAMES)
        source = world.source()
        before = by_key(source.list(STARTED))
        world.write("a.txt", _text("b.txt"))
        after = by_key(source.list(STARTED))
        _differ(version(before["a.txt"]), version(after["a.txt"]), "the edited object's version")
        _same(
            [
                version(after[n])
                for n in _NAMES
                if n != "a.txt" and after[n].etag != _etag(before, n)
            ],
            [],
            "other objects with a new etag",
        )

    def test_new_and_deleted_objects_show(self, world: World) -> None:
        """A listing holds what is there now."""
        _write(world, _NAMES)
        source = world.source()
        source.list(STARTED)
        world.delete("b.txt")
        world.write("new.txt", "new")
        listing = source.list(STARTED)
        _same(keys(listing), sorted({*_NAMES, "new.txt"} - {"b.txt"}), "the keys listed")
        _holds(listing.complete, "the listing is complete")

    def test_a_touch_keeps_key_and_content(self, world: World) -> None:
        """The same content written again is the same object with the same bytes."""
        _write(world, _NAMES)
        source = world.source()
        world.touch("a.txt")
        listing = source.list(STARTED)
        _same(keys(listing), sorted(_NAMES), "the keys listed")
        got = fetch(source, [by_key(listing)["a.txt"]])
        _same(got["a.txt"].data, world.content("a.txt", _text("a.txt")), "the bytes of a.txt")

    def test_fetch_gives_the_bytes_of_each_stat(self, world: World) -> None:
        """One answer for each stat asked, none for others, and the stat is true of its bytes."""
        names = (*_NAMES, *_ODD_NAMES)
        _write(world, names)
        source = world.source()
        asked = [stat for stat in source.list(STARTED).objects if stat.key != "Z.txt"]
        got = fetch(source, asked)
        _same(sorted(got), [stat.key for stat in asked], "the keys fetched")
        for stat in asked:
            _same(got[stat.key].error, None, f"the error of {stat.key}")
            _same(got[stat.key].data, world.content(stat.key, _text(stat.key)), stat.key)
            _same(got[stat.key].stat, stat, f"the stat of {stat.key}, which did not change")
        _same(list(source.fetch([])), [], "what is fetched for no stat")

    def test_fetch_after_an_edit_gives_new_bytes_with_their_stat(self, world: World) -> None:
        """What changed since it was listed comes with the stat that a listing would now give."""
        _write(world, _NAMES)
        source = world.source()
        old = by_key(source.list(STARTED))["a.txt"]
        world.write("a.txt", "quite another text")
        got = fetch(source, [old])["a.txt"]
        _same(got.data, world.content("a.txt", "quite another text"), "the bytes of a.txt")
        _same(got.stat, by_key(source.list(STARTED))["a.txt"], "the stat of a.txt")

    def test_a_vanished_object_is_no_error(self, world: World) -> None:
        """What was deleted after it was listed has neither data nor error; others are read."""
        _write(world, _NAMES)
        source = world.source()
        stats = source.list(STARTED).objects
        world.delete("b.txt")
        got = fetch(source, stats)
        _same((got["b.txt"].data, got["b.txt"].error), (None, None), "data and error of b.txt")
        _same(got["a.txt"].data, world.content("a.txt", _text("a.txt")), "the bytes of a.txt")

    def test_what_cannot_be_seen_makes_the_listing_incomplete(self, world: World) -> None:
        """A part that cannot be read is a problem; all the rest is still listed."""
        _write(world, _NAMES)
        world.break_part()
        listing = world.source().list(STARTED)
        _holds(not listing.complete, "the listing is incomplete")
        _same(keys(listing), sorted(_NAMES), "the keys listed")

    def test_a_missing_place_is_no_empty_listing(self, world: World) -> None:
        """Nothing to look at is an error that says so, in list, and nothing vanished, in fetch."""
        _write(world, _NAMES)
        source = world.source()
        stats = source.list(STARTED).objects
        world.destroy()
        try:
            listing = source.list(STARTED)
        except ConfigError as error:
            _holds(error.found and error.do, "the error says what was found and what to do")
        else:
            _fail(f"the listing of a missing place is {listing!r}, not a ConfigError")
        for item in source.fetch(stats):
            _same(item.data, None, "the bytes of what is not there")
            _holds(isinstance(item.error, FreshgroundError), "what cannot be reached is an error")

    def test_declared_access_holds_for_every_object(self, world: World) -> None:
        """What the settings declare wins over anything in the place."""
        from freshground.core.settings import Groups

        _write(world, _NAMES)
        world.grant("a.txt", ("other",))
        listing = world.source("public").list(STARTED)
        _same({stat.groups for stat in listing.objects}, {(PUBLIC,)}, "groups of public objects")
        listing = world.source(Groups(groups=("b", "a"))).list(STARTED)
        _same({stat.groups for stat in listing.objects}, {("a", "b")}, "groups as declared")

    def test_access_from_source(self, world: World) -> None:
        """Granted groups, everybody, and nobody where nothing is said or it is broken."""
        _write(world, _NAMES)
        world.grant("a.txt", ("staff", "audit"))
        world.grant("b.txt", (PUBLIC,))
        world.grant("Z.txt", ("staff",))
        world.break_grant("Z.txt")
        listing = world.source("from_source").list(STARTED)
        groups = {stat.key: stat.groups for stat in listing.objects}
        _same(groups["a.txt"], ("audit", "staff"), "groups of a.txt")
        _same(groups["b.txt"], (PUBLIC,), "groups of b.txt")
        _same((groups["Z.txt"], groups["a-b.txt"]), ((), ()), "groups of what nobody may read")
        _holds(listing.complete, "the listing is complete")
        _differ(by_key(listing)["Z.txt"].metadata.get("access_error"), None, "the access error")

    def test_a_change_of_access_alone_shows(self, world: World) -> None:
        """New groups are in the next listing, and the content's version is as before."""
        _write(world, _NAMES)
        world.grant("a.txt", ("staff",))
        source = world.source("from_source")
        before = by_key(source.list(STARTED))["a.txt"]
        world.grant("a.txt", ("board",))
        after = by_key(source.list(STARTED))["a.txt"]
        _same((before.groups, after.groups), (("staff",), ("board",)), "groups before and after")
        _same((before.etag, before.size), (after.etag, after.size), "etag and size")

    def test_names_in_any_script_stay_apart(self, world: World) -> None:
        """Names are kept as they are, even two that differ in normalisation only."""
        _write(world, _ODD_NAMES)
        source = world.source()
        listing = source.list(STARTED)
        _same(keys(listing), sorted(_ODD_NAMES), "the keys listed")
        for name, item in fetch(source, listing.objects).items():
            _same(item.data, world.content(name, _text(name)), f"the bytes of {name}")


def keys(listing: Listing) -> list[str]:
    """Return the keys of a listing in its order."""
    return [stat.key for stat in listing.objects]


def by_key(listing: Listing) -> dict[str, ObjectStat]:
    """Return the stats of a listing by key."""
    return {stat.key: stat for stat in listing.objects}


def fetch(source: Source, stats: Sequence[ObjectStat]) -> dict[str, Fetched]:
    """Return what a source gives for stats by key; fail where it answers one twice."""
    found: dict[str, Fetched] = {}
    for item in source.fetch(stats):
        if item.stat.key in found:
            _fail(f"{item.stat.key} was fetched twice")
        found[item.stat.key] = item
    return found


def version(stat: ObjectStat) -> tuple[object, ...]:
    """Return what changes are told by: the etag, or size and time where there is none."""
    return (stat.etag,) if stat.etag is not None else (stat.size, stat.modified_at)


def _etag(stats: dict[str, ObjectStat], name: str) -> str | None:
    return stats[name].etag


def _text(name: str) -> str:
    return f"the text of {len(name):02} {name[:1]}"


def _write(world: World, names: Iterable[str]) -> None:
    for name in names:
        world.write(name, _text(name))


def _same(found: object, expected: object, what: str) -> None:
    if found != expected:
        _fail(f"{what}: found {found!r}, expected {expected!r}")


def _holds(condition: object, what: str) -> None:
    if not condition:
        _fail(f"not so: {what}")


def _differ(one: object, other: object, what: str) -> None:
    if one == other:
        _fail(f"{what}: did not change from {one!r}")


def _fail(message: str) -> None:
    raise AssertionError(message)
