from evenhand.ensemble.align import align
from evenhand.ensemble.blends import BLENDS


def test_every_model_counts_the_same_in_every_fold(models):
    weights = BLENDS.get("equal")(align(models(folds=4)))
    assert weights.overall.tolist() == [1 / 3] * 3
    assert weights.per_fold.shape == (4, 3)
    assert (weights.per_fold == 1 / 3).all()
