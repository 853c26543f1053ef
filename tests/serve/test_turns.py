"""Searches take turns: so many at a time, and who waits for something else lets another go."""

from __future__ import annotations

import threading

import pytest

from freshground.service.api.served.turns import Turns


def test_no_more_than_that_many_are_within() -> None:
    turns, lock = Turns(2), threading.Lock()
    inside = most = 0
    together = threading.Barrier(2)

    def work(first: bool) -> None:
        nonlocal inside, most
        with turns.taken():
            with lock:
                inside += 1
                most = max(most, inside)
            if first:
                together.wait(20)  # two are within at once, or this breaks
            with lock:
                inside -= 1

    threads = [threading.Thread(target=work, args=(n < 2,)) for n in range(8)]
    for thread in threads[:2]:
        thread.start()
    for thread in threads[2:]:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (inside, most) == (0, 2)


def test_a_turn_that_is_lent_lets_another_go_on() -> None:
    turns, gone_on = Turns(1), threading.Event()

    def other() -> None:
        with turns.taken():
            gone_on.set()

    thread = threading.Thread(target=other)
    with turns.taken():
        thread.start()
        assert not gone_on.is_set()
        with turns.lent():
            assert gone_on.wait(20)
        thread.join(20)
    with turns.lent():  # without a turn of its own nothing is lent
        assert not thread.is_alive()


def test_a_search_that_fails_gives_its_turn_back() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="no"), turns.taken(), turns.lent():
        raise ValueError("no")
    with turns.taken():
        pass
    free = turns._free
    assert free.acquire(blocking=False)
    assert not free.acquire(blocking=False)
