from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import ConfigError, EvenhandError, ModelError
from evenhand.base.settings.section import check
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.heads.modules.cosine import Cosine
from evenhand.models.heads.modules.scale import Standardise, scale, set_statistics
from evenhand.models.heads.modules.scaled_head import build_head
from evenhand.models.heads.registry import HEADS

Make = Callable[..., ModelConfig]


@pytest.mark.parametrize("head", ["linear", "mlp", "cosine"])
def test_a_head_gives_logits_and_is_decided_by_its_seed(head: str, model: Make) -> None:
    config = model(head=head, head_width=8)
    x = torch.randn(6, 10)
    before = torch.random.get_rng_state()
    one, same, other = (build_head(config, 10, 3, seed).eval()(x) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert one.shape == (6, 3)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_all_heads_are_known_and_a_wrong_name_is_answered() -> None:
    assert {"linear", "mlp", "cosine"} <= set(HEADS.names())
    with pytest.raises(EvenhandError, match='no head named "liner".*Did you mean "linear"'):
        HEADS.get("liner")


def test_a_wrong_name_or_option_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match='head: .*no head named "liner".*Did you mean "linear"'):
        check(ModelConfig, {"name": "m", "encoder": "tiny", "head": "liner"}, "evenhand.toml")
    with pytest.raises(ConfigError, match="head_options: .*width: is not a key"):
        check(ModelConfig, {"name": "m", "encoder": "tiny", "head_options": {"width": 3}}, "evenhand.toml")


def test_an_mlp_has_the_width_asked_for(model: Make) -> None:
    head = build_head(model(head="mlp", head_width=7), 10, 3, 0)
    assert [tuple(p.shape) for p in head.parameters()] == [(7, 10), (7,), (3, 7), (3,)]


@settings(deadline=None)
@given(st.floats(1e-3, 1e3))
def test_the_cosine_head_sees_directions_only(factor: float) -> None:
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    head = Cosine(6, 3, torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(head(x * factor), head(x), atol=1e-4)
        assert float(head(x).abs().max()) <= float(head.log_scale.exp()) + 1e-4


def test_standardise_gives_mean_0_and_variance_1_and_takes_a_single_row() -> None:
    x = torch.randn(200, 5) * 3 + 7
    scale = Standardise(5)
    out = scale(x)
    assert out.mean(0).abs().max() < 1e-5
    assert (out.var(0, unbiased=False) - 1).abs().max() < 1e-4
    assert scale(x[:1]).shape == (1, 5)
    assert not list(scale.parameters())


@pytest.mark.parametrize("way", ["batch", "layer", "l2", "none"])
def test_features_can_be_put_on_one_scale_in_each_way(way: str, model: Make) -> None:
    head = build_head(model(normalise=way), 5, 2, 0).eval()
    assert torch.isfinite(head(torch.randn(3, 5) * 100)).all()


def test_dropout_is_there_while_training_only(model: Make) -> None:
    head = build_head(model(dropout=0.5, normalise="none"), 50, 2, 0)
    x = torch.ones(1, 50)
    assert torch.equal(head.eval()(x), head.eval()(x))
    assert not torch.equal(head.train()(x), head.train()(x))


def test_the_embedding_of_a_head_is_its_own_or_its_normalised_features(model: Make) -> None:
    x = torch.randn(4, 5) * 7
    plain, hidden = (build_head(model(head=head, head_width=3), 5, 2, 0).eval() for head in ("linear", "mlp"))
    assert torch.equal(plain.embedding(x), plain[0](x))
    assert hidden.embedding(x).shape == (4, 3)
    assert torch.allclose(hidden[1][4](hidden.embedding(x)), hidden(x))
    assert not hidden.has_codes
    with pytest.raises(ModelError, match='codes come from head = "hash"'):
        hidden.codes(x)


@pytest.mark.parametrize("way", ["batch", "layer", "l2"])
def test_a_missing_part_stays_zero_and_out_of_the_statistics(way: str) -> None:
    x = torch.randn(60, 5, generator=torch.Generator().manual_seed(0)) * 3 + 2
    x[::3, 3:] = 0
    by_part = scale(way, 5, {"image": 3, "text": 2})
    out = by_part(x)
    assert bool((out[::3, 3:] == 0).all())
    alone = scale(way, 2)(x[torch.arange(60) % 3 > 0][:, 3:])
    assert torch.allclose(out[torch.arange(60) % 3 > 0][:, 3:], alone, atol=1e-6)
    assert torch.allclose(out[:, :3], scale(way, 3)(x[:, :3]), atol=1e-6)
    assert torch.isfinite(by_part(torch.zeros(2, 5))).all()
    set_statistics(by_part, x)
    if way == "batch":
        assert by_part.eval()(x)[torch.arange(60) % 3 > 0].mean(dim=0).abs().max() < 0.1


def test_running_averages_of_parts_are_those_of_the_rows_that_have_them() -> None:
    x = torch.randn(90, 5, generator=torch.Generator().manual_seed(0)) * 3 + 2
    x[::3, 3:] = 0
    x[1::3, 0] = 0  # one feature that is 0, as after a ReLU or of rare words: the part is there
    text = x[torch.arange(90) % 3 > 0][:, 3:]
    parts, image, words = scale("batch", 5, {"image": 3, "text": 2}), Standardise(3), Standardise(2)
    for momentum in (0.1, None):  # moving, and the cumulative mean of `refresh`
        for module in (parts, image, words):
            module.momentum = momentum
            module.reset_running_stats()
        for start in (0, 30, 60):
            here = torch.arange(start, start + 30) % 3 > 0
            parts(x[start : start + 30])
            image(x[start : start + 30, :3])
            words(x[start : start + 30][here][:, 3:])
        for stored in ("running_mean", "running_var"):
            own = torch.cat([getattr(image, stored), getattr(words, stored)])
            assert torch.allclose(getattr(parts, stored), own, atol=1e-5)
    assert int(parts.num_batches_tracked) == 3
    set_statistics(parts, x)
    assert torch.allclose(parts.running_mean, torch.cat([x[:, :3].mean(0), text.mean(0)]), atol=1e-5)
    assert torch.allclose(parts.eval()(x[:1])[0, 3:], torch.zeros(2))
    assert torch.isfinite(parts.train()(x[:1])).all()
    assert torch.isfinite(parts(x[:2])).all()  # one of the two has a text


def test_undivided_features_are_normalised_as_they_were(model: Make) -> None:
    sized = SizedModel.model_validate({**model().model_dump(), "parts": {"image": 5}})
    assert isinstance(build_head(sized, 5, 2, 0)[0], Standardise)
