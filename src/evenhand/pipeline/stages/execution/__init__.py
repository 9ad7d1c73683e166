"""Calls of tasks in worker processes: where they run, and how their progress is shown."""
