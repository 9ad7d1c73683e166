"""The modules that heads build, and what they are made of. With torch."""
