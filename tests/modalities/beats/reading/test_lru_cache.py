from threading import Thread

import pytest

from evenhand.modalities.beats.reading.lru_cache import Kept


def test_what_was_made_lately_is_not_made_again() -> None:
    made: list[int] = []
    kept: Kept[int] = Kept(2)
    for key in (1, 2, 1, 3, 2):
        assert kept.get(key, lambda key=key: made.append(key) or key * 10) == key * 10
    assert made == [1, 2, 3, 2], "2 was asked for longest ago when 3 came"
    kept.clear()
    kept.get(3, lambda: made.append(3) or 30)
    assert made[-1] == 3


def test_errors_are_not_kept() -> None:
    kept: Kept[int] = Kept(2)
    with pytest.raises(ZeroDivisionError):
        kept.get(1, lambda: 1 // 0)
    assert kept.get(1, lambda: 5) == 5


def test_threads_may_ask_at_once() -> None:
    kept: Kept[int] = Kept(4)
    found: list[int] = []
    threads = [Thread(target=lambda: found.extend(kept.get(n % 7, lambda n=n: n % 7) for n in range(500)))
               for _ in range(4)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([n % 7 for n in range(500)] * 4)
