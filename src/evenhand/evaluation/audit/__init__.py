"""What a figure rests on: groups, held-out parts, conformal sets."""
