"""Probe texts: what a runtime must agree on with the fp32 reference to enter a space.

They vary in length (one character to beyond what most models read), script and content, because a
wrong kernel, a lost mask or a coarse data type shows on some lengths and not on others. They are
part of the export's format: change them and `exports.FORMAT` together.
"""

from __future__ import annotations

from itertools import cycle, islice

import numpy as np

LEAST_COSINE = 0.999
_SENTENCES = (
    "The insurer pays for damage by fire, lightning and explosion unless clause 4.2 applies.",
    "Claims are reported within 30 days; later reports need the approval of a team lead.",
    "def area(width: float, height: float) -> float: return width * height",
    "Der Versicherungsnehmer hat jede Änderung der Anschrift unverzüglich anzuzeigen.",
    "Le contrat prend effet à la date indiquée aux conditions particulières.",
    "La prima anual asciende a 1.250,75 € y se abona por adelantado.",
    "Страховщик возмещает ущерб в течение десяти рабочих дней.",
    "保険金は請求書類の受領後三十日以内に支払われます。",
    "يبدأ التأمين من تاريخ دفع القسط الأول.",
    "बीमा कंपनी दस दिनों के भीतर भुगतान करती है।",
    "ERROR 2026-03-01T12:00:07Z worker-3 timeout after 30s, retry 2/5 (id=9f3c-77).",
    "A measles outbreak was traced to one clinic, where four staff were not vaccinated.",
)


def _words(count: int, first: int) -> str:
    words = " ".join(_SENTENCES[first:] + _SENTENCES[:first]).split()
    return " ".join(islice(cycle(words), count))


PROBE_TEXTS: tuple[str, ...] = (
    *_SENTENCES,
    "a",
    "premium",
    "How do I cancel my policy?",
    "  white space\n\n around\tand within  ",
    "👩‍🚒🔥 café naïve ﬁre … “quoted”",
    "0123456789 " * 6,
    *(_words(count, first) for first, count in enumerate((20, 40, 70, 110, 160, 420))),
)


def cosines(vectors: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the cosine of each row (n, d) with the same row of the reference: shape (n,)."""
    rows = np.asarray(vectors, dtype=np.float64)
    wanted = np.asarray(reference, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(wanted, axis=1)
    return np.einsum("nd,nd->n", rows, wanted) / np.maximum(norms, np.finfo(np.float64).tiny)
