import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.settings.toml_lines import key_lines


def test_multi_line_values_do_not_hide_or_invent_keys() -> None:
    text = 'a = """\n[x]\nb = 1\n"""\nc = [\n  1, # ]\n  "]",\n]\nd = 1\n[t]\ne.f = 2\n'
    lines = key_lines(text)
    assert lines == {("a",): 1, ("c",): 5, ("d",): 9, ("t",): 10, ("t", "e"): 11, ("t", "e", "f"): 11}


def test_quoted_and_dotted_headers() -> None:
    lines = key_lines("[\"a b\".c]\n'x.y' = 1\n[[m.n]]\nk = 1\n[[m.n]]\nk = 2\n[m.n.o]\np = 1")
    assert lines[("a b", "c", "x.y")] == 2
    assert lines[("m", "n", 1, "k")] == 6
    assert lines[("m", "n", 1, "o", "p")] == 8


KEYS = st.text("abcdefgh", min_size=1, max_size=4)


@given(
    st.dictionaries(
        KEYS,
        st.integers() | st.text("[]{}\"'#\n\\ =ab", max_size=12) | st.lists(st.text(']"[', max_size=3), max_size=3),
        max_size=6,
    )
)
def test_every_top_level_key_of_a_written_document_is_found_in_order(values: dict[str, object]) -> None:
    text = tomlkit.dumps(values)
    lines = key_lines(text)
    found = [key[0] for key in lines if len(key) == 1]
    assert found == list(values)
