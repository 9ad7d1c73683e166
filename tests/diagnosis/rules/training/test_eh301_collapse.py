"""EH301: what the ledger explains and what it does not; a rare class that is not predicted is no collapse."""

import pytest

from evenhand.diagnosis import examine

BOTH = {"sampler": "balanced", "weights": "inverse", "on_overshoot": "allow"}
NATURAL = (0.9, 0.02, 0.08)
ONLY_RARE = (0.0, 0.6, 0.4)


def look(case):
    return examine(case, ["EH301"])


def test_a_class_that_the_settings_make_rare_is_told_with_the_exponent(fits):
    gone = fits.told(NATURAL, ONLY_RARE)
    case = fits.case(fits.lines(fits.told(NATURAL, (0.4, 0.3, 0.3)), gone, gone), settings=BOTH)
    (finding,) = look(case).findings
    assert finding.message == (
        "net, fold 0, seed 0: N (90.0% of the validation rows, predicted for 0.0%) is predicted far too rarely "
        "since epoch 2; the model predicts S and V. Sampler balanced (1.00) and weights inverse (1.00) together "
        "have the exponent 2.00 and make it expect N in 1.7% of the rows."
    )
    assert finding.evidence["blames"] == "balance"
    assert finding.patch == {"model.net.balance.weights": "none"}


@pytest.mark.parametrize("warmup", [1.0, 4.0])
def test_what_the_ledger_explains_is_told_during_the_warm_up(fits, warmup):
    """On heartbeats, sampler and weights together left 0.2 %, then 15 % of the 88 % normal beats, unannounced."""
    lines = fits.lines(fits.told(NATURAL, (0.002, 0.6, 0.398)), fits.told(NATURAL, (0.148, 0.55, 0.302)))
    (finding,) = look(fits.case(lines, settings=BOTH, warmup_epochs=warmup)).findings
    assert finding.evidence["since"] == 0


def test_what_nothing_explains_waits_for_the_warm_up(fits):
    silent = fits.told((0.4, 0.3, 0.3), (0.6, 0.4, 0.0), own=[0.8, 0.8, 0.01])
    assert look(fits.case(fits.lines(*[silent] * 6), (400, 300, 300), warmup_epochs=4.0)).passed == ("EH301",)


def test_the_network_s_own_word_counts_not_the_corrected_one(fits):
    lines = fits.lines(*[fits.told(NATURAL, (1.0, 0.0, 0.0))] * 3)
    for line in lines:
        line["sets"]["validation_uncorrected"] = fits.told(NATURAL, ONLY_RARE)
    assert len(look(fits.case(lines, settings=BOTH)).findings) == 1


def test_a_class_believed_in_that_nothing_hears_of_is_told(fits):
    silent = fits.told((0.4, 0.3, 0.3), (0.6, 0.4, 0.0), own=[0.8, 0.8, 0.01])
    (finding,) = look(fits.case(fits.lines(*[silent] * 6), (400, 300, 300))).findings
    assert "The balance ledger does not explain it" in finding.message
    assert finding.patch == {"model.net.train.learning_rate": 0.005}


@pytest.mark.parametrize(
    ("looks", "settings", "train"),
    [
        ([(1.0, 0.0, 0.0)] * 6, {}, {}),  # rare, nothing done about it: that is what the loss asks for
        ([ONLY_RARE], BOTH, {}),  # one epoch may be an accident
        ([ONLY_RARE, ONLY_RARE, (0.3, 0.3, 0.4)], BOTH, {}),  # it came back
        ([(0.5, 0.3, 0.2)] * 5, BOTH, {}),  # believed rare, and found all the same
        ([(0.5, 0.3, 0.2)] * 5, {"sampler": "balanced"}, {}),
    ],
)
def test_healthy_courses_pass(fits, looks, settings, train):
    case = fits.case(fits.lines(*[fits.told(NATURAL, look) for look in looks]), settings=settings, **train)
    assert look(case).passed == ("EH301",)


def test_a_class_that_is_slowly_learned_passes(fits):
    looks = [fits.told((0.4, 0.3, 0.3), (0.6, 0.4, 0.0), own=[0.8, 0.8, 0.01 * (1 + at)]) for at in range(8)]
    lines = [
        {**line, "sets": {"train": look, "validation": look}}
        for line, look in zip(fits.lines(*looks), looks, strict=True)
    ]
    assert look(fits.case(lines, (400, 300, 300))).passed == ("EH301",)


def test_a_class_that_looks_like_others_but_is_believed_in_passes(fits):
    like = fits.told((0.4, 0.3, 0.3), (0.6, 0.4, 0.0), own=[0.8, 0.8, 0.3])
    assert look(fits.case(fits.lines(*[like] * 5), (400, 300, 300))).passed == ("EH301",)


def test_after_mending_it_waits_for_the_training_to_settle_again(fits):
    lines = fits.lines(*[fits.told(NATURAL, ONLY_RARE)] * 5)
    lines[3]["recovery"] = "softened"
    assert look(fits.case(lines, settings=BOTH)).passed == ("EH301",)


def test_without_epochs_it_is_not_applicable(fits):
    from evenhand.diagnosis import Evidence

    assert "EH301" in look(Evidence()).not_applicable
