"""The doctor: rules that check evidence and report problems, with numbers and, where one is known, a patch."""

from evenhand.diagnosis.evidence.evidence import Evidence, UnreadableRow
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import examine
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
    "rule",
    "skew_summary",
]
