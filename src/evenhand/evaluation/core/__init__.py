"""What metrics are made of: evaluated rows, sums over them, and the value that a metric is."""
