"""Pairs with tags, a plain head, and an improvement of it that is worse. The data of a tutorial.

python -m evenhand.testing.improved_pairs FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from evenhand.base.storage.files.atomic import write_text
from evenhand.modalities.pairs.example.generated import write_pairs

BASE = """\
# The version before: both halves side by side, one hidden layer.
[data]
kind = "pairs"
root = "."
table = "labels.csv"
label = "tags"
task = "multi"
group = "series"

[pairs]
text = "title"
size = 64

[folds]
k = 2

[[model]]
name = "tags"
encoder = "pair"
options = { image = "package:efficientnet-lite0", text = "tfidf", components = 32 }
head = "mlp"
head_width = 64

[train]
epochs = 30
batch_size = 32
learning_rate = 3e-3
early_stop = 0
choose_by = "last"

[score]
average_precision = 1.0

[evaluate]
logistic_regression = false
"""
IMPROVED = """\
# All changes at once, as the project made them.
[ablation]
base = "base.toml"

[[ablation.change]]
name = "improved"
expect = "better"

[ablation.change.set]
train.epochs = 20
model.tags.head = "hash"
model.tags.head_options = { fusion = "hadamard", quantisation = 64.0, balance = 64.0, cosine = 5.0 }
"""
COMPONENTS = """\
# The same changes one by one, with equal epochs.
[ablation]
base = "base.toml"
leave_one_out = true

[[ablation.change]]
name = "hash"
expect = "nothing: 64 bits are enough"

[ablation.change.set.model.tags]
head = "hash"
head_options = { quantisation = 0.0, balance = 0.0, decorrelation = 0.0, cosine = 0.0 }

[[ablation.change]]
name = "its losses"
needs = ["hash"]
set = { model.tags.head_options = { quantisation = 64.0, balance = 64.0, decorrelation = 0.1, cosine = 5.0 } }
expect = "better codes"

[[ablation.change]]
name = "fusion"
needs = ["hash"]
set = { model.tags.head_options = { fusion = "hadamard" } }
expect = "two points"
"""
CODES = """\
# Codes of 64 bits, and what they are compared with.
[ablation]
base = "base.toml"
together = false

[[ablation.change]]
name = "signs of tanh codes"
set = { model.tags.head = "hash", model.tags.head_options = { binary = true } }

[[ablation.change]]
name = "product quantiser"
set = { model.tags.head = "product_quantizer" }

[[ablation.change]]
name = "nearest rows"
set = { model.tags.head = "knn" }
"""


def write_improved(folder: Path, *, rows: int = 360, seed: int = 0) -> Path:
    """Write generated pairs with `labels.csv`, and four configurations, into `folder`; return it.

    base.toml is the version before. improved.toml changes all at once, with fewer epochs; components.toml has the
    components of that change with equal budgets; codes.toml compares codes of 64 bits.

    Parameters
    ----------
    rows, seed
        See `write_pairs`.
    """
    write_pairs(np.random.default_rng(seed), rows, folder)
    for name, text in (("base", BASE), ("improved", IMPROVED), ("components", COMPONENTS), ("codes", CODES)):
        write_text(folder / f"{name}.toml", text)
    return folder


if __name__ == "__main__":
    sys.stdout.write(f"{write_improved(Path(sys.argv[1]))}\n")
