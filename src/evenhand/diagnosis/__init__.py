"""The doctor: rules that look at evidence and say what is wrong, in numbers and with a patch where one is known."""

from evenhand.diagnosis.evidence.evidence import Evidence, UnreadableRow
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import examine
from evenhand.diagnosis.render import report_lines
from evenhand.diagnosis.rule import RULES, Found, Rule, rule
from evenhand.diagnosis.statistics.skew import skew_summary

__all__ = [
    "RULES",
    "Evidence",
    "Examination",
    "Found",
    "Rule",
    "UnreadableRow",
    "examine",
    "report_lines",
    "rule",
    "skew_summary",
]
