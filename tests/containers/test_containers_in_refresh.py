"""Archives and messages in a whole refresh: their parts are documents like any other."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from freshground.core.errors import FreshgroundError
from freshground.service.denial.takedown import restore, takedown
from freshground.service.lineage.explain import explain
from freshground.service.plans.planning import plan
from freshground.service.reports import Scope
from freshground.service.stages import ingest
from tests.containers.boxes import letter, sentence, zipped
from tests.governance.asking import grant, keys
from tests.project import Project

pytestmark = pytest.mark.slow


def states(project: Project) -> dict[str, tuple[str, str | None]]:
    context = project.context()
    current = context.ledger.current("docs", context.silver_id("docs"))
    return {d.row["key"]: (d.state, d.rule) for d in current}


def four(*names: str) -> bytes:
    return zipped({f"{name}.md": sentence(name) for name in names})


def test_parts_are_served_and_an_archive_is_accounted(quick: Project) -> None:
    quick.write("a.zip", zipped({"one.md": sentence("storm"), "b/two.txt": sentence("hail")}))
    quick.write("c.md", sentence("fire"))
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert quick.served_keys() == {"a.zip!/one.md", "a.zip!/b/two.txt", "c.md"}
    assert run.of("ingest").counts["listed"] == 4
    assert states(quick)["a.zip"] == ("excluded", "container")
    accounting = [c for c in run.of("build").checks if "accounting" in c["check_id"]]
    assert [c["passed"] for c in accounting] == [True]


def test_nothing_is_opened_twice(quick: Project) -> None:
    quick.write("a.zip", four("storm", "hail"))
    quick.write("m.eml", letter("See the plan.", ("plan.md", sentence("ice").encode())))
    quick.refresh()
    for later in (1, 24 * 30):  # the second is due for verification: read, and not opened
        quick.clock.advance(timedelta(hours=later))
        context = quick.context()

        def nothing(_function, jobs):
            assert list(jobs) == []
            return iter(())

        context.workers.each = nothing  # type: ignore[method-assign]
        report = ingest(context, Scope(source="docs"))
        context.lake.journal.commit()
        assert report.outcome == "nothing", report.message
        assert report.counts["listed"] == 5


def test_an_edit_changes_only_the_parts_that_changed(quick: Project) -> None:
    quick.write("a.zip", four("storm", "hail", "fire"))
    quick.refresh()
    parts = {"storm.md": sentence("storm"), "hail.md": sentence("ice"), "flood.md": sentence("sea")}
    quick.write("a.zip", zipped(parts))
    run = quick.refresh()
    assert run.status == 0, run.messages
    counts = run.of("ingest").counts
    assert (counts["added"], counts["changed"], counts["removed"]) == (1, 2, 1)
    assert quick.served_keys() == {f"a.zip!/{name}" for name in parts}
    assert run.of("silver").counts["parsed"] == 2


def test_renamed_and_deleted_archives_take_their_parts_along(quick: Project) -> None:
    quick.write("a.zip", four("storm"))
    quick.write("odd", four("hail"))
    quick.write("b.md", sentence("fire"))
    quick.refresh()
    quick.rename("a.zip", "z.zip")
    quick.rename("odd", "odder")
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert run.of("ingest").counts["moved"] == 4
    assert run.totals["texts_embedded"] == 0
    assert quick.served_keys() == {"z.zip!/storm.md", "odder!/hail.md", "b.md"}
    quick.delete("z.zip")
    assert quick.refresh().of("ingest").counts["removed"] == 2
    assert quick.served_keys() == {"odder!/hail.md", "b.md"}


def test_attachments_of_attachments(quick: Project) -> None:
    inner = letter("See the table below.", ("deep.md", sentence("deep water").encode()))
    papers = zipped({"q.eml": inner})
    quick.write("m.eml", letter("The papers.", ("p.zip", papers), ("t.txt", b"Term nine.")))
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert quick.served_keys() == {
        "m.eml", "m.eml!/t.txt", "m.eml!/p.zip!/q.eml", "m.eml!/p.zip!/q.eml!/deep.md",
    }  # fmt: skip
    rows = {r["key"]: r for r in quick.context().ledger.objects("docs").values()}
    deep, message = rows["m.eml!/p.zip!/q.eml!/deep.md"], rows["m.eml!/p.zip!/q.eml"]
    assert deep["parent"] == message["doc_id"]
    assert json.loads(deep["metadata"])["parent_uri"] == message["uri"]
    assert deep["modified_at"] == rows["m.eml"]["modified_at"]
    found = explain(quick.context(), deep["doc_id"])["document"]
    assert found["parent"]["key"] == message["key"]
    assert explain(quick.context(), "m.eml")["document"]["parts"] == 2


@pytest.mark.parametrize("name", ["odd.md", "mail.txt"])
def test_a_container_under_another_name_is_found_by_its_bytes(quick: Project, name: str) -> None:
    attached = letter("Hello all.", ("one.md", sentence("storm").encode()))
    quick.write(name, zipped({"one.md": sentence("storm")}) if name == "odd.md" else attached)
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert f"{name}!/one.md" in quick.served_keys()
    assert quick.refresh().of("ingest").outcome == "nothing"
    quick.write(name, "Now it is a plain text about nothing in particular.")
    assert quick.refresh("docs").status == 0
    assert quick.served_keys() == {name}
    assert states(quick) == {name: ("ok", None)}


def test_narrowed_access_of_a_message_denies_its_parts_at_once(quick: Project) -> None:
    quick.source(access="from_source")
    quick.write("m.eml", letter("See the plan.", ("plan.md", sentence("storm").encode())))
    grant(quick, "m.eml")
    quick.write("c.md", sentence("fire"))
    grant(quick, "c.md")
    assert quick.refresh().status == 0
    assert "m.eml!/plan.md" in keys(quick, groups=frozenset({"law"}))
    grant(quick, "m.eml", "hr")
    quick.write("m.eml", letter("See it.", ("plan.md", sentence("ice").encode())))
    quick.clock.advance(timedelta(hours=1))
    context = quick.context()
    context.workers.each = None  # type: ignore[method-assign]  # before anything is opened
    with pytest.raises(TypeError):
        ingest(context, Scope(source="docs"))
    context.lake.journal.commit()
    assert keys(quick, groups=frozenset({"law"})) == {"c.md"}
    assert "m.eml!/plan.md" in keys(quick, groups=frozenset({"hr"}))


def test_guards_count_parts(quick: Project) -> None:
    quick.source(delete_guard={"share": 0.2, "at_least": 3})
    quick.write("a.zip", four(*(f"n{n}" for n in range(8))))
    quick.write("b.md", sentence("fire"))
    quick.refresh()
    quick.write("a.zip", four("n1"))
    planned = plan(quick.context())
    assert planned["stopped"]
    assert len(planned["sources"][0]["deletes"]) == 7
    before = quick.served_keys()
    run = quick.refresh()
    assert run.status == 4, run.messages
    assert quick.served_keys() == before
    assert states(quick)["a.zip!/n5.md"][0] == "ok"
    assert quick.refresh("docs").status == 0
    assert quick.served_keys() == {"a.zip!/n1.md", "b.md"}


def test_a_plan_shows_the_parts_and_writes_nothing(quick: Project) -> None:
    quick.write("a.zip", four("storm", "hail"))
    context = quick.context()
    versions = [context.lake.bronze.version, context.lake.containers.version]
    found = plan(context)["sources"][0]
    assert found["adds"] == ["a.zip", "a.zip!/hail.md", "a.zip!/storm.md"]
    assert [context.lake.bronze.version, context.lake.containers.version] == versions
    assert not list((quick.root / "lake").glob("blobs/*/*"))


def test_patterns_hold_for_parts(quick: Project) -> None:
    quick.source(include=["*.zip"], exclude=["*.log", "drafts"])
    quick.write(
        "a.zip",
        zipped({"one.md": sentence("storm"), "x.log": "log", "drafts/d.md": "d", ".git/c": "c"}),
    )
    run = quick.refresh()
    assert quick.served_keys() == {"a.zip!/one.md"}
    assert run.of("ingest").counts["excluded"] == 3
    assert run.status == 0, run.messages


def test_what_stays_closed_is_set_aside_with_the_reason(quick: Project) -> None:
    quick.source(containers={"parts": 3, "depth": 2})
    quick.write("many.zip", four("a", "b", "c", "d"))
    quick.write("deep.zip", zipped({"in.zip": zipped({"in.zip": zipped({"x.md": sentence("x")})})}))
    quick.write("m.eml", letter("Four papers.", *((f"{n}.txt", b"paper") for n in "abcd")))
    run = quick.refresh()
    assert run.status == 3
    assert quick.served_keys() == {"m.eml"}
    found = states(quick)
    assert found["many.zip"] == ("quarantined", "too_large")
    assert found["m.eml!/attachments"] == ("quarantined", "too_large")
    assert found["deep.zip!/in.zip!/in.zip"] == ("quarantined", "too_large")
    assert [found[key][0] for key in ("deep.zip", "deep.zip!/in.zip")] == ["excluded"] * 2
    assert quick.refresh().status == 0
    quick.source(containers={"parts": 4, "depth": 3})
    assert quick.refresh().status == 0, "other limits open it, from what the lake holds"
    assert "many.zip!/a.md" in quick.served_keys()
    assert "deep.zip!/in.zip!/in.zip!/x.md" in quick.served_keys()


def test_closed_again(quick: Project) -> None:
    quick.write("a.zip", four("storm"))
    quick.write("c.md", sentence("fire"))
    quick.refresh()
    quick.source(containers={"open": False})
    run = quick.refresh("docs")
    assert run.status == 3
    assert states(quick) == {"a.zip": ("quarantined", "unsupported"), "c.md": ("ok", None)}


def test_a_newer_opener_opens_anew_without_fetching(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.write("odd", four("storm"))
    quick.refresh()
    monkeypatch.setattr("freshground.service.looking_into.UNPACKER_ID", "another")
    quick.clock.advance(timedelta(hours=1))
    context = quick.context()
    source = context.source("docs")
    source.fetch = None  # type: ignore[method-assign]
    opened: list[str] = []
    each = context.workers.each

    def counted(function, jobs):
        opened.append(function)
        return each(function, jobs)

    context.workers.each = counted  # type: ignore[method-assign]
    report = ingest(context, Scope(source="docs"))
    assert report.outcome == "nothing", report.message
    assert opened == ["ingestion.containers:unpack"]


@pytest.mark.parametrize("table", ["bronze", "containers", "silver"])
@pytest.mark.parametrize("nth", [0, 1])
def test_killed_anywhere_the_next_run_ends_in_the_same_state(
    quick: Project, table: str, nth: int
) -> None:
    quick.write("a.zip", four("storm", "hail"))
    quick.write("odd", letter("See the plan.", ("plan.md", sentence("ice").encode())))
    quick.clock.advance(timedelta(hours=1))
    context = quick.context()
    append = getattr(context.lake, table).append
    calls: list[int] = []

    def killed(rows):
        calls.append(rows.num_rows)
        if len(calls) > nth:
            raise KeyboardInterrupt
        append(rows)

    getattr(context.lake, table).append = killed
    from freshground.service.refresh import refresh

    try:
        refresh(context)
    except KeyboardInterrupt:
        pass
    else:
        assert len(calls) <= nth
    assert quick.refresh().status == 0
    clean = quick.clean()
    assert clean.refresh().status == 0
    assert quick.served_keys() == clean.served_keys()
    assert len(quick.served_keys()) == 4


def test_a_takedown_takes_the_parts_too(quick: Project) -> None:
    quick.write("m.eml", letter("See the plan.", ("plan.md", sentence("storm").encode())))
    quick.write("c.md", sentence("fire"))
    quick.refresh()
    takedown(quick.context(), "m.eml")
    assert keys(quick) == {"c.md"}
    quick.write("m.eml", letter("See the plans.", ("new.md", sentence("storm").encode())))
    quick.refresh("docs")
    assert quick.served_keys() == {"c.md"}
    restore(quick.context(), "m.eml")
    with pytest.raises(FreshgroundError):
        restore(quick.context(), "c.md")


def test_a_file_that_is_called_like_a_part_keeps_its_name(quick: Project) -> None:
    quick.write("wow", zipped({"x.md": sentence("storm")}))
    quick.write("wow!/x.md", sentence("fire"))
    assert quick.refresh().status == 0
    assert quick.served_keys() == {"wow!/x.md", "wow!/x.md~"}
    rows = {r["key"]: r for r in quick.context().ledger.objects("docs").values()}
    assert rows["wow!/x.md"]["parent"] is None
