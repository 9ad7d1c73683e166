"""The documents of a record, each described by a model: what they must hold is checked before a verb uses them."""
