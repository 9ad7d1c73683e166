"""What an epoch shows, and who looks at it."""
