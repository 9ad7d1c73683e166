"""The HTML report: it draws what a record holds and computes nothing."""
