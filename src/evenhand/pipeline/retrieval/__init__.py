"""`retrieve`: the rows of a run nearest to a query, and how good they are."""
