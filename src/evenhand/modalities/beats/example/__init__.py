"""Small generated records of heartbeats."""
