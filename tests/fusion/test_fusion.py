from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import ConfigError
from indexes import fusion
from indexes.fusion import Calibration, GoldenRun, calibrate, count_words, fuse, tune

VECTOR = [("a", 0.60), ("b", 0.50), ("c", 0.45), ("d", 0.40)]
TEXT = [("c", 9.0), ("x", 6.0), ("a", 3.0)]


def ids(hits):
    return [hit.chunk_id for hit in hits]


def arm(prefix, top, step, n):
    return [(f"{prefix}{i:03d}", top - step * i) for i in range(n)]


@st.composite
def arms(draw):
    names = st.lists(st.integers(0, 60), unique=True, max_size=50)
    result = []
    for low, high in ((-1.0, 1.0), (0.01, 40.0)):
        chunks = [f"c{n:02d}" for n in draw(names)]
        scores = draw(st.lists(st.floats(low, high), min_size=len(chunks), max_size=len(chunks)))
        hits = sorted(zip(chunks, scores, strict=True), key=lambda hit: (-hit[1], hit[0]))
        result.append(hits)
    return result


# --- Azure's formula -------------------------------------------------------------------------


def test_rrf_top_of_two_arms_is_azures_number():
    hits = fuse([("a", 0.9)], [("a", 3.0)], 5, "rrf")
    assert [hit.score for hit in hits] == [0.032786883413791656]


def test_rrf_by_hand():
    hits = fuse(VECTOR, TEXT, 10, "rrf")
    assert ids(hits) == ["a", "c", "b", "x", "d"]
    assert hits[0].score == pytest.approx(1 / 61 + 1 / 63, abs=1e-8)
    assert hits[3].score == pytest.approx(1 / 62, abs=1e-8)
    assert all(hit.score == float(np.float32(hit.score)) for hit in hits)


def test_rrf_ties_are_ordered_by_chunk_id():
    assert ids(fuse([("z", 0.9)], [("y", 3.0)], 5, "rrf")) == ["y", "z"]


def test_rrf_heeds_ranks_alone():
    use = Calibration(vector_unit=9, text_unit=9, weight=0.9)
    plain = fuse(VECTOR, TEXT, 10, "rrf")
    other = fuse([(c, s / 7) for c, s in VECTOR], TEXT, 10, "rrf", use, 0.1, query="w w")
    assert [(h.chunk_id, h.score) for h in plain] == [(h.chunk_id, h.score) for h in other]


# --- what holds for every pair of arms ---------------------------------------------------------


@given(arms(), st.sampled_from(["adaptive", "rrf"]), st.sampled_from([None, "", "one two three"]))
def test_every_chunk_once_in_falling_order_with_its_ranks(pair, mode, query):
    vector, text = pair
    hits = fuse(vector, text, 1000, mode, query=query)
    assert sorted(ids(hits)) == sorted({c for c, _ in vector} | {c for c, _ in text})
    assert all(a.score >= b.score for a, b in pairwise(hits))
    for hit in hits:
        for hits_of_arm, rank, score in (
            (vector, hit.vector_rank, hit.vector_score),
            (text, hit.text_rank, hit.text_score),
        ):
            if rank is None:
                assert score is None
                assert hit.chunk_id not in dict(hits_of_arm)
            else:
                assert hits_of_arm[rank - 1] == (hit.chunk_id, score)


@given(arms(), st.integers(0, 60), st.sampled_from(["adaptive", "rrf"]))
def test_fewer_hits_are_the_first_of_more(pair, k, mode):
    assert fuse(*pair, k, mode, query="a b") == fuse(*pair, 1000, mode, query="a b")[:k]


@given(arms(), st.floats(0, 1), st.sampled_from([None, "a b"]))
def test_one_arm_alone_keeps_its_order(pair, weight, query):
    vector, text = pair
    distinct = [(c, s - i * 1e-3) for i, (c, s) in enumerate(vector)]
    assert ids(fuse(distinct, [], 100, query=query)) == [c for c, _ in distinct]
    spread = [(c, s + 1 - i * 1e-3) for i, (c, s) in enumerate(text)]
    assert ids(fuse([], spread, 100, query=query)) == [c for c, _ in spread]


