"""Opening containers: every kind, hostile names, bombs, damage."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import mailbox
import struct
import sys
import tarfile
import zipfile
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import Quarantine
from ingestion.containers import unpack
from ingestion.containers.names import Names
from ingestion.containers.parts import CARRIED, Limits
from tests.containers.boxes import letter, tarred, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits(parts=100, total=200_000_000, one=150_000_000, ratio=200)


def names(data: bytes, name: str = "x", limits: Limits = LIMITS) -> dict[str, bytes | str | None]:
    found = unpack(data, name, limits)
    return {part.name: part.data if part.rule is None else part.rule for part in found.parts}


def test_kinds() -> None:
    assert names(zipped({"a.txt": "1", "b/c.txt": "2"})) == {"a.txt": b"1", "b/c.txt": b"2"}
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        assert names(tarred({"a.txt": b"1", "b/c.txt": b"2"}, mode)) == {
            "a.txt": b"1", "b/c.txt": b"2",
        }  # fmt: skip
    for pack, end in ((gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")):
        assert names(pack(b"some text"), f"a/log.txt.{end}") == {"log.txt": b"some text"}
    assert unpack(b"# Only text", "a.zip", LIMITS).kind is None
    assert unpack(b"Subject says it.\n\nNo mail.", "a.txt", LIMITS).kind is None


def test_office_files_and_programs_stay_closed() -> None:
    for member in ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"):
        assert unpack(zipped({"first": "x", member: "y"}), "a.zip", LIMITS).kind is None


def test_hostile_names(tmp_path) -> None:
    found = names(
        zipped({
            "../../etc/passwd": "1", "/abs/x.txt": "2", "C:\\Temp\\y.txt": "3",
            "a\u202egpj.exe": "4", "./z.txt": "5", "z.txt": "6", "q" * 500 + ".pdf": "7",
            "bad!/w.txt": "8", "\x07": "9",
        })
    )  # fmt: skip
    assert list(found)[:6] == [
        "etc/passwd", "abs/x.txt", "Temp/y.txt", "agpj.exe", "z.txt", "z (2).txt",
    ]  # fmt: skip
    long = list(found)[6]
    assert len(long) <= 120
    assert long.endswith(".pdf")
    assert list(found)[7:] == ["bad/w.txt", "part-9"]


@given(st.lists(st.text(max_size=40), max_size=12))
def test_names_are_safe_and_unique(wanted: list[str]) -> None:
    given_names = Names()
    found = [given_names.give(name, place + 1) for place, name in enumerate(wanted)]
    assert len(set(found)) == len(found)
    for name in found:
        assert name.isprintable()
        assert not name.startswith("/")
        assert "!/" not in name
        assert not {"", ".", ".."} & set(name.split("/"))
        assert found.count(name) == 1


def test_what_is_no_document_is_left_out() -> None:
    place = io.BytesIO()
    with tarfile.open(fileobj=place, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert names(place.getvalue()) == {"link": "left_out"}
    found = names(zipped({"__MACOSX/._a.txt": "x", ".hidden": "x", "Thumbs.db": "x", "a.txt": "y"}))
    assert [n for n, data in found.items() if data == b"y"] == ["a.txt"]
    assert list(found.values()).count("left_out") == 3


def refusal(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Quarantine) as caught:
        unpack(data, "x", limits)
    return caught.value.rule


def test_bombs_are_refused() -> None:
    zeros = bytes(110_000_000)
    assert refusal(zipped({"a": zeros})) == "too_large", "packed too densely"
    assert names(gzip.compress(zeros, 9))["x"] == "too_large"
    assert refusal(zipped({str(n): "x" for n in range(101)})) == "too_large"
    assert refusal(zipped({"a": "x" * 50, "b": "y" * 60}), Limits(9, 100, 100, 200)) == "too_large"
    assert names(zipped({"a": "x" * 90}), limits=Limits(9, 100, 80, 200)) == {"a": "too_large"}
    assert refusal(tarred({"a": zeros}, "w:gz")) == "too_large"


def test_a_size_that_lies_is_not_believed() -> None:
    data = bytearray(zipped({"a": "x" * 1000}))
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 10)  # the size that the directory declares
    assert names(bytes(data)) in ({"a": "corrupt"}, {"a": b"x" * 10})


def test_members_that_share_bytes_are_refused() -> None:
    data = zipped({"a": b"\x00" * 5000 + bytes(range(256)) * 20})
    at = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry = data[at:end]
    doubled = data[:at] + entry * 30
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 30, 30, len(entry) * 30, at, 0)
    assert refusal(doubled + tail) == "too_large"


def test_damage_and_encryption() -> None:
    whole = zipped({"a.txt": "text " * 400, "b.txt": "more"})
    assert refusal(whole[: len(whole) // 2]) == "corrupt"
    at = whole.index(b"PK\x03\x04") + 40
    spoilt = whole[:at] + b"\xff" * 4 + whole[at + 4 :]
    assert names(spoilt) == {"a.txt": "corrupt", "b.txt": b"more"}
    assert refusal(gzip.compress(b"x" * 9999)[:-20]) == "corrupt"
    assert names(gzip.compress(bytes(range(256)) * 999)[:-20], "a.gz") == {"a": "corrupt"}
    locked = bytearray(whole)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = locked.find(mark)
        while place >= 0:
            locked[place + offset] |= 1
            place = locked.find(mark, place + 1)
    assert refusal(bytes(locked)) == "encrypted"


HEADS = (
    b"PK\x03\x04", b"\x1f\x8b\x08", b"From a 2026\nX: y\n", b"\x78\x9f\x3e\x22",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MIME-Version: 1\nFrom: a\n",
)  # fmt: skip


@given(st.binary(max_size=400), st.sampled_from(HEADS))
def test_junk_is_refused_or_empty(junk: bytes, head: bytes) -> None:
    try:
        unpack(head + junk, "x.bin", LIMITS)
    except Quarantine as error:
        assert error.rule in {"corrupt", "too_large", "encrypted", "unsupported"}  # noqa: PT017


@pytest.fixture
def python_as_it_starts() -> Iterator[None]:
    """Depth has Python's own limit, which libraries of other tests raise."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("python_as_it_starts")
