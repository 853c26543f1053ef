"""What Prometheus and Grafana are given: real numbers, and rules that name nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import warnings
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from freshground.service import telemetry
from freshground.service.api.service import Service
from freshground.service.cli.app import app
from freshground.service.freshness.sla import report
from freshground.service.telemetry.grafana import as_json, dashboard
from freshground.service.telemetry.rules import as_yaml, rules
from freshground.service.views.overview import overview

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.slow

DATA = Path(telemetry.__file__).parent / "data"
NAME = re.compile(r"\bfreshground_[a-z0-9_]+\b")


def scraped(project: Project) -> str:
    from freshground.service.api.protection.metrics import Metrics
    from freshground.service.api.protection.told import Told

    service = Service(project.context())
    service.follower.look()
    metrics = Metrics(service)
    metrics.answered("/indexes('{name}')/docs", "GET", 200, 0.01, Told("docs"))
    return metrics.text().decode()


def values(text: str) -> dict[tuple, float]:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def expressions() -> list[str]:
    told = [rule["expr"] for group in rules()["groups"] for rule in group["rules"]]
    told += [t["expr"] for panel in dashboard()["panels"] for t in panel.get("targets", ())]
    return [*told, "label_values(freshground_index_sla_seconds, index)"]


def test_the_numbers_are_those_of_the_freshness_report(quick) -> None:
    quick.fill(4)
    quick.refresh()
    quick.write("d001.md", "# Changed\n\nOnce more.\n")
    quick.write("empty.md", b"")
    quick.refresh()
    quick.clock.advance(timedelta(hours=25))
    found = values(scraped(quick))
    context = quick.context()
    (row,) = [row for row in report(context) if row["source"] is None]
    (shown,) = overview(context)
    assert row["verdict"] == "late"
    assert found["freshground_index_staleness_seconds", "docs"] == row["staleness_s"]
    assert found["freshground_index_sla_seconds", "docs"] == row["max_staleness_s"]
    assert found["freshground_index_verdict", "docs", "late"] == 1
    assert found["freshground_index_verdict", "docs", "fresh"] == 0
    assert found["freshground_index_error_budget_left_ratio", "docs"] == row["budget_left"] < 1
    for window in ("1h", "24h"):
        name = ("freshground_index_error_budget_burn_rate", window, "docs")
        assert found[name] == row[f"burn_{window}"] > 0
    assert found["freshground_index_release", "docs"] == shown["release"] == 2
    assert found["freshground_index_documents", "docs"] == shown["documents"] == 4
    assert found["freshground_index_chunks", "docs"] == shown["chunks"]
    assert found["freshground_index_quarantined_documents", "docs"] == shown["quarantined"] == 1
    assert found["freshground_source_quarantined_documents", "docs"] == 1
    assert found["freshground_quarantined_documents_total", "docs"] == 1
    assert found["freshground_refreshes_total", "ok"] == 1
    assert found["freshground_refreshes_total", "quarantined"] == 1
    assert found["freshground_stages_total", "build", "done"] == 2
    assert found["freshground_gate_failures_total", "docs"] == 0
    assert found["freshground_embedded_tokens_total", "docs"] > 0
    failing = sum(v for (name, *_), v in found.items() if name == "freshground_failing_checks")
    assert failing == shown["failing_critical"] + shown["failing_warning"]


@pytest.mark.usefixtures("shifted")
def test_a_gate_that_stops_a_release_is_counted(quick) -> None:
    quick.fill(3)
    quick.refresh()
    quick.write("d001.md", "# Bad\n\nA clause on poison.\n")
    stopped = quick.refresh()
    assert stopped.status == 5, stopped.messages
    found = values(scraped(quick))
    assert found["freshground_gate_failures_total", "docs"] == 1
    assert found["freshground_refreshes_total", "gate"] == 1
    (shown,) = overview(quick.context())
    failing = [v for (name, *_), v in found.items() if name == "freshground_failing_checks"]
    assert sum(failing) == shown["failing_critical"] + shown["failing_warning"] > 0


def test_a_project_without_a_release_is_unknown_and_has_nothing_that_is_not_so(quick) -> None:
    found = values(scraped(quick))
    assert found["freshground_index_verdict", "docs", "unknown"] == 1
    assert found["freshground_index_error_budget_left_ratio", "docs"] == 1
    assert ("freshground_index_staleness_seconds", "docs") not in found
    assert ("freshground_index_release", "docs") not in found


def test_totals_count_each_row_once_however_late_it_is_written(quick) -> None:
    from freshground.service.views.vitals import Counted

    context, late = quick.context(), quick.context()
    counted = Counted()
    for _ in range(5):
        late.lake.journal.add("late", "cost", "docs", {"tokens": 1, "money": 0.5})
        context.lake.journal.add("run", "run", "refresh", {"status": 0})
        context.lake.journal.commit()
        quick.clock.advance(timedelta(hours=13))
        counted.read(context)
        late.lake.journal.commit()
        assert vars(counted.read(context)) == vars(Counted().read(context))
    assert counted.read(context).refreshes["ok"] == 5
    assert counted.read(context).money["docs"] == 2.5


def test_a_scrape_waits_for_no_lake_that_is_slow(quick, monkeypatch) -> None:
    import threading

    from freshground.service.telemetry import pipeline

    quick.fill(2)
    quick.refresh()
    collector = pipeline.Pipeline(quick.context())

    def age() -> float:
        found = {m.name: m for m in collector.collect()}
        return found["freshground_pipeline_read_age_seconds"].samples[0].value

    assert age() == 0
    held, real = threading.Event(), pipeline.vitals
    monkeypatch.setattr(pipeline, "vitals", lambda *a: held.wait(20) and real(*a))
    quick.clock.advance(timedelta(minutes=1))
    started = time.perf_counter()
    assert age() == 60  # what was known before, and how long ago
    assert time.perf_counter() - started < pipeline.FIRST_WAIT_S / 2
    reading = collector._reading
    held.set()
    assert reading is None or reading.wait(20)
    assert age() == 0


def test_all_that_is_named_is_in_a_scrape(quick) -> None:
    quick.fill(2)
    quick.refresh()
    there = set(NAME.findall(scraped(quick)))
    for expression in expressions():
        missing = set(NAME.findall(expression)) - there
        assert not missing, f"{missing} in {expression}"


def test_the_files_in_the_package_are_what_the_code_makes() -> None:
    assert (DATA / "alerts.yaml").read_text() == as_yaml()
    assert (DATA / "grafana.json").read_text() == as_json()


def test_the_commands(tmp_path) -> None:
    for name, text in (("grafana", as_json()), ("alerts", as_yaml())):
        out = tmp_path / name
        ran = CliRunner().invoke(app, ["monitoring", name, "--out", str(out)])
        assert ran.exit_code == 0
        assert out.read_text() == text
        assert CliRunner().invoke(app, ["monitoring", name]).stdout == text
        as_data = CliRunner().invoke(app, ["monitoring", name, "--json"]).stdout
        assert json.loads(as_data) == (rules() if name == "alerts" else dashboard())


def test_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


PAGED = """
rule_files: [alerts.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'freshground_index_sla_seconds{index="a"}', values: '60x600'}
      - {series: 'freshground_index_objective_ratio{index="a"}', values: '0.99x600'}
      - {series: 'freshground_index_objective_ratio{index="b"}', values: '0.9x600'}
      - {series: 'freshground_index_error_budget_burn_rate{index="a",window="1h"}', values: '20x600'}
      - {series: 'freshground_index_error_budget_burn_rate{index="b",window="1h"}', values: '4.9x600'}
      - {series: 'freshground_index_error_budget_burn_rate{index="a",window="24h"}', values: '2x600'}
      - {series: 'freshground_index_error_budget_burn_rate{index="b",window="24h"}', values: '4x600'}
      - {series: 'freshground_gate_failures_total{index="a",instance="1"}', values: '0x30 1x600'}
      - {series: 'freshground_gate_failures_total{index="a",instance="2"}', values: '0x30 1x600'}
      - {series: 'freshground_source_quarantined_documents{source="s"}', values: '5x30 5+1x100'}
      - {series: 'freshground_requests_total{job="f",status="200",index="a"}', values: '0+90x600'}
      - {series: 'freshground_requests_total{job="f",status="500",index="a"}', values: '0+10x600'}
    promql_expr_test:
      - {expr: 'count(ALERTS{alertname="FreshgroundErrorBudgetBurnsFast",alertstate="firing",index="a"})', eval_time: 40m, exp_samples: [{labels: '{}', value: 1}]}
      - {expr: 'count(ALERTS{alertname="FreshgroundErrorBudgetBurnsFast",index="b"})', eval_time: 40m}
      - {expr: 'count(ALERTS{alertname="FreshgroundErrorBudgetBurns",alertstate="firing",index="b"})', eval_time: 40m, exp_samples: [{labels: '{}', value: 1}]}
      - {expr: 'count(ALERTS{alertname="FreshgroundErrorBudgetBurns",index="a"})', eval_time: 40m}
      - {expr: 'count(ALERTS{alertname="FreshgroundGateFailed"})', eval_time: 20m}
      - {expr: 'count(ALERTS{alertname="FreshgroundGateFailed",alertstate="firing"})', eval_time: 40m, exp_samples: [{labels: '{}', value: 1}]}
      - {expr: 'count(ALERTS{alertname="FreshgroundQuarantineGrows"})', eval_time: 35m}
      - {expr: 'count(ALERTS{alertname="FreshgroundQuarantineGrows",alertstate="firing"})', eval_time: 120m, exp_samples: [{labels: '{}', value: 1}]}
      - {expr: 'count(ALERTS{alertname="FreshgroundQueriesFail",alertstate="firing"})', eval_time: 40m, exp_samples: [{labels: '{}', value: 1}]}
      - {expr: 'count(ALERTS{alertname="FreshgroundScrapeMissing"})', eval_time: 40m}
  - interval: 1m
    input_series: []
    promql_expr_test:
      - {expr: 'count(ALERTS{alertname="FreshgroundScrapeMissing",alertstate="firing"})', eval_time: 10m, exp_samples: [{labels: '{}', value: 1}]}
