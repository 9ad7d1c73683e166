import numpy as np
import pytest

from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.spec import recipe
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import Stack, stack_of


def test_slices_cover_every_row_once(models):
    stack = stack_of(align(models()))
    rows = np.concatenate([np.arange(300)[part] for part in stack.slices(budget_bytes=5000)])
    assert rows.tolist() == list(range(300))


@pytest.mark.parametrize("choice", ["nnls", "ridge", "equal+temperature"])
def test_mapped_tables_of_less_precision_give_the_same_blend(models, tmp_path, choice):
    stack = stack_of(align(models()))
    for position, table in enumerate(stack.tables):
        np.save(tmp_path / f"{position}.npy", table.astype(np.float32))
    mapped = tuple(np.load(tmp_path / f"{position}.npy", mmap_mode="r") for position in range(3))
    same = Stack(stack.names, stack.classes, mapped, stack.truth, stack.fold)
    one, other = (crossfit(recipe(choice), s).out_of_fold(s) for s in (stack, same))
    assert other == pytest.approx(one, abs=1e-5)


def test_one_fold_is_split_by_group(models):
    stack = stack_of(align(models()))
    alone = Stack(stack.names, stack.classes, stack.tables, stack.truth, np.zeros(300, np.int16))
    assert len(alone.split_inside(0).folds) == 3
    grouped = Stack(
        stack.names, stack.classes, stack.tables, stack.truth, alone.fold, np.repeat(np.arange(30), 10).astype(str)
    )
    inside = grouped.split_inside(0)
    assert len({*zip(inside.groups, inside.fold, strict=True)}) == 30
    assert stack.split_inside(0) is stack


def test_taking_rows_takes_everything_along(models):
    stack = stack_of(align(models()), {"x": np.arange(300.0)[:, None]})
    some = stack.take(np.array([5, 2]))
    assert some.features["x"].ravel().tolist() == [5, 2]
    assert (some.truth == stack.truth[[5, 2]]).all()
    assert len(stack.without(2)) == (stack.fold != 2).sum()