@given(arms())
def test_the_extremes_of_the_weight_are_the_arms(pair):
    vector, text = pair
    vector = [(c, 0.9 - i * 1e-2) for i, (c, _) in enumerate(vector)]
    text = [(c, 30 - i * 1e-1) for i, (c, _) in enumerate(text)]
    # The arm's last hit may tie with what the arm does not hold.
    first = [c for c, _ in vector][:-1]
    assert ids(fuse(vector, text, len(first), weight=0, query="a"))[: len(first)] == first
    assert ids(fuse(vector, text, len(text), weight=1, query="a")) == [c for c, _ in text]


@given(arms(), st.floats(0, 1))
def test_a_better_score_never_lowers_a_chunk(pair, boost):
    vector, text = pair
    if not text:
        return
    before = ids(fuse(vector, text, fusion.HEAD, query="a b"))
    chunk, score = text[-1]
    raised = sorted([*text[:-1], (chunk, score + 20 * boost)], key=lambda hit: (-hit[1], hit[0]))
    after = ids(fuse(vector, raised, fusion.HEAD, query="a b"))
    if chunk in before:
        assert after.index(chunk) <= before.index(chunk)


# --- which arm is heeded -----------------------------------------------------------------------


def test_evidence_by_hand():
    use = Calibration(vector_unit=0.2, text_unit=3.0, weight=0.4)
    hits = {hit.chunk_id: hit for hit in fuse(VECTOR, TEXT, 10, calibration=use, query="p q")}
    text_of_c = fusion.TEXT_GAIN * (9 / 6) ** fusion.TEXT_POWER
    assert hits["c"].score == pytest.approx(0.6 * 0.05 / 0.2 + 0.4 * text_of_c)
    assert hits["a"].score == pytest.approx(0.6 + 0.4 * fusion.TEXT_GAIN * 0.5**1.5)
    assert hits["d"].score == 0


def test_a_text_arm_that_holds_few_of_the_words_does_not_move_the_vector_arms_best():
    query = "hello could somebody kindly tell where one finds guidance concerning broken windows"
    vector, text = arm("v", 0.62, 0.03, 60), arm("t", 7.0, 0.05, 60)
    assert ids(fuse(vector, text, 5, query=query)) == [c for c, _ in vector[:5]]
    assert ids(fuse(vector, text, 2, "rrf"))[0] == "t000"  # what plain ranks would have done


def test_a_rare_identifier_goes_before_vague_neighbours():
    vector, text = arm("v", 0.33, 0.001, 60), [("t000", 9.5)]
    assert ids(fuse(vector, text, 3, query="E-4711"))[0] == "t000"
    assert ids(fuse(vector, text, 3, "rrf"))[0] == "t000"
    assert fuse(vector, text, 1, query="E-4711")[0].vector_rank is None


def test_agreement_goes_before_either_arm_alone():
    vector = [("v", 0.60), ("both", 0.57), *arm("w", 0.4, 0.002, 50)]
    text = [("t", 12.0), ("both", 11.0), *arm("u", 5.0, 0.05, 50)]
    assert ids(fuse(vector, text, 1, query="four words of query")) == ["both"]


def test_below_the_head_both_arms_are_drawn_from_evenly():
    vector, text = arm("v", 0.9, 0.001, 100), arm("t", 4.0, 0.01, 100)
    first = set(ids(fuse(vector, text, 100, query="many words that score next to nothing here")))
    assert sum(c.startswith("v") for c in first) >= 50
    assert sum(c.startswith("t") for c in first) >= 40


def test_words_are_counted_once_in_any_script():
    assert count_words("To be, or not TO be") == 4
    assert count_words("¿Dónde está?") == 2
    assert count_words("?!") == 1


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda: fuse(VECTOR, TEXT, -1), "-1"),
        (lambda: fuse(VECTOR, TEXT, 3, weight=1.5), "1.5"),
        (lambda: fuse(VECTOR, TEXT, 3, weight=math.nan), "nan"),
        (lambda: fuse(VECTOR, TEXT, 3, "best"), "best"),
        (lambda: fuse([*VECTOR, VECTOR[0]], TEXT, 3), "twice"),
        (lambda: Calibration(vector_unit=0), "vector_unit"),
        (lambda: Calibration(text_unit=math.inf), "text_unit"),
        (lambda: Calibration(weight=-0.1), "-0.1"),
    ],
)
def test_wrong_use_is_refused(call, found):
    with pytest.raises(ConfigError, match=found):
        call()


