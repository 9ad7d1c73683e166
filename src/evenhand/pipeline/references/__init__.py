"""What stands beside the scores of models: floors and other references below them, the ceiling above."""
