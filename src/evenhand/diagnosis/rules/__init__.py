"""One file per rule, named by its code; `evenhand.diagnosis.rule.RULES` finds them by this folder."""
