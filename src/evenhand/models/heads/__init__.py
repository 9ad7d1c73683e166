"""Heads by name, one a file: features to logits. Names and options are known without torch (`modules` needs it)."""
