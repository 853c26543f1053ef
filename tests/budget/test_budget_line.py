"""The line of those who wait: nothing in it waits for ever, and no limit is passed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from freshground.service.plans.budget import Meter, Meters
from freshground.service.plans.deferral import Claim, refused

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PATIENCE = {"a": timedelta(hours=1), "b": DAY, "c": timedelta(days=3)}
ALL = {"x": 1.0, "y": 1.0}


def claim(name: str, tokens: dict[str, float], source: str = "a", since: datetime = NOON) -> Claim:
    return Claim(source, name, since, None, tokens)


def names(claims: list[Claim]) -> list[str]:
    return [claim.doc_id for claim in claims]


def test_it_fits_up_to_the_limit_and_not_a_token_more() -> None:
    meter = Meter(100, ALL, used=40)
    assert refused([meter], [claim("one", {"x": 60})], PATIENCE) == []
    assert names(refused([meter], [claim("one", {"x": 60.5})], PATIENCE)) == ["one"]
    assert meter.used == 40, "asking charges nothing"


def test_one_larger_than_the_limit_goes_alone_and_only_first() -> None:
    large, small = claim("1", {"x": 500}), claim("2", {"x": 1})
    assert names(refused([Meter(100, ALL)], [large, small], PATIENCE)) == ["2"]
    assert names(refused([Meter(100, ALL, used=1)], [large, small], PATIENCE)) == ["1", "2"]


def test_one_index_that_is_full_holds_up_no_other() -> None:
    meters = [Meter(100, ALL), Meter(10, {"x": 1.0}, used=10)]
    claims = [claim("1", {"x": 5}), claim("2", {"y": 90}), claim("3", {"x": 1})]
    assert names(refused(meters, claims, PATIENCE)) == ["1", "3"]
    claims[1] = claim("2", {"y": 96})
    assert names(refused(meters, claims, PATIENCE)) == ["1", "2", "3"], "1 keeps its share"


def test_whose_sla_breaks_first_goes_first() -> None:
    meter = Meter(10, ALL)
    patient = claim("old", {"x": 10}, "b", NOON - timedelta(hours=22))
    strict = claim("new", {"x": 10}, "a", NOON)
    assert names(refused([meter], [patient, strict], PATIENCE)) == ["old"]
    patient = replace(patient, since=NOON - timedelta(hours=24))
    assert names(refused([meter], [patient, strict], PATIENCE)) == ["new"]


def test_what_is_written_anew_leaves_half_of_a_limit() -> None:
    meter = Meter(100, ALL, rewriting=1000)
    assert refused([meter], [claim("one", {"x": 50})], PATIENCE) == []
    assert names(refused([meter], [claim("one", {"x": 51})], PATIENCE)) == ["one"]
    assert Meters([Meter(100, ALL, used=50, rewriting=1000)]).left("x") == (50, True)
    assert Meters([Meter(100, {"x": 2.0}, used=51)]).left("x") == (24.5, False)
    assert Meters([Meter(100, ALL)]).left("z") == (float("inf"), True)


@dataclass
class World:
    """Sources that are listed once a day each, in any order, under limits of a day."""

    limits: tuple[float, float]
    day: int = 0
    used: tuple[float, float] = (0.0, 0.0)
    carried: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, Claim] = field(default_factory=dict)
    came: dict[str, Claim] = field(default_factory=dict)
    entered: dict[str, int] = field(default_factory=dict)

    def meters(self) -> list[Meter]:
        every, of_x = self.limits
        used, used_x = self.used
        return [Meter(every, ALL, used=used), Meter(of_x, {"x": 1.0}, used=used_x)]

    def spend(self, tokens: dict[str, float]) -> None:
        x = tokens.get("x", 0.0)
        self.used = (self.used[0] + sum(tokens.values()), self.used[1] + x)

    def list(self, source: str, error: float, *, late: bool) -> None:
        """List a source. `error` is true over estimated cost; `late` embeds after midnight."""
        out = refused(self.meters(), self.waiting.values(), PATIENCE)
        out_ids = {c.doc_id for c in out}
        for entering in [c for c in self.waiting.values() if c.source == source]:
            if entering.doc_id in out_ids:
                continue
            del self.waiting[entering.doc_id]
            self.entered[entering.doc_id] = self.day
            tokens = {index: count * error for index, count in entering.tokens.items()}
            self.spend(tokens)
            if late:
                for index, count in tokens.items():
                    self.carried[index] = self.carried.get(index, 0.0) + count

    def midnight(self) -> None:
        self.day += 1
        self.used = (0.0, 0.0)
        self.spend(self.carried)
        self.carried = {}


COST = st.floats(0.5, 300)
ARRIVALS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "xy"]), COST, st.integers(-9, 0)),
    max_size=4,
)
LISTING = st.tuples(st.permutations("abc"), st.floats(0.5, 2.0), st.booleans(), st.booleans())


@given(st.tuples(st.floats(1, 200), st.floats(1, 200)), st.lists(st.tuples(ARRIVALS, LISTING)))
def test_nothing_waits_for_ever(
    limits: tuple[float, float],
    days: list[tuple[list[tuple[str, str, float, int]], tuple[list[str], float, bool, bool]]],
) -> None:
    """Whatever arrives, whichever source is listed first, however wrong the estimates are."""
    world = World(limits)
    for arrivals, (order, error, late, edited) in days:
        now = NOON + world.day * DAY
        for source, indexes, cost, age in arrivals:
            name = f"{len(world.came):03d}"
            tokens = dict.fromkeys(indexes, cost)
            new = Claim(source, name, now, now + age * DAY, tokens)
            world.came[name] = world.waiting[name] = new
        if edited:  # an edit while it waits: another time and size, the same place
            world.waiting = {
                name: replace(c, modified_at=now, tokens={i: n * 1.5 for i, n in c.tokens.items()})
                for name, c in world.waiting.items()
            }
        for source in order:
            world.list(source, error, late=late)
        world.midnight()
    for _ in range(3 * len(world.waiting) + 3):
        for source in "cba":
            world.list(source, 1.0, late=True)
        world.midnight()
    assert not world.waiting
    for name, one in world.came.items():
        ahead = sum(
            c.since + PATIENCE[c.source] <= one.since + PATIENCE[one.source]
            for c in world.came.values()
        )
        waited = world.entered[name] - (one.since - NOON).days
        assert waited <= 3 * ahead, (name, waited, ahead)
