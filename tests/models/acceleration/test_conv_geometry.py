import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from timm.layers.conv2d_same import Conv2dSame
from torch import nn
from torch.nn import functional

from evenhand.models.acceleration.conv_geometry import Window


@settings(deadline=None)
@given(
    same=st.booleans(),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    size=st.tuples(st.integers(11, 18), st.integers(11, 18)),
)
def test_it_lays_a_convolution_as_torch_and_timm_do(
    same: bool, kernel: int, stride: int, dilation: int, size: tuple[int, int]
) -> None:
    kind = Conv2dSame if same else nn.Conv2d
    convolution = kind(2, 3, kernel, stride=stride, dilation=dilation, padding=0 if same else 1, bias=False)
    x = torch.randn(1, 2, *size)
    window = Window.of(convolution)
    found = window.lay(x, convolution.weight, lambda x, w, p: functional.conv2d(x, w, None, stride, p, dilation))
    assert torch.allclose(found, convolution(x), atol=1e-5)
