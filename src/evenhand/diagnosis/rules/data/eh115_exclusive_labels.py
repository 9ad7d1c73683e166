"""EH115: labels that exclude one another are treated as independent."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.base.values import ExclusiveBlock
from evenhand.data.tables.labels.exclusive_blocks import find_blocks
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH115", slug="exclusive-labels", severity="note", needs=("labels", "several_labels"), after=("EH104",))
def check(evidence: Evidence, *, most: int = 5, shown: int = 4) -> Iterator[Found]:
    """Find labels that exclude one another where several may hold.

    What it checks: labels that never hold together in a row although they would if they were independent: the
    probability that chance alone keeps two of them apart, given how common they are and how many independent groups
    of rows there are, is below 1 % over all pairs. Such labels form blocks; of each block it is stated whether
    exactly one of its labels holds in every row. Up to `most` blocks are named, each with `shown` labels.

    Why it matters: separate sigmoids know nothing of it. They may predict two colours for a thing that has one, or
    none, and their probabilities of a block do not sum to 1.

    What to do: `data.exclusive = "auto"`, or lists of the labels that exclude one another by their meaning. The
    blocks are then kept with the rows, a row that breaks a named block is an error, and a model may learn each
    block with a softmax (`blocks = "softmax"`); of blocks that are found it takes those that hold in every row, of
    lists all, so that the patch is the lists where no block holds in every row. Take out of them what does not
    exclude one another by its meaning. A column with one class in each row may also be a task of its own.

    Limits: labels that are too rare to have met by chance belong to no block, whatever they mean. Labels that meet
    in one row of a thousand are not a block: the row may be a mistake. Not applicable where a row has one class, or
    labels are degrees. Passes once `data.exclusive` is set.

    Example: `2 blocks of labels exclude one another: black, white, red and 11 more (exactly one holds in each of
    7,249 rows); men and women (one holds in 6,120 of 7,249 rows).`
    """
    if evidence.setting("data.exclusive"):
        return
    blocks = find_blocks(evidence.rows)
    if not blocks:
        return
    words = [_described(block, shown) for block in blocks[:most]]
    more = f"; and {count(len(blocks) - most, 'block')} more" if len(blocks) > most else ""
    n = len(blocks)
    yield Found(
        message=f"{count(n, 'block')} of labels {verb(n, 'excludes', 'exclude')} one another: "
        f"{'; '.join(words)}{more}.",
        evidence={"blocks": {" | ".join(one.classes): _numbers(one) for one in blocks[: most * 4]}},
        # Of found blocks, a softmax takes only those that hold in every row; it takes all that are named.
        patch={"data.exclusive": "auto" if any(one.complete for one in blocks) else [[*b.classes] for b in blocks]},
    )


def _described(block: ExclusiveBlock, shown: int) -> str:
    names = listing(block.classes, most=shown)
    if block.complete:
        return f"{names} (exactly one holds in each of {count(block.n, 'row')})"
    return f"{names} (one holds in {block.rows:,} of {count(block.n, 'row')})"


def _numbers(block: ExclusiveBlock) -> str:
    return f"{len(block.classes)} labels, {block.rows:,} rows, {'complete' if block.complete else 'not complete'}"