"""  # noqa: E501


def test_promtool_takes_them_and_they_fire(tmp_path) -> None:
    found = shutil.which("promtool") or shutil.which("promtool", path=Path(sys.executable).parent)
    if found is None:
        pytest.skip("NOT CHECKED BY PROMTOOL: none was found. Install Prometheus, which has it.")
    panels = [
        {"record": f"panel:{number}", "expr": expression.replace("$index", ".*")}
        for number, expression in enumerate(expressions()[:-1])
    ]
    (tmp_path / "alerts.yaml").write_text(as_yaml())
    (tmp_path / "panels.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "panels", "rules": panels}]})
    )
    (tmp_path / "tests.yaml").write_text(PAGED)
    for command in (
        ["check", "rules", "alerts.yaml"], ["check", "rules", "panels.yaml"],
        ["test", "rules", "tests.yaml"],
    ):  # fmt: skip
        done = subprocess.run(
            [found, *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_expression_is_promql() -> None:
    try:
        import promql_parser
    except ImportError:
        warnings.warn("NOT PARSED AS PROMQL: promql-parser is not installed.", stacklevel=1)
        pytest.skip("NOT PARSED AS PROMQL: promql-parser is not installed.")
    for expression in expressions()[:-1]:
        promql_parser.parse(expression.replace("$index", ".*"))
