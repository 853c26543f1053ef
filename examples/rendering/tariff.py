"""The home tariff of 2026: rates by postcode area, and the factors that multiply them."""

from __future__ import annotations

Row = tuple[str | float, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_AREAS = _words(
    "AB AL B BA BB BD BH BL BN BR BS CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY "
    "E EC EH EN EX FK FY G GL GU HA HD HG HP HR HU HX IG IP IV KA KT KW KY L LA LD LE LL LN LS "
    "LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH S SA SE SG SK SL SN SO"
)
_CLAY = frozenset(_words("AL BR CB CM CO CR DA E EN HA HP IG IP KT LU ME MK N NN NW OX RH SE SG"))
_RIVER = frozenset(_words("BA BS CA CF DH DN EX GL HR HU HX LA LN LS NG OX PE PR TA WR"))
_HEADER: Row = (
    "Postcode area",
    "Risk band",
    "Buildings rate per £1,000",
    "Contents rate per £1,000",
    "Flood loading %",
    "Subsidence loading %",
    "Minimum premium Basic £",
    "Minimum premium Plus £",
)


def rates() -> list[Row]:
    """Return the header and one row for each postcode area."""
    return [_HEADER, *(_rate(area, number) for number, area in enumerate(_AREAS))]


def _rate(area: str, number: int) -> Row:
    flood = 12 + (number * 7) % 15 if area in _RIVER else (number * 3) % 5
    clay = 15 + (number * 5) % 14 if area in _CLAY else (number * 2) % 4
    band = "ABCDE"[min(4, (flood + clay) // 9)]
    buildings = round(0.42 + 0.013 * flood + 0.011 * clay + 0.01 * (number % 6), 2)
    contents = round(2.10 + 0.03 * flood + 0.15 * (number % 7), 2)
    basic = 96 + 2 * (flood + clay)
    return area, band, buildings, contents, flood, clay, basic, basic + 64


def factors() -> list[Row]:
    """Return the header and the factors that multiply the premium."""
    return [
        ("Factor", "Value", "Multiplier", "Remark"),
        ("Year built", "before 1850", 1.22, "survey needed above £750,000"),
        ("Year built", "1850 to 1919", 1.12, ""),
        ("Year built", "1920 to 1979", 1.04, ""),
        ("Year built", "1980 or later", 1.00, ""),
        ("Roof", "up to 20% flat", 1.00, ""),
        ("Roof", "21% to 50% flat", 1.15, "inspection every five years"),
        ("Roof", "thatch", 2.40, "chimney swept twice a year"),
        ("Walls", "brick or stone", 1.00, ""),
        ("Walls", "timber frame", 1.08, ""),
        ("Walls", "cob or straw", 1.35, "refer to underwriting support"),
        ("Claim-free years", "0", 1.25, ""),
        ("Claim-free years", "1 to 2", 1.10, ""),
        ("Claim-free years", "3 to 4", 0.95, ""),
        ("Claim-free years", "5 or more", 0.82, ""),
        ("Alarm", "none", 1.00, ""),
        ("Alarm", "bells only", 0.98, ""),
        ("Alarm", "monitored", 0.93, "maintenance contract needed"),
        ("Leak sensor", "none", 1.00, ""),
        ("Leak sensor", "fitted with automatic shut-off", 0.90, "from March 2026"),
        ("Heat pump", "installed by an accredited firm", 0.97, ""),
        ("Solar panels with battery", "indoors", 1.06, "battery away from the escape route"),
        ("Lodgers", "one", 1.05, ""),
        ("Lodgers", "two or more", 1.30, "refer to underwriting support"),
    ]
