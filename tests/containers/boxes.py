"""Archives and messages, as the tests of this folder make them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from email.message import EmailMessage

from freshground.core.ids import digest


def zipped(files: dict[str, str | bytes]) -> bytes:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(
                zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED
            )
    return place.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    place = io.BytesIO()
    with tarfile.open(fileobj=place, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return place.getvalue()


def letter(text: str, *attached: tuple[str, bytes], subject: str = "Storm cover") -> bytes:
    message = EmailMessage()
    message["From"] = "ann@example.org"
    message["To"] = "bob@example.org"
    message["Subject"] = subject
    message["Date"] = "Mon, 05 Jan 2026 08:00:00 +0000"
    message["Message-ID"] = f"<{digest(text, subject)}@example.org>"
    message.set_content(text)
    for name, data in attached:
        message.add_attachment(data, "application", "octet-stream", filename=name)
    return message.as_bytes()


def sentence(about: str) -> str:
    return f"The policy about {about} covers damage by {about} up to a thousand euros a year.\n"
