from evenhand.diagnosis import Evidence, UnreadableRow, examine


def failures(n, reason="ends too early"):
    return tuple(UnreadableRow(f"x{i}", f"bad/{i}.jpg", reason) for i in range(n))


def test_a_file_that_cannot_be_read_is_named_with_its_reason(make):
    case = make(rows=100)
    (found,) = examine(Evidence(samples=case.samples, failures=failures(1)), ["EH101"]).findings
    assert found.message == '1 file of 101 cannot be read and is left out (first: "bad/0.jpg", ends too early).'
    assert (found.severity, found.ids, found.about) == ("warning", ("x0",), "bad/0.jpg")
    assert found.evidence["files"] == {"bad/0.jpg": "ends too early"}


def test_many_are_an_error_and_reasons_are_counted(make):
    mixed = (*failures(5), UnreadableRow("y", "y.png", "is empty"))
    (found,) = examine(Evidence(samples=make(rows=100).samples, failures=mixed), ["EH101"]).findings
    assert found.severity == "error"
    assert "6 files of 106" in found.message
    assert 'reasons: ends too early (5) and is empty ("y.png")' in found.message


def test_rows_of_one_file_are_counted_beside_it(make):
    lost = tuple(UnreadableRow(f"a:{i}", "a.hea", "is cut off") for i in range(4))
    (found,) = examine(Evidence(samples=make(rows=100).samples, failures=lost), ["EH101"]).findings
    assert found.message.startswith('1 file with 4 rows of 104 cannot be read and is left out (first: "a.hea"')
    assert (found.about, found.evidence["files"]) == ("a.hea", {"a.hea": "is cut off"})


def test_nothing_failed_is_passed_and_nothing_decoded_is_not_applicable(make):
    assert examine(make(), ["EH101"]).passed == ("EH101",)
    assert examine(Evidence(samples=make().samples), ["EH101"]).not_applicable == {"EH101": "the files decoded"}
