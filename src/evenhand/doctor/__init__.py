"""The doctor: rules that look at evidence and say what is wrong, in numbers and with a patch where one is known."""

from evenhand.doctor.case import Case, Failure
from evenhand.doctor.examination import Examination
from evenhand.doctor.examine import examine
from evenhand.doctor.rule import RULES, Found, Rule, rule
from evenhand.doctor.skew import skew_summary
from evenhand.doctor.words import report_lines

__all__ = [
    "RULES",
    "Case",
    "Examination",
    "Failure",
    "Found",
    "Rule",
    "examine",
    "report_lines",
    "rule",
    "skew_summary",
]
