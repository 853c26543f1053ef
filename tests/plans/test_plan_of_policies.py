"""A policy that changed is something to do: what it lets through is served after the refresh."""

from __future__ import annotations

import pytest

from freshground.service.cli.show_plan import plan as show
from freshground.service.plans.planning import plan
from tests.project import Project

pytestmark = pytest.mark.slow


def test_a_plan_tells_what_is_to_be_judged_anew(
    quick: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.write("a.md", "Write to ann.berg@example.org about the roof.")
    quick.refresh()
    assert not plan(quick.context())["work"]
    quick.source(admission={"personal": "mask", "models": False})
    told = plan(quick.context())
    assert (told["work"], told["sources"][0]["to_judge"]) == (True, 1)
    show(told, as_json=False)
    assert "  % 1 document to judge anew\n" in capsys.readouterr().out
    quick.refresh()
    assert not plan(quick.context())["work"]
    quick.source(scope={"exclude": [{"path": "a*"}]})
    show(plan(quick.context()), as_json=False)
    assert "  x 1 left out: 1 scope.exclude\n" in capsys.readouterr().out
