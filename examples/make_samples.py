"""Writes the binary files of the sample handbook, and the changes that the demo applies.

Run `python examples/make_samples.py` after editing a manuscript. The same sources give the same
bytes, so an unchanged manuscript changes no file. Text files of the handbook are kept as they are.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from rendering import manuscript, office, pdf, tariff

HERE = Path(__file__).resolve().parent
CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FOOT = "Tarnbrook Mutual Insurance Society Limited"

BOOKLETS = {
    # key: (manuscript, variant, page header)
    "policies/home-basic.pdf": ("home", 0, "Tarnbrook Home Basic   TM-HB-0126"),
    "policies/home-plus.pdf": ("home", 1, "Tarnbrook Home Plus   TM-HP-0126"),
    "policies/motor-comprehensive.pdf": ("motor", 0, "Tarnbrook Motor   TM-MC-0426"),
    "policies/travel-annual.pdf": ("travel", 0, "Tarnbrook Annual Travel   TM-TA-0226"),
    "policies/renters.pdf": ("renters", 0, "Tarnbrook Renters   TM-RC-0326"),
}
WORD = {
    "policies/pet-lifetime.docx": "pet",
    "policies/landlord.docx": "landlord",
    "policies/small-business.docx": "business",
    "policies/cyber-endorsement.docx": "cyber",
    "claims/fraud-indicators.docx": "fraud",
}
SLIDES = {
    "training/claims-induction.pptx": "claims-induction",
    "training/flood-response.pptx": "flood-response",
    "training/data-protection.pptx": "data-protection",
}
COPIES = {"archive/home-plus wording (copy).pdf": "policies/home-plus.pdf"}
SCANNED_LINES = (
    "TARNBROOK MUTUAL INSURANCE SOCIETY",
    "",
    "Direct debit mandate",
    "Signed at Bridgwater on 14 September 1998",
    "",
    "I instruct my bank to pay the yearly premium of",
    "policy 98-114-2207 until I revoke this mandate.",
    "",
    "E. M. Polglaze",
)
EDITED_TEXT = {
    "claims/claims-handbook.md": (
        "Hotel stays beyond 21 nights need the team manager's agreement each week.",
        "Hotel stays beyond 14 nights need the team manager's agreement each week.",
    ),
    "intranet/telephone-lines.html": (
        "Monday to Friday 8 to 7, Saturday 9 to 1",
        "Monday to Friday 8 to 8, Saturday 8 to 4",
    ),
}
EDITED_WORD = {"policies/pet-lifetime.docx": ("Accident: 48 hours.", "Accident: 24 hours.")}


def blocks_of(name: str, variant: int = 0) -> list[manuscript.Block]:
    """Return the blocks of a manuscript."""
    text = (HERE / "manuscripts" / f"{name}.md").read_text(encoding="utf-8")
    return manuscript.parse(manuscript.choose(text, variant))


def edited(text: str, old: str, new: str) -> str:
    """Return the text with one passage replaced. ValueError unless it stands there once."""
    if text.count(old) != 1:
        raise ValueError(f"{old!r} stands {text.count(old)} times; an edit needs exactly one place")
    return text.replace(old, new)


def handbook() -> dict[str, bytes]:
    """Return the binary files of the handbook by key."""
    files = {
        key: pdf.booklet(blocks_of(name, variant), head, FOOT, CREATED)
        for key, (name, variant, head) in BOOKLETS.items()
    }
    files |= {key: office.word(blocks_of(name), FOOT, CREATED) for key, name in WORD.items()}
    files |= {key: office.slides(blocks_of(name), CREATED) for key, name in SLIDES.items()}
    files |= {key: files[original] for key, original in COPIES.items()}
    files["tariffs/home-tariff-2026.xlsx"] = office.workbook(
        {"Rates": tariff.rates(), "Factors": tariff.factors()}, "Home tariff 2026", CREATED
    )
    files["inbox/board-pack-locked.pdf"] = pdf.booklet(
        blocks_of("board-pack"), "Board pack", FOOT, CREATED, password="tarn-2026"
    )
    files["inbox/mandate-1998-scan.pdf"] = pdf.scan(SCANNED_LINES, CREATED)
    form = office.word(blocks_of("claim-form"), FOOT, CREATED)
    # Half a download: the start of a zip without its directory.
    files["inbox/claim-form-truncated.docx"] = form[: len(form) // 2]
    return files


def changes(handbook_folder: Path) -> dict[str, bytes]:
    """Return the edited and the added files that cannot be kept as plain text, by key."""
    files = {
        key: edited((handbook_folder / key).read_text(encoding="utf-8"), *passage).encode()
        for key, passage in EDITED_TEXT.items()
    }
    for key, passage in EDITED_WORD.items():
        text = (HERE / "manuscripts" / f"{WORD[key]}.md").read_text(encoding="utf-8")
        files[key] = office.word(manuscript.parse(edited(text, *passage)), FOOT, CREATED)
    files["policies/electric-bicycle.pdf"] = pdf.booklet(
        blocks_of("electric-bicycle"), "Tarnbrook Ride   TM-EB-1126", FOOT, CREATED
    )
    return files


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write the files that differ from what is there."""
    for key, data in files.items():
        place = folder / key
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.read_bytes() != data:
            place.write_bytes(data)


def main() -> None:
    """Write everything under `--out`, by default beside this script."""
    parser = argparse.ArgumentParser(description="Write the binary sample files.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into")
    out = parser.parse_args().out
    write(handbook(), out / "handbook")
    write(changes(HERE / "handbook"), out / "changes" / "write")


if __name__ == "__main__":
    main()
