"""The main job: the stages in order, each a value or a file that the next one reads."""
