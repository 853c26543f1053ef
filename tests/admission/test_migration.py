"""A lake that format 1 wrote is brought to the present one by a command, and then refreshed."""

from __future__ import annotations

import json
import shutil

import pyarrow as pa
import pytest
import yaml
from typer.testing import CliRunner

from freshground.core.errors import ConfigError, Fatal
from freshground.lake import schemas
from freshground.lake.migration import migrate
from freshground.lake.tables import Table
from freshground.service.cli.app import app

pytestmark = pytest.mark.slow

LATER = {"bronze": {"parent", "holds"}, "silver": {"hidden", "masked_from"}, "gold": {"language"}}
NEW = ("admissions", "containers", "signatures")


@pytest.fixture
def old(quick):
    """A project with one release whose lake is as format 1 had it: rows and columns of then."""
    quick.fill(3)
    quick.refresh()
    tables = quick.root / "lake" / "tables"
    lake = quick.context().lake
    rows = {name: getattr(lake, name).rows("SELECT * FROM t") for name in LATER}
    for name in (*LATER, *NEW):
        shutil.rmtree(tables / name, ignore_errors=True)
    for name, gone in LATER.items():
        fields = [field for field in schemas.TABLES[name] if field.name not in gone]
        then = Table(name, str(tables / name), pa.schema(fields), {})
        then.append(rows[name].drop_columns(sorted(gone)))
    place = quick.root / "lake" / "lake.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "format": 1}))
    return quick


def test_it_is_refused_until_it_is_migrated(old) -> None:
    with pytest.raises(Fatal, match="freshground migrate"):
        old.refresh()
    place = old.root / "freshground.yaml"
    place.write_text(yaml.safe_dump(old.raw))
    done = CliRunner().invoke(app, ["migrate", "--settings", str(place), "--json"])
    found = json.loads(done.output)
    assert (found["from"], found["to"]) == (1, schemas.FORMAT)
    assert {name: set(columns) for name, columns in found["added"].items()} == LATER
    embedded = len(old.encoder.texts_encoded)
    run = old.refresh()
    assert run.status == 0
    assert run.of("silver").outcome == "nothing", "nothing is parsed again"
    assert run.of("admit").counts["judged"] == 3
    assert len(old.encoder.texts_encoded) == embedded
    assert len(old.served_keys()) == 3
    old.write("d001.md", "# Other\n\nAnother text altogether.\n")
    assert old.refresh().status == 0
    assert CliRunner().invoke(app, ["migrate", "--settings", str(place)]).exit_code == 0


def test_killed_half_way_it_does_the_rest(old, monkeypatch) -> None:
    add = Table.add_columns

    def dies(self):
        if self.name == "gold":
            raise KeyboardInterrupt
        return add(self)

    monkeypatch.setattr(Table, "add_columns", dies)
    with pytest.raises(KeyboardInterrupt):
        migrate(old.settings)
    monkeypatch.undo()
    with pytest.raises(Fatal, match="format 1"):
        old.context().lake  # noqa: B018
    assert set(migrate(old.settings)["added"]) == {"gold"}
    assert old.refresh().status == 0


def test_where_there_is_no_lake_none_is_made(quick) -> None:
    with pytest.raises(ConfigError, match="no lake"):
        migrate(quick.settings)
    assert not (quick.root / "lake").exists()
