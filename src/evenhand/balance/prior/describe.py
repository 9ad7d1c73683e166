"""Text of a balance ledger: a table that fits a terminal, and sentences."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len

from evenhand.base.text.counted import count
from evenhand.base.text.escaping import printable

if TYPE_CHECKING:
    from evenhand.balance.prior.effective_prior import EffectivePrior

HEAD = ("class", "rows", "natural", "in batches", "weight", "effective prior", "times an epoch")
"""Columns of the table."""


def prior_lines(prior: EffectivePrior) -> list[str]:
    """Return an effective prior as lines: a table, the exponent with its parts, and how often rows recur."""
    return [*prior_table(prior), *sentences(prior)] if prior.k else ["There are no classes, and so no prior."]


def prior_table(prior: EffectivePrior, *, most: int = 16) -> list[str]:
    """Return a header and a line per class; of more than `most` classes only the most common and the rarest."""
    table = [HEAD, *_rows(prior, most)]
    widths = [max(cell_len(line[at]) for line in table) for at in range(len(HEAD))]
    lines = ["  ".join(_cell(cell, width, at) for at, (cell, width) in enumerate(zip(line, widths, strict=True)))
             for line in table]  # fmt: skip
    return [line.rstrip() for line in lines]


def sentences(prior: EffectivePrior) -> list[str]:
    """Return a summary of the table, a sentence per item."""
    made = [f"{name} {value:.2f}" for name, value in prior.parts.items() if abs(value) >= 0.005]
    of = f" ({' + '.join(made)})" if len(made) > 1 else f" ({made[0].split()[0]})" if made else ""
    out = [f"Exponent {prior.exponent:.2f}{of}: {meaning(prior)}."]
    if prior.k:
        often = f"{times(prior.recurrence)} per epoch of {count(round(prior.epoch_rows), 'row')}"
        out.append(f"A row of {printable(prior.names[prior.rarest])}, the rarest class, is sampled {often}.")
    if prior.multi_label:
        out.append("Rows may have several classes: shares are of all labels, not of rows.")
    if prior.measured:
        out.append(f"The loss itself is not included here: {prior.measured}. See the gradient share per class.")
    return out


def meaning(prior: EffectivePrior, *, near: float = 0.05) -> str:
    """Return a description of what an exponent does to the skew."""
    tau = prior.exponent
    if np.abs(prior.shares - prior.natural).max(initial=0.0) < 1e-9:
        return "class shares are unchanged"
    if prior.overshoots():
        return "the skew is inverted, rare classes are expected more often than common ones"
    if tau < -near:
        return "common classes are favoured even more"
    if abs(tau - 1) <= near:
        return "overall, rare classes count as much as common ones"
    if tau > 1:
        return "rare classes count a little more than common ones"
    return "part of the skew is corrected" if tau > near else "the skew is nearly unchanged"


def times(count: float) -> str:
    """Return a number of times as text.

    >>> times(1.0), times(0.25), times(37.4)
    ('once', '0.25 times', '37 times')
    """
    if abs(count - 1) < 0.005:
        return "once"
    return f"{count:,.0f} times" if count >= 10 else f"{count:.2g} times"


def prior_html(prior: EffectivePrior) -> str:
    """Return an effective prior as an HTML table with its sentences."""
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(c)}</td>' for c in row)}</tr>" for row in _rows(prior, 30))
    head = "".join(f"<th>{word}</th>" for word in HEAD)
    text = "".join(f"<p>{html.escape(line)}</p>" for line in sentences(prior))
    return f"<table><tr>{head}</tr>{rows}</table>{text}"


def choice_words(choice: str | Mapping[str, object]) -> str:
    """Return a choice as it is written in the configuration.

    >>> choice_words({"name": "power", "power": 0.7}), choice_words({"name": "target_mix", "shares": {"N": 0.5}})
    ('power (power 0.7)', 'target_mix (shares N 0.5)')
    """
    if isinstance(choice, str):
        return choice
    options = [f"{key} {_option(value)}" for key, value in choice.items() if key != "name" and value is not None]
    return f"{choice['name']} ({', '.join(options)})" if options else str(choice["name"])


def _option(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key} {item}" for key, item in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _rows(prior: EffectivePrior, most: int) -> list[tuple[str, ...]]:
    order = np.argsort(-prior.counts, kind="stable")
    hidden = len(order) - most if len(order) > most else 0
    shown: Sequence[int] = [*order[: most // 2], *order[len(order) - most // 2 :]] if hidden else list(order)
    rows = [_row(prior, int(c)) for c in shown]
    if hidden:
        # An odd `most` shows one class less than it allows, so that as many are shown on both sides.
        rows.insert(most // 2, (f"… {hidden + most % 2} more", *[""] * (len(HEAD) - 1)))
    return rows


def _row(prior: EffectivePrior, c: int) -> tuple[str, ...]:
    shares = (prior.natural[c], prior.batch_shares[c])
    return (
        printable(prior.names[c]),
        f"{prior.counts[c]:,.6g}",
        *(_percent(share) for share in shares),
        f"{prior.weights[c]:.3g}",
        _percent(prior.shares[c]),
        f"{prior.recurrences[c]:.3g}",
    )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.01 or share == 0 else f"{share:.2%}"


def _cell(cell: str, width: int, at: int) -> str:
    space = " " * (width - cell_len(cell))  # in columns of the terminal: some letters take two
    return cell + space if at == 0 else space + cell
