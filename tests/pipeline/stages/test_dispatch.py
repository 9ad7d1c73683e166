"""What is said of finished trainings."""

from __future__ import annotations

from evenhand.pipeline.stages.dispatch import score_message


def test_the_last_epoch_is_called_by_its_number() -> None:
    said = score_message({"parts": {"macro_f1": 0.5}, "score": 0.5, "epoch": 4, "epochs": 5})
    assert said == "score 0.500 (macro_f1 0.500) in epoch 5 of 5."
