from evenhand.base.values import Finding
from evenhand.diagnosis import Examination, report_lines

FOUND = Finding(
    "EH105",
    "warning",
    "Two are alike.",
    ids=tuple("abcdefgh"),
    patch={"folds.duplicates": "group", "data.drop": ["x", 'y "z"']},
)


def test_an_examination_in_lines():
    examination = Examination(
        findings=(FOUND,),
        passed=("EH101",),
        not_applicable={"EH108": "folds"},
        broken={"EH199": "ValueError: oh"},
        causes={"EH105": ("EH103",)},
    )
    assert report_lines(examination) == [
        "EH105  warning  Two are alike.",
        "    ids: a, b, c, d, e, f and 2 more",
        "    may come from: EH103",
        '    set: folds.duplicates = "group"',
        '    set: data.drop = ["x", "y \\"z\\""]',
        "EH199  broken   ValueError: oh",
        "EH108  not applicable: needs folds",
        "passed: EH101",
        "1 warning.",
    ]


def test_nothing_found_is_said():
    assert report_lines(Examination(passed=("EH101", "EH102"))) == ["passed: EH101, EH102", "Nothing was found."]
