import pytest

from evenhand.base.errors import EvenhandError
from evenhand.diagnosis import Rule
from evenhand.diagnosis.rule_docs import page, sections

GOOD = """Find something.

    What it checks: this
    and that.

    Why it matters: so.

    What to do: mend it.

    Limits: none.

    Example: `one`
    """


def made(text):
    def check(case, *, share=0.5):
        yield from ()

    check.__doc__ = text
    return Rule("EH999", "some-thing", "note", check, needs=("folds",), after=("EH101",))


def test_sections_are_read_on_one_line():
    said = sections(made(GOOD))
    assert said[""] == "Find something."
    assert said["What it checks"] == "this and that."


def test_the_page_says_thresholds_needs_and_causes():
    text = page(made(GOOD))
    assert "| `share` | 0.5 |" in text
    assert "- folds" in text
    assert "Possible causes: EH101." in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("Limits: none.", ""), "lacks: Limits"),
        (GOOD.replace("Limits:", "Bounds:"), "must begin with one of"),
        (None, "lacks: , What it checks"),
    ],
)
def test_a_docstring_with_a_part_missing_is_refused(text, words):
    with pytest.raises(EvenhandError, match=words):
        sections(made(text))
