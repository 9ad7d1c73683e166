"""What scans are without a network: statistics and transforms of lines, copies, and what comes with a file."""
