"""EH204: a warm-up that starts at full strength."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule


@rule("EH204", slug="warm-up-without-effect", severity="warning", needs=("ledgers",))
def check(evidence: Evidence, *, share: float = 0.9, least: float = 0.2) -> Iterator[Found]:
    """Find a warm-up or a deferral of class weights that leaves the first epoch at full strength.

    What it checks: the exponent of the first epoch against that at full strength, where balance.warmup_epochs or
    balance.weights_from is set. It fires where the full one is at least `least` and the first has `share` of it.

    Why it matters: a warm-up lets the model learn the common classes before the rare ones are emphasised. Only
    class weights are warmed up; a sampler or a logit shift acts from the first batch on.

    What to do: correct by weights instead of the sampler, or give each training stage its own sampler
    ([[train.stage]] balance).

    Limits: losses that depend on the model have effects that are not in the exponent.

    Example: `lite0: balance.warmup_epochs = 5, but the first epoch has the exponent 1.00 of 1.00: sampler balanced
    is not warmed up.`
    """
    for ledger in evidence.ledgers or ():
        plan, config = ledger.plan, ledger.plan.config
        first, full = plan.prior_at(0).exponent, plan.prior.exponent
        if not (config.warmup_epochs or config.weights_from) or full < least or first < share * full:
            continue
        keys = [f"balance.{key} = {getattr(config, key):g}" for key in ("warmup_epochs", "weights_from")
                if getattr(config, key)]  # fmt: skip
        part = "sampler" if plan.prior.parts["sampler"] >= plan.prior.parts["loss"] else "loss"
        choice = getattr(config, part)
        name = choice if isinstance(choice, str) else choice["name"]
        yield Found(
            message=f"{ledger.title}: {' and '.join(keys)}, but the first epoch has the exponent {first:.2f} of "
            f"{full:.2f}: {part} {name} is not warmed up.",
            about=ledger.models[0] if len(ledger.models) == 1 else "",
            evidence={"first": first, "full": full, "parts": plan.prior.parts},
            patch={f"{ledger.key}.sampler": "none", f"{ledger.key}.weights": _alike(choice)}
            if part == "sampler" and config.weights == "none" and _alike(choice)
            else None,
        )


def _alike(sampler: object) -> object:
    """Return class weights that imply the same prior as a sampler, or None."""
    name = sampler.get("name") if isinstance(sampler, dict) else sampler
    options = {key: value for key, value in sampler.items() if key != "name"} if isinstance(sampler, dict) else {}
    if name in ("power", "sqrt", "balanced"):
        return {"name": "inverse", **{"power": {"sqrt": 0.5, "balanced": 1.0}.get(str(name), 0.5), **options}}
    return {"name": "effective_number", **options} if name == "effective_number" else None