def test_a_message_of_messages_a_thousand_deep_is_refused() -> None:
    head = "Content-Type: multipart/mixed; boundary=b{}\r\n\r\n--b{}\r\n"
    nested = "".join(head.format(n, n) for n in range(2_000))
    with pytest.raises(Quarantine) as refusal:
        unpack(f"From: a@b.c\r\nMIME-Version: 1.0\r\n{nested}".encode(), "a.eml", LIMITS)
    assert refusal.value.rule == "corrupt"


def test_many_bytes_come_in_slices() -> None:
    size = CARRIED // 2 + 1
    data = zipped({f"{n}.txt": bytes([65 + n]) * size for n in range(4)})
    limits = Limits(100, 200_000_000, 150_000_000, 10_000_000)
    found, skip, taken = [], 0, 0
    while True:
        part = unpack(data, "x", limits, skip, taken)
        found += [(p.name, len(p.data)) for p in part.parts]
        skip, taken = len(found), sum(s for _, s in found)
        if not part.more:
            break
        assert len(part.parts) < 4
    assert found == [(f"{n}.txt", size) for n in range(4)]
    with pytest.raises(Quarantine):
        unpack(data, "x", Limits(100, 200_000_000, 150_000_000, 10_000_000), 2, 190_000_000)


def test_mailbox_names_do_not_depend_on_places(tmp_path) -> None:
    place = tmp_path / "box"
    box = mailbox.mbox(place)
    for text in ("First.", "Second, with\n\nFrom here on more.", "Third."):
        box.add(letter(text, subject=text.split()[0]))
    box.flush()
    whole = place.read_bytes()
    found = names(whole)
    assert len(found) == 3
    assert [name.split("-")[0] for name in found] == ["First.", "Second,", "Third."]
    assert b"\n\nFrom here on more." in list(found.values())[1]
    second = whole.index(b"\nFrom ", 10) + 1
    assert list(names(whole[second:])) == list(found)[1:]


def test_attachments() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "Papers"
    message["MIME-Version"] = "1.0"
    message.set_content("See the papers.")
    message.add_alternative('<p>See <img src="cid:logo"> papers.</p>', subtype="html")
    message.add_attachment(b"\x89PNG", "image", "png", filename="logo.png", cid="<logo>")
    message.add_attachment(b"%PDF-", "application", "pdf", filename="../Tarif ä.pdf")
    message.add_attachment("a;b", subtype="csv", filename="t.csv")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "b@example.org", "The old offer"
    inner.set_content("As offered.")
    message.add_attachment(inner)
    message.add_attachment(b"sig", "application", "pgp-signature")
    found = unpack(message.as_bytes(), "m.eml", LIMITS)
    assert (found.kind, found.bare) == ("mail", False)
    assert [p.name for p in found.parts] == ["Tarif ä.pdf", "t.csv", "The old offer.eml"]
    assert b"As offered." in found.parts[2].data


def test_a_message_without_text_is_nothing_but_its_parts() -> None:
    assert unpack(letter(" \n", ("a.txt", b"x")), "m.eml", LIMITS).bare
    assert not unpack(letter("Hello", ("a.txt", b"x")), "m.eml", LIMITS).bare


def test_winmail() -> None:
    def record(level: int, tag: int, data: bytes) -> bytes:
        return struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", 0)

    data = struct.pack("<IH", 0x223E9F78, 1) + record(1, 0x00089006, b"\x00\x00\x01\x00")
    data += record(2, 0x00069002, bytes(14)) + record(2, 0x00018010, b"plan.txt\x00")
    data += record(2, 0x0006800F, b"The plan.")
    assert names(data, "winmail.dat") == {"plan.txt": b"The plan."}


def test_real_containers(shared_data) -> None:
    formats = shared_data / "formats"
    assert set(names((formats / "simple.zip").read_bytes())) == {
        "ideas-page.html",
        "stanley-cups.csv",
    }
    found = names((formats / "fake-email-attachment.msg").read_bytes())
    assert set(found) == {"fake-attachment.txt"}
    for place in sorted(formats.glob("*.docx")) + sorted(formats.glob("*.epub")):
        assert unpack(place.read_bytes(), place.name, LIMITS).kind is None, place.name


def test_zip64_and_stored() -> None:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("a.txt", "w", force_zip64=True) as member:
            member.write(b"one")
        archive.writestr("inner.zip", zipped({"b.txt": "two"}))
    assert names(place.getvalue())["a.txt"] == b"one"
