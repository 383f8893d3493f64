"""Searches go first; what nobody waits for goes on all the same."""

import threading

import pytest

from reseen.index.turns import Turns


def at_work(turns: Turns) -> threading.Event:
    """Set once work has let searches pass."""
    begun = threading.Event()

    def work() -> None:
        turns.let_searches_pass()
        begun.set()

    threading.Thread(target=work, daemon=True).start()
    return begun


def test_work_waits_until_the_last_search_is_over() -> None:
    turns = Turns(patience_s=60)
    with turns.search():
        with turns.search():
            begun = at_work(turns)
            assert not begun.wait(0.05)
        assert not begun.wait(0.05)
    assert begun.wait(10)


def test_work_goes_on_beside_a_search_that_does_not_end() -> None:
    turns = Turns(patience_s=0.01)
    with turns.search():
        assert at_work(turns).wait(10)


def test_a_search_that_fails_is_over() -> None:
    turns = Turns(patience_s=60)
    with pytest.raises(OSError, match="disk"), turns.search():
        raise OSError("the disk is gone")
    assert at_work(turns).wait(10)
