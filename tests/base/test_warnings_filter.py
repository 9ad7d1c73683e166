import threading
import warnings

import pytest

from evenhand.base.warnings_filter import quiet


def test_warnings_stay_inside_and_filters_are_as_before() -> None:
    before = list(warnings.filters)
    ready = threading.Barrier(4)

    def work() -> None:
        for _ in range(50):
            with quiet(r"PIL\."):
                ready.wait(5)
                warnings.warn_explicit("metadata", UserWarning, "x.py", 1, module="PIL.TiffImagePlugin")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before
    with pytest.warns(UserWarning, match="ours"), quiet(r"PIL\."):
        warnings.warn("ours", stacklevel=1)
