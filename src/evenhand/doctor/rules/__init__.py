"""One file per rule, named by its code; `evenhand.doctor.rule.RULES` finds them by this folder."""
