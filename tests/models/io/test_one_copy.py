import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.models.io.one_copy import ALIGNED, Layout, sent, sent_apart

TYPES = [
    torch.bool,
    torch.uint8,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
]

PARTS = {
    "known": torch.tensor([[True, False, True]]),
    "lines": torch.arange(6, dtype=torch.float16).view(2, 3).t(),
    "rows": torch.tensor([2**40, -1]),
    "none": torch.empty(0, 4),
    "bytes": torch.arange(5, dtype=torch.uint8),
    "number": torch.tensor(0.5),
}


def test_parts_of_any_type_and_shape_arrive_as_they_are() -> None:
    there = sent(PARTS, "meta")
    assert {name: (part.shape, part.dtype) for name, part in there.items()} == {
        name: (part.shape, part.dtype) for name, part in PARTS.items()
    }
    assert all(part.device.type == "meta" for part in there.values())


@st.composite
def parts(draw: st.DrawFn) -> dict[str, torch.Tensor]:
    """Tensors of mixed types, of odd and of no lengths, some not contiguous, with any bits in them."""
    found = {}
    for number in range(draw(st.integers(0, 5))):
        dtype = draw(st.sampled_from(TYPES))
        shape = draw(st.lists(st.integers(0, 7), max_size=3))
        size = int(np.prod(shape))
        raw = np.random.default_rng(draw(st.integers(0, 99))).integers(
            0, 256, size * dtype.itemsize, dtype=np.uint8
        )
        flat = torch.empty(len(raw), dtype=torch.uint8).copy_(torch.from_numpy(raw))
        made = (flat > 127 if dtype == torch.bool else flat.view(dtype)).view(shape)
        found[f"part {number}"] = made.transpose(0, -1) if len(shape) > 1 and draw(st.booleans()) else made
    return found


@settings(max_examples=60, deadline=None)
@given(parts(), st.integers(0, 3))
def test_numbers_and_types_survive_the_row_of_bytes(found: dict[str, torch.Tensor], start: int) -> None:
    layout = Layout.of(found, start * ALIGNED)
    held = torch.full((layout.end + 3,), 255, dtype=torch.uint8)
    layout.fill(held, found)
    assert all(at % ALIGNED == 0 for at in layout.starts.values())
    for name, part in layout.read(held.clone(), found).items():
        assert (part.dtype, part.shape) == (found[name].dtype, found[name].shape)
        assert part.data_ptr() % part.element_size() == 0
        # as bytes: NaN is equal to NaN there
        assert torch.equal(part.reshape(-1).view(torch.uint8), found[name].reshape(-1).view(torch.uint8))
    assert held[: start * ALIGNED].eq(255).all()
    assert held[layout.end :].eq(255).all()


def test_on_the_processor_they_are_not_copied() -> None:
    assert all(part is PARTS[name] for name, part in sent(PARTS, "cpu").items())


def test_nothing_is_sent_where_there_is_nothing() -> None:
    assert sent({}, "meta") == {}


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_what_goes_along_is_no_part_of_the_batch(device: str) -> None:
    batch, along = sent_apart({"x": PARTS["rows"]}, {"y": PARTS["bytes"]}, device)
    assert (list(batch), list(along)) == (["x"], ["y"])
