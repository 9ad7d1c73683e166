"""AutoGluon's TabularPredictor on features for some seconds: run by other benchmarks with its interpreter.

    python accuracy_autogluon.py FEATURES OUT SECONDS [PRESET] [LABEL]

Its default preset, "medium_quality": those that bag and stack finish few models of 81 classes in minutes on two
cores.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor


def main() -> None:
    source, out, budget = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    preset = sys.argv[4] if len(sys.argv) > 4 else "medium_quality"
    label = sys.argv[5] if len(sys.argv) > 5 else "fine"
    began = time.monotonic()
    table = pd.read_parquet(source)
    features = [name for name in table.columns if name.startswith("f") and name[1:].isdigit()]
    fit, test = table[table["split"] != "test"], table[table["split"] == "test"]
    predictor = TabularPredictor(label, problem_type="multiclass", eval_metric="accuracy", path="autogluon")
    left = budget - (time.monotonic() - began) - 10  # predicting and writing
    predictor.fit(fit[[label, *features]], time_limit=max(10.0, left), presets=preset, num_cpus=2)
    probabilities = predictor.predict_proba(test[features])
    probabilities.index = pd.Index(test["path"], name="path")
    probabilities.to_csv(out)
    best = predictor.leaderboard(silent=True).iloc[0]
    print(f"{best['model']}: its own validation says {best['score_val']:.3f}")


if __name__ == "__main__":
    main()
