import torch

from evenhand.models.io.one_copy import sent

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


def test_on_the_processor_they_are_not_copied() -> None:
    assert all(part is PARTS[name] for name, part in sent(PARTS, "cpu").items())
