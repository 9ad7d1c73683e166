"""Review by hand: decisions about rows, logged, replayed, compared between reviewers, and applied to the data.

A decision is an event in an append-only file (`log/`), and everything else is computed from these events: the state
of the review, the queue that a reviewer goes through, what reviewers agree on, and what is to be changed in a table
or folder. The page (`server/`) is one way to write events; nothing below it knows a browser. No torch.
"""
