"""EH314: bits without content; codes of skewed data, of few rows and of product quantisers are not accused."""

import numpy as np
import pytest
import torch

from evenhand.diagnosis import Evidence, examine
from evenhand.diagnosis.evidence.held_out_codes import HeldOutCodes
from evenhand.models.heads.modules.hash import HashModule

MILD = {"quantisation": 0.1, "balance": 0.1, "decorrelation": 0.1, "cosine": 0.1}
MODEL = {"name": "net", "head": "hash", "head_options": {"balance": 0.3}, "train": {"learning_rate": 0.01}}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def codes(n=200, bits=16, seed=0):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (n, bits)).astype(np.float32)


def examined(*values):
    held = tuple(HeldOutCodes("net", fold, 0, one) for fold, one in enumerate(values))
    return examine(Evidence(codes=held, config={"model": [MODEL]}), ["EH314"])


def test_constant_bits_are_found_one_by_one():
    values = codes()
    values[:, [1, 2, 5, 7, 9, 11, 12]] = 0.8
    (found,) = examined(values).findings
    assert found.message == (
        "net, fold 0, seed 0: 7 of 16 bits are constant over the 200 held-out rows (bits 1, 2, 5, 7, 9 and 2 more)."
    )
    assert found.evidence["bits"] == [1, 2, 5, 7, 9, 11, 12]
    assert found.patch == {"model.net.head_options.balance": 3.0}


def test_saturated_bits_are_found_and_are_no_copies():
    (found,) = examined(np.sign(codes())).findings
    assert "16 of 16 bits are saturated" in found.message
    assert found.patch == {"model.net.train.learning_rate": 0.001}


def test_copies_are_found_whatever_their_sign():
    values = codes()
    values[:, 4:14] = values[:, [0]] * np.where(np.arange(10) % 2, 1, -1)
    (found,) = examined(values).findings
    assert "10 of 16 bits are copies of earlier bits over the 200 held-out rows" in found.message
    assert found.evidence["bits"] == list(range(4, 14))
    assert found.patch == {"model.net.head_options.decorrelation": 1.0}


def test_parts_of_a_product_quantiser_are_constant_where_one_centroid_takes_all():
    numbers = np.random.default_rng(0).integers(0, 16, (100, 4)).astype(np.uint8)
    assert examined(numbers).passed == ("EH314",)
    numbers[:, [0, 3]] = 7
    (found,) = examined(numbers).findings
    assert "2 of 4 parts are constant over the 100 held-out rows (parts 0, 3)" in found.message


def test_varied_codes_few_rows_and_a_few_dull_bits_pass():
    dull = codes()
    dull[:, :3] = 0.5
    assert examined(codes()).passed == ("EH314",)
    assert examined(dull).passed == ("EH314",)
    assert examined(np.ones((20, 16), dtype=np.float32)).passed == ("EH314",)


def test_it_takes_more_than_half_of_the_fits():
    constant = np.full((200, 16), 0.5, dtype=np.float32)
    assert examined(constant, codes()).passed == ("EH314",)
    (found,) = examined(codes(), constant, constant).findings
    assert found.message.startswith("net, in 2 of 3 fits (first: fold 1, seed 0): 16 of 16 bits are constant")


def test_heads_without_codes_are_not_applicable():
    assert examined().not_applicable["EH314"].endswith("codes of held-out rows, of a head that has codes")


def trained(small, rows, weights, rate, seed=0):
    """Return the codes of the held-out rows of a hash head on clouds of so many rows."""
    recipe = small.Recipe(rows, 3.0, train={"epochs": 10, "learning_rate": rate}, seed=seed)
    head = HashModule(8, 24, 16, len(rows), 0.1, weights, torch.Generator().manual_seed(seed))
    small.trained(recipe, head)
    with torch.no_grad():
        return head.eval().codes(torch.from_numpy(small.data(recipe)[0][::4])).numpy()


def test_a_network_at_far_too_high_a_rate_is_found(small):
    found = examined(trained(small, (200, 200, 200), MILD, 3.0)).findings
    assert "net saturated" in {one.about for one in found}


@pytest.mark.parametrize("rows", [(200, 200, 200), (150, 150), (900, 20, 70, 10), (40,) * 12])
@pytest.mark.parametrize("rate", [3e-3, 2e-2])
def test_networks_with_mild_terms_pass(small, rows, rate):
    assert examined(trained(small, rows, MILD, rate)).passed == ("EH314",)
