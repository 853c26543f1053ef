"""SLAs, windows and the governor in `freshground.yaml`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from freshground.core.errors import ConfigError
from freshground.core.settings import Settings, Window, parse

BASE = """
lake: ./lake
sources: [{id: docs, type: files, url: ./docs, access: public%s}]
indexes: [{id: docs, sources: [docs]%s}]
%s
"""


def read(source: str = "", index: str = "", more: str = "") -> Settings:
    return parse(yaml.safe_load(BASE % (source, index, more)), Path())


def test_a_file_without_any_of_it_reads_as_before() -> None:
    settings = read()
    assert settings.indexes[0].sla.max_staleness == timedelta(hours=24)
    assert settings.indexes[0].sla.windows == ()
    assert settings.sources[0].sla is None
    assert settings.governor.spare_runs_per_day == 0


def test_a_full_sla_of_an_index_and_of_a_source() -> None:
    window = '{days: mon-fri, from: 08:00, to: "18:00", timezone: Europe/Berlin}'
    sla = f"{{max_staleness: 6h, max_lag: {{p95: 2h}}, objective: 0.999, windows: [{window}]}}"
    settings = read(", sla: {max_staleness: 30m}", f", sla: {sla}")
    found = settings.indexes[0].sla
    assert found.max_lag == {"p95": timedelta(hours=2)}
    assert found.windows[0].days == ("mon", "tue", "wed", "thu", "fri")
    assert (found.windows[0].opens, found.windows[0].closes) == ("08:00", "18:00")
    assert settings.sources[0].sla is not None
    assert settings.sources[0].sla.max_staleness == timedelta(minutes=30)


def test_a_time_that_yaml_reads_as_a_number_of_minutes() -> None:
    assert yaml.safe_load("18:00") == 1080
    assert Window.model_validate(yaml.safe_load("{from: 10:30, to: 18:00}")).closes == "18:00"


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("sat-mon", ("mon", "sat", "sun")),
        ("Mon, wed", ("mon", "wed")),
        (["tue", "thu-fri"], ("tue", "thu", "fri")),
        ("sun", ("sun",)),
    ],
)
def test_days(written: object, days: tuple[str, ...]) -> None:
    assert Window.model_validate({"days": written}).days == days


def test_a_window_reads_what_it_prints() -> None:
    window = Window.model_validate({"days": "mon-fri", "from": "08:00", "to": "12:30"})
    assert Window.model_validate(window.model_dump(mode="json")) == window


@pytest.mark.parametrize(
    ("written", "margin"), [("10%", 144), ("0%", 5), ("2h", 120), ("1m", 5), (0.5, 720)]
)
def test_the_margin_is_a_share_or_a_duration_and_at_least_a_wake_up(
    written: object, margin: int
) -> None:
    governor = read(more=f"governor: {{margin: {written}}}").governor
    assert governor.margin_of(timedelta(hours=24)) == timedelta(minutes=margin)


@pytest.mark.parametrize(
    ("index", "more", "said"),
    [
        (", sla: {max_staleness: 0s}", "", "sla.max_staleness"),
        (", sla: {max_lag: {p42: 1h}}", "", "max_lag"),
        (", sla: {objective: 1}", "", "objective"),
        (", sla: {windows: [{days: fri-fry}]}", "", "names no day"),
        (", sla: {windows: [{from: '9'}]}", "", "from"),
        (", sla: {windows: [{from: '09:00', to: '09:00'}]}", "", "is empty"),
        (", sla: {windows: [{timezone: Europe/Atlantis}]}", "", "is no time zone"),
        ("", "governor: {margin: 150%}", "is no margin"),
        ("", "governor: {margin: 5}", "is no margin"),
        ("", "governor: {margin: x%}", "is no share"),
    ],
)
def test_what_is_wrong_is_named(index: str, more: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read("", index, more)
