"""Denials and holds between processes: nothing is kept in one, and none is lost between two."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from freshground.core.ids import doc_id
from freshground.service.releases.holding import rollback
from tests.governance.asking import everything
from tests.project import Project, article

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]
_DENY = """
import sys
from freshground.core.settings import load
from freshground.service.context import Context
from freshground.service.denial.takedown import restore, takedown
for name in sys.argv[3:]:
    context = Context(load(sys.argv[1]), by=sys.argv[2])
    takedown(context, name)
    restore(context, name)
    takedown(context, name)
"""


def _start(project: Project, by: str, *names: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", _DENY, str(project.root), by, *names],
        env={**os.environ, "PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
    )


def test_two_writers_at_once_and_a_reader_that_starts_anew(quick: Project) -> None:
    quick.fill(10)
    quick.refresh()
    quick.write("d009.md", article(70))
    quick.refresh()
    (quick.root / "freshground.yaml").write_text(yaml.safe_dump(quick.raw))
    held = everything(quick)
    one = [f"d00{n}.md" for n in range(4)]
    other = [f"d00{n}.md" for n in range(2, 6)]
    writers = [_start(quick, "one", *one), _start(quick, "other", *other)]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        # Of two who restore the same document, one may find it restored already.
        assert writer.returncode == 0 or b"is not taken down" in errors, errors
    denied = {d for x in quick.context().lake.denials.active() for d in x.doc_ids}
    assert len(denied) >= 4
    assert {doc_id("docs", key) for key in ("d000.md", "d001.md")} <= denied
    assert everything(quick) == {key for key in held if doc_id("docs", key) not in denied}
    rollback(quick.context(), quick.settings.index("docs"))
    assert quick.refresh().of("build").outcome == "held"
    assert everything(quick).isdisjoint({"d000.md", "d001.md"})
