"""The order in which rows are reviewed: one file an order, filters, and the queue of a reviewer."""
