"""Archives and messages in a whole refresh: their parts are documents like any other."""

from __future__ import annotations

import io
import json
import zipfile

import pytest


def zipped(**files: str | bytes) -> bytes:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name.replace("__", "/"), (2020, 1, 1, 0, 0, 0))
            archive.writestr(info, text)
    return place.getvalue()


def pack(files: dict[str, str | bytes]) -> bytes:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return place.getvalue()


def letter(text: str, *attached: tuple[str, bytes], subject: str = "Storm cover") -> bytes:
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"] = "ann@example.org"
    message["To"] = "bob@example.org"
    message["Subject"] = subject
    message["Date"] = "Mon, 05 Jan 2026 08:00:00 +0000"
    message["Message-ID"] = f"<{abs(hash(text))}@example.org>"
    message.set_content(text)
    for name, data in attached:
        message.add_attachment(data, "application", "octet-stream", filename=name)
    return message.as_bytes()


def sentence(about: str) -> str:
    return f"The policy about {about} covers damage by {about} up to a thousand euros a year.\n"


def test_parts_are_served_and_the_archive_is_accounted(quick):
    quick.write("a.zip", pack({"one.md": sentence("storm"), "b/two.txt": sentence("hail")}))
    quick.write("c.md", sentence("fire"))
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert quick.served_keys() == {"a.zip!/one.md", "a.zip!/b/two.txt", "c.md"}
    assert run.of("ingest").counts["listed"] == 4
    current = {d.row["key"]: d for d in quick.context().ledger.current("docs", "x")}
    assert current["a.zip"].state == "excluded"
    assert current["a.zip"].rule == "container"
    again = quick.refresh()
    assert again.status == 0
    assert again.of("ingest").outcome == "nothing"
    assert again.of("ingest").counts["listed"] == 4


def test_edit_changes_only_the_parts_that_changed(quick):
    quick.write("a.zip", pack({n: sentence(n) for n in ("storm", "hail", "fire", "frost")}))
    quick.refresh()
    quick.encoder.texts.clear() if hasattr(quick.encoder, "texts") else None
    quick.write(
        "a.zip",
        pack({"storm": sentence("storm"), "hail": sentence("hail and ice"),
              "fire": sentence("fire"), "flood": sentence("flood")}),
    )  # fmt: skip
    run = quick.refresh()
    assert run.status == 0, run.messages
    counts = run.of("ingest").counts
    assert (counts["added"], counts["changed"], counts["removed"]) == (1, 2, 1)
    assert quick.served_keys() == {f"a.zip!/{n}" for n in ("storm", "hail", "fire", "flood")}
    assert run.of("silver").counts["parsed"] == 2


def test_renamed_archive_moves_its_parts(quick):
    quick.write("a.zip", pack({"one.md": sentence("storm")}))
    quick.write("b.md", sentence("fire"))
    quick.refresh()
    quick.rename("a.zip", "z.zip")
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert run.of("ingest").counts["moved"] == 2
    assert run.totals["texts_embedded"] == 0
    assert quick.served_keys() == {"z.zip!/one.md", "b.md"}


def test_attachments_and_nesting(quick):
    inner = letter("See the table below.", ("deep.md", sentence("deep water").encode()))
    quick.write(
        "m.eml",
        letter("Please find the papers.", ("p.zip", pack({"q.eml": inner})), ("t.txt", b"Term 9.")),
    )
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert quick.served_keys() == {
        "m.eml", "m.eml!/t.txt", "m.eml!/p.zip!/q.eml", "m.eml!/p.zip!/q.eml!/deep.md",
    }  # fmt: skip
    rows = {r["key"]: r for r in quick.context().ledger.objects("docs").values()}
    deep = rows["m.eml!/p.zip!/q.eml!/deep.md"]
    assert json.loads(deep["metadata"])["parent"] == rows["m.eml!/p.zip!/q.eml"]["doc_id"]


@pytest.mark.parametrize("name", ["odd.md", "mail.txt"])
def test_container_under_another_name_is_discovered(quick, name):
    data = pack({"one.md": sentence("storm")})
    quick.write(
        name, data if name == "odd.md" else letter("Hello all.", ("one.md", b"# Storm\n\nx"))
    )
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert f"{name}!/one.md" in quick.served_keys()
    assert quick.refresh().of("ingest").outcome == "nothing"
    quick.delete(name)
    quick.write("rest.md", sentence("rest"))
    run = quick.refresh("docs")
    assert quick.served_keys() == {"rest.md"}
