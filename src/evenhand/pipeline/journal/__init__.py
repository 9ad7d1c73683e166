"""The experiment journal: a Markdown file with an entry per run, and what people wrote between and in them."""