# --- calibration -------------------------------------------------------------------------------


def toy(n, dimensions=32, self_cosine=0.6, seed=3):
    """Return passages, and an encoder whose queries lie near their passage."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [" ".join(f"w{i}x{j}" for j in range(20)) for i in range(n)]

    def encode(text):
        own = vectors[int(text.split("x")[0][1:])]
        noise = rng.normal(size=dimensions)
        noise -= noise @ own * own
        noise /= np.linalg.norm(noise)
        return self_cosine * own + math.sqrt(1 - self_cosine**2) * noise

    return list(zip(texts, vectors, strict=True)), encode


def test_calibration_measures_far_units_and_distrusts_near_ones():
    passages, encode = toy(60, self_cosine=0.6)
    usual = calibrate(passages, encode, lambda text: [("x", 3.0 * count_words(text))])
    assert usual.vector_unit == pytest.approx(fusion.VECTOR_UNIT, rel=0.1)
    assert usual.text_unit == pytest.approx(fusion.TEXT_UNIT, rel=0.02)
    passages, encode = toy(60, self_cosine=0.05)
    narrow = calibrate(passages, encode, lambda text: [("x", 40.0 * count_words(text))], weight=0.3)
    assert narrow.vector_unit < 0.06
    assert 25 < narrow.text_unit < 40
    assert narrow.weight == 0.3


def test_calibration_asks_at_most_its_number_of_probes():
    passages, encode = toy(1001)
    asked = []
    result = calibrate(passages, encode, lambda text: asked.append(text) or [("x", 30.0)])
    assert len(asked) == result.probes <= fusion.PROBES
    assert max(count_words(text) for text in asked) <= fusion.PROBE_WORDS


@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_tiny_release_keeps_the_defaults(n):
    passages, encode = toy(n) if n else ([], None)
    assert calibrate(passages, encode, lambda _: [("x", 99.0)]) == Calibration()


def test_passages_without_words_or_hits_do_no_harm():
    passages, encode = toy(10)
    blank = [("", passages[0][1]), ("-- --", passages[0][1])]
    result = calibrate([*blank, *passages], encode, lambda _: [])
    assert result.probes == 10
    assert result.text_unit == fusion.TEXT_UNIT


def test_calibration_travels_through_json():
    use = Calibration(0.21, 3.4, 0.35, 40)
    assert Calibration.from_json(json.loads(json.dumps(use.to_json()))) == use
    for broken in ({}, {**use.to_json(), "weight": "much"}, {**use.to_json(), "text_unit": 0}):
        with pytest.raises(ConfigError):
            Calibration.from_json(broken)


# --- golden questions --------------------------------------------------------------------------


def golden(n, right, *, top_text=10.0):
    return [
        GoldenRun(
            "three plain words",
            [(f"v{i}", 0.55), (f"n{i}", 0.2)],
            [(f"t{i}", top_text), (f"m{i}", 1.0)],
            frozenset({f"{right}{i}"}),
        )
        for i in range(n)
    ]


def test_tuning_moves_to_the_arm_that_is_right():
    assert tune(golden(20, "v", top_text=16.0)) < fusion.DEFAULT_WEIGHT
    assert tune(golden(20, "t", top_text=4.5)) > fusion.DEFAULT_WEIGHT


def test_tuning_stays_where_questions_do_not_tell():
    assert tune([]) == fusion.DEFAULT_WEIGHT
    assert tune(golden(1, "t")) == fusion.DEFAULT_WEIGHT
    assert tune(golden(20, "nowhere"), Calibration(weight=0.37)) == 0.37
    divided = golden(6, "v", top_text=9.0) + golden(5, "t", top_text=9.0)
    assert tune(divided) == fusion.DEFAULT_WEIGHT
