"""Include and exclude patterns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.errors import ConfigError
from ingestion.sources.patterns import Patterns, left_out_by_name


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("**", "a/b/c.txt", True),
        ("*.pdf", "a.pdf", True),
        ("*.pdf", "deep/down/a.pdf", True),
        ("*.pdf", "a.pdfx", False),
        ("*.pdf", "a.PDF", False),
        ("/*.pdf", "a.pdf", True),
        ("/*.pdf", "deep/a.pdf", False),
        ("a/*.pdf", "a/x.pdf", True),
        ("a/*.pdf", "a/b/x.pdf", False),
        ("a/*.pdf", "z/a/x.pdf", False),
        ("a/*", "a/b/x", False),
        ("a/**/*.pdf", "a/x.pdf", True),
        ("a/**/*.pdf", "a/b/c/x.pdf", True),
        ("a/**/*.pdf", "ab/x.pdf", False),
        ("**/*.md", "x.md", True),
        ("**/*.md", "a/b/x.md", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("a/", "a/b/c", True),
        ("a/", "z/a/c", False),
        ("**/drafts/**", "x/drafts/y/z", True),
        ("**/drafts/**", "drafts/y", True),
        ("drafts", "x/drafts/y", True),
        ("drafts", "x/drafts", True),
        ("drafts", "x/draftsman", False),
        ("a/drafts", "a/drafts/y/z", True),
        ("?.txt", "a.txt", True),
        ("?.txt", "ab.txt", False),
        ("x[0-9].txt", "x7.txt", True),
        ("x[!0-9].txt", "x7.txt", False),
        ("x[!0-9].txt", "x/.txt", False),
        (r"\*.txt", "*.txt", True),
        (r"\*.txt", "a.txt", False),
        ("100%(1).txt", "100%(1).txt", True),
        ("a.b", "axb", False),
        ("caf\u00e9/*", "caf\u00e9/\u6f22.txt", True),
        ("*.txt", "line\nbreak.txt", True),
    ],
)
def test_include(pattern: str, key: str, expected: bool) -> None:
    assert Patterns((pattern,)).keeps(key) is expected


@pytest.mark.parametrize(
    ("pattern", "key"),
    [("private/*", "private/deep/x"), ("tmp*", "a/tmp1/x"), ("a/b?", "a/bc/d/e"), ("x/", "x/y")],
)
def test_an_excluded_folder_takes_all_inside_with_it(pattern: str, key: str) -> None:
    patterns = Patterns(("**",), (pattern,))
    assert not patterns.keeps(key)
    assert patterns.keeps("other/x")


def test_exclude_wins_over_include() -> None:
    patterns = Patterns(("*.pdf",), ("old/**",))
    assert patterns.keeps("new/a.pdf")
    assert not patterns.keeps("old/a.pdf")


@pytest.mark.parametrize("pattern", ["", "/", "a//b", "../a", "a/./b", "!a", "x[0-9", "x[z-a]"])
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Patterns((pattern,))
    assert repr(pattern) in caught.value.found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".git", True), (".DS_Store", True), ("~$report.docx", True), ("Thumbs.db", True),
        ("x.tmp", True), ("x.TMP", True), ("notes.txt~", True), ("#x#", True), ("x.swp", True),
        ("lost+found", True), ("Desktop.ini", True),
        ("report.docx", False), ("tmp", False), ("x.tmpl", False), ("~readme", False),
        ("thumbs.db.txt", False), ("a.part1", False),
    ],
)  # fmt: skip
def test_names_left_out(name: str, expected: bool) -> None:
    assert left_out_by_name(name) is expected


_SEGMENT = st.sampled_from(["a", "b", "ab", "a.md"])
_KEYS = st.lists(_SEGMENT, min_size=1, max_size=4)
_PATTERN = st.lists(
    st.sampled_from(["a", "b", "*", "**", "a*", "?", "*.md"]), min_size=1, max_size=4
).map("/".join)


def _naive(pattern: list[str], key: list[str]) -> bool:
    """Match segment by segment, by recursion: slow and plain."""
    if not pattern:
        return not key
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(key)
        return any(_naive(pattern[1:], key[at:]) for at in range(len(key) + 1))
    return bool(key) and _one(pattern[0], key[0]) and _naive(pattern[1:], key[1:])


def _one(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(_one(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and _one(pattern[1:], name[1:])


@settings(deadline=None, max_examples=60)
@given(_PATTERN, _KEYS)
def test_include_agrees_with_the_plain_definition(pattern: str, key: list[str]) -> None:
    segments = pattern.split("/")
    if len(segments) == 1 and segments != ["**"]:
        segments = ["**", *segments]
    expected = _naive(segments, key)
    if segments[-1] in ("a", "b"):  # names a folder: everything inside
        expected = any(_naive(segments, key[:end]) for end in range(1, len(key) + 1))
    assert Patterns((pattern,)).keeps("/".join(key)) is expected


@settings(deadline=None, max_examples=60)
@given(_PATTERN, _PATTERN, _KEYS)
def test_a_pruned_folder_holds_nothing_wanted(include: str, exclude: str, key: list[str]) -> None:
    patterns = Patterns((include,), (exclude,))
    if patterns.keeps("/".join(key)):
        for end in range(1, len(key)):
            assert patterns.may_hold("/".join(key[:end]))


@pytest.mark.parametrize(
    ("include", "exclude", "folder", "expected"),
    [
        (("docs/*.md",), (), "src", False),
        (("docs/*.md",), (), "docs", True),
        (("docs/*.md",), (), "docs/deep", False),
        (("docs/**",), (), "docs/deep", True),
        (("*.md",), (), "any/where", True),
        (("**",), ("old/**",), "old", False),
        (("**",), ("old/**",), "old/er", False),
        (("**",), ("old",), "x/old", False),
        (("**",), ("old/*.md",), "old", True),
        (("**",), ("**",), "a", False),
    ],
)
def test_which_folders_are_walked(
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    folder: str,
    expected: bool,
) -> None:
    assert Patterns(include, exclude).may_hold(folder) is expected
