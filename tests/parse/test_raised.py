"""Raised and lowered characters keep what they say where there is only plain text."""

from __future__ import annotations

import pytest

from ingestion.parse import parse


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("120 m<sup>2</sup>", "120 m\u00b2"),
        ("10<sup>-3</sup> m<sup>3</sup>", "10^-3 m\u00b3"),
        ("5 s<sup>-1</sup>", "5 s\u207b\u00b9"),
        ("(a+b)<sup>2</sup>", "(a+b)\u00b2"),
        ("x<sup>n+1</sup>", "x^(n+1)"),
        ("2<sup>n+1</sup>", "2^(n+1)"),
        ("the 1<sup>st</sup> of ACME<sup>TM</sup>", "the 1st of ACMETM"),
        ("in 2019<sup>[4]</sup> already<sup>[5]</sup>", "in 2019[4] already[5]"),
        ("as said<sup>1,2</sup>", "as said\u00b9,\u00b2"),
        ("H<sub>2</sub>O and 101<sub>2</sub>", "H2O and 101_2"),
        ("log<sub>10</sub> of <sup>14</sup>C", "log10 of 14C"),
    ],
)
def test_scripts_keep_their_meaning_in_prose_and_in_cells(page: str, said: str) -> None:
    prose = parse(f"<h1>T</h1><p>Known: {page}.</p>".encode(), "a.html").text
    assert f"Known: {said}." in prose
    cells = f"<table><tr><th>Name</th><th>Value</th></tr><tr><td>a</td><td>{page}</td></tr></table>"
    assert f"a | {said}" in parse(f"<h1>T</h1>{cells}".encode(), "a.html").text
