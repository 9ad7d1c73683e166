import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.base.settings.section import check
from evenhand.modalities.drawings import torch_half
from evenhand.modalities.drawings.encoders.geometry import direction, rasters
from evenhand.modalities.drawings.inputs import DrawingInputs
from evenhand.modalities.drawings.options import DrawingEncoderOptions, StrokesOptions
from evenhand.models.network import build_network

assert torch_half  # registers the encoders

CASES = [
    ("edge_sage", {}),
    ("edge_sage", {"raster": 32, "strokes": False}),
    ("edge_sage", {"pooling": ["sum"], "layers": 1}),
    ("gine", {"raster": 32}),
    ("strokes", {}),
    ("strokes", {"raster": 32, "inducing": 3}),
]


@pytest.mark.parametrize(("encoder", "options"), CASES)
def test_a_drawing_is_read_alike_alone_and_in_any_batch(encoded, sized, encoder, options):
    inputs = DrawingInputs(encoded(1, 9, 2, 30, 5))
    network = build_network(sized(encoder, **options), 4, 0).eval()
    with torch.no_grad():
        together = network(inputs.look(torch.tensor([3, 0, 4, 1, 2])))
        alone = torch.cat([network(inputs.look(torch.tensor([row]))) for row in (3, 0, 4, 1, 2)])
    assert together.shape == (5, 4)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("encoder", "options"), CASES)
def test_every_parameter_gets_a_gradient(encoded, sized, encoder, options):
    inputs = DrawingInputs(encoded(6, 9, 12, 30))
    network = build_network(sized(encoder, **options), 4, 0)
    torch.nn.functional.cross_entropy(network(inputs.look(torch.arange(4))), torch.arange(4)).backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    # keys' biases shift all scores of a softmax alike
    assert [name for name in without if not name.endswith("keys.bias")] == []


@pytest.mark.parametrize("encoder", ["edge_sage", "gine", "strokes"])
def test_the_order_of_primitives_does_not_matter(encoded, sized, encoder):
    batch = DrawingInputs(encoded(12)).look(torch.tensor([0]))
    network = build_network(sized(encoder, raster=32), 4, 0).eval()
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    place = torch.argsort(order)
    other = {
        **batch,
        "nodes": batch["nodes"][order],
        "strokes": batch["strokes"][order],
        "edges": place[batch["edges"]],
    }
    with torch.no_grad():
        torch.testing.assert_close(network(other), network(batch), rtol=1e-4, atol=1e-4)


def test_a_line_has_no_beginning(encoded, sized):
    batch = DrawingInputs(encoded(12)).look(torch.tensor([0]))
    network = build_network(sized("edge_sage", raster=32), 4, 0).eval()
    with torch.no_grad():
        turned = network({**batch, "strokes": batch["strokes"].flip(1)})
        torch.testing.assert_close(turned, network(batch), rtol=1e-3, atol=1e-3)


def test_the_direction_of_a_closed_curve_is_zero_and_that_of_a_line_has_no_sense():
    strokes = torch.tensor([[[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]])
    assert direction(strokes).tolist() == [[0, 0], [1, 0]]
    torch.testing.assert_close(direction(strokes.flip(1)), direction(strokes))


def test_a_raster_shows_each_drawing_in_its_own_picture(encoded):
    batch = DrawingInputs(encoded(4, 7)).look(torch.tensor([0, 1]))
    pictures = rasters(batch["strokes"], batch["graph"], 2, 48)
    assert pictures.shape == (2, 1, 48, 48)
    assert 0 <= pictures.min() <= pictures.max() <= 1
    alone = DrawingInputs(encoded(4, 7)).look(torch.tensor([1]))
    torch.testing.assert_close(rasters(alone["strokes"], alone["graph"], 1, 48)[0], pictures[1])


def test_what_lies_far_outside_is_drawn_at_the_border():
    far = rasters(torch.full((1, 16, 2), 1e6), torch.zeros(1, dtype=torch.int64), 1, 32)
    assert torch.isfinite(far).all()


def test_faults_are_told_in_words(sized):
    with pytest.raises(Exception, match=r"options.width = 32 cannot be divided among options.heads = 5"):
        check(StrokesOptions, {"width": 32, "heads": 5}, "options")
    with pytest.raises(ModelError, match="its rows are not drawings"):
        build_network(sized("gine").model_copy(update={"row": {"signal": [2, 100]}}), 4, 0)
    with pytest.raises(Exception, match="pooling"):
        check(DrawingEncoderOptions, {"pooling": ["median"]}, "options")


@pytest.mark.parametrize("side", [1, 15])
def test_a_raster_too_small_for_the_network_is_refused_when_the_configuration_is_read(side):
    with pytest.raises(Exception, match="at least 16 px"):
        check(DrawingEncoderOptions, {"raster": side}, "options")
