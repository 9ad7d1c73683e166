"""`scan_conv_gru` line by line: several networks on one scan at once, with a state of constant size.

A line is so little arithmetic that starting operations is what takes the time. Each operation here is therefore
one for all networks, and fewer of them do what `LineEncoder`, `nn.GRU` and `RunningPool` do for whole scans. A test
holds both to the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.modalities.scanlines.encoders.line_encoder import (
    BACK,
    REACH,
    CausalLines,
    LineEncoder,
    compressed,
    mean_and_largest,
)
from evenhand.modalities.scanlines.encoders.shapes import Batch


class LineState(NamedTuple):
    """What the lines of a scan so far have left behind in m networks.

    Attributes
    ----------
    context
        The last `BACK` lines of the input of every convolution, (m, a, BACK, w + 2 REACH); (1, …) for the first.
    hidden
        (layers, m, 1, d) state of the recurrent layers.
    total, largest
        (m, 1, 2 d) sum and maximum over the lines that were scanned.
    scanned
        How many these are.
    """

    context: tuple[Tensor, ...]
    hidden: Tensor
    total: Tensor
    largest: Tensor
    scanned: int


class LineByLine:
    """The features of m networks of the same shape after each line of one scan.

    Parameters
    ----------
    lines, recurrent
        Of each network, in evaluation mode. Their weights are copied.
    """

    def __init__(self, lines: Sequence[LineEncoder], recurrent: Sequence[nn.GRU]) -> None:
        self._m, self._width = len(lines), recurrent[0].hidden_size
        self._convolutions = [
            _Convolution([cast(CausalLines, one.layers[depth]) for one in lines])
            for depth in range(len(lines[0].layers))
        ]
        self._project = _Linear([one.project.weight for one in lines], [one.project.bias for one in lines])
        self._gates = [
            tuple(
                _Linear(
                    [getattr(one, f"weight_{part}_l{layer}") for one in recurrent],
                    [getattr(one, f"bias_{part}_l{layer}") for one in recurrent],
                )
                for part in ("ih", "hh")
            )
            for layer in range(recurrent[0].num_layers)
        ]

    def advance(self, batch: Batch, state: LineState | None = None) -> tuple[Tensor, LineState]:
        """Return (m, features) after a further line of one scan, and the state after it.

        Parameters
        ----------
        batch
            One line: "lines" (1, 1, c, w), "mask" (1, 1) and "steps" (1, 1, c, 2).
        """
        state = self._first(batch["lines"]) if state is None else state
        scanned = bool(batch["mask"].all())
        x, context = self._vectors(batch, scanned, state.context)
        out, hidden = self._recurrent(x, state.hidden)
        both = torch.cat([out, x], dim=2)
        total, largest, number = state.total, state.largest, state.scanned
        if scanned:
            total, largest, number = total + both, torch.maximum(largest, both), number + 1
        after = LineState(context, hidden, total, largest, number)
        peak = largest if number else torch.zeros_like(largest)
        return torch.cat([both, total / max(number, 1), peak], dim=2).squeeze(1), after

    def _first(self, lines: Tensor) -> LineState:
        """Return the state before the first line."""
        m, width, context = self._m, lines.shape[3], []
        for depth, layer in enumerate(self._convolutions):
            context.append(lines.new_zeros(m if depth else 1, layer.inputs, BACK, width + 2 * REACH))
            width = -(-width // 2)
        hidden = lines.new_zeros(len(self._gates), m, 1, self._width)
        nothing = lines.new_zeros(m, 1, 2 * self._width)
        return LineState(tuple(context), hidden, nothing, nothing - torch.inf, 0)

    def _vectors(
        self, batch: Batch, scanned: bool, context: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return (m, 1, d) vectors of the line, 0 where it was not scanned, and the context of the next."""
        x, after = batch["lines"].transpose(1, 2), []
        for layer, before in zip(self._convolutions, context, strict=True):
            seen = torch.cat([before, functional.pad(x, (REACH, REACH))], dim=2)
            after.append(seen[:, :, -BACK:])
            x = layer(seen) if scanned else layer.nothing(x)
        if not scanned:
            return x.new_zeros(self._m, 1, self._width), tuple(after)
        jumps = compressed(batch["steps"]).expand(self._m, -1, -1)
        return torch.relu_(self._project(torch.cat([mean_and_largest(x), jumps], dim=2))), tuple(after)

    def _recurrent(self, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return (m, 1, d) outputs and the hidden state after a line, by the equations of `torch.nn.GRU`."""
        after, d = [], self._width
        for (of_input, of_state), before in zip(self._gates, hidden, strict=True):
            given, kept = of_input(x), of_state(before)
            # torch's order of gates: reset, update, new
            reset, update = (given[..., : 2 * d] + kept[..., : 2 * d]).sigmoid_().chunk(2, dim=2)
            new = torch.addcmul(given[..., 2 * d :], reset, kept[..., 2 * d :]).tanh_()
            x = new + update * (before - new)
            after.append(x)
        return x, torch.stack(after)


class _Convolution:
    """`CausalLines` of m networks on one line: (m or 1, a, BACK + 1, w + 2 REACH) -> (m, d, 1, ceil(w / 2))."""

    def __init__(self, layers: Sequence[CausalLines]) -> None:
        weights = torch.stack([one.convolution.weight.detach() for one in layers])  # (m, d, a, lines, values)
        self._m, self._d, self.inputs = weights.shape[:3]
        # A matrix for each of the 2 REACH + 1 places within a line; their products are added up. This is faster
        # than a grouped convolution, or one convolution for each network.
        self._taps = [tap.flatten(2) for tap in weights.movedim(4, 0).contiguous()]
        self._scale = torch.cat([one.norm.weight.detach().flatten() for one in layers])
        self._shift = torch.cat([one.norm.bias.detach().flatten() for one in layers])
        self._eps = layers[0].norm.eps

    def __call__(self, seen: Tensor) -> Tensor:
        width = seen.shape[3] - 2 * REACH
        flat = seen.flatten(1, 2).expand(self._m, -1, -1)
        y = torch.bmm(self._taps[0], flat[..., :width])
        for place, tap in enumerate(self._taps[1:], start=1):
            y = torch.baddbmm(y, tap, flat[..., place : place + width])  # in place, autocast would not know it
        # `LineNorm` of one line: a group of channels for each network.
        y = functional.group_norm(y.view(1, -1, width), self._m, self._scale, self._shift, self._eps).relu_()
        if width % 2:
            y = functional.pad(y, (0, 1))  # with 0, the least there is: a last value without a neighbour stays
        return torch.maximum(y[..., ::2], y[..., 1::2]).view(self._m, self._d, 1, -1)

    def nothing(self, x: Tensor) -> Tensor:
        """Return what comes of a line that was not scanned: zeros."""
        return x.new_zeros(self._m, self._d, 1, -(-x.shape[3] // 2))


class _Linear:
    """Linear layers of m networks: (m, 1, a) -> (m, 1, d)."""

    def __init__(self, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> None:
        self._weight = torch.stack([one.detach().T for one in weights]).contiguous()
        self._bias = torch.stack([one.detach() for one in biases]).unsqueeze(1)

    def __call__(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self._bias, x, self._weight)
