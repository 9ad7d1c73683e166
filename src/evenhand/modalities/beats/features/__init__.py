"""Features of a beat: RR intervals, similarity to templates, and the filtered signal they are computed from."""
