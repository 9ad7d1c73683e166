"""What decisions are worth: how far reviewers agree, how far suggestions move them, and how often they err."""
