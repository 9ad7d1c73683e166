"""What the package offers, and what it must not load."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import evenhand

PUBLIC = [
    "AblationResult",
    "AuditResult",
    "Check",
    "Comparison",
    "DiagnoseResult",
    "EarlinessResult",
    "EffectivePrior",
    "Environment",
    "EvaluationResult",
    "EvenhandError",
    "Examination",
    "Finding",
    "Folds",
    "GroupedStratifiedKFold",
    "Interval",
    "JournalResult",
    "LearningCurves",
    "NestedEvaluation",
    "PredictionResult",
    "Predictions",
    "Ranking",
    "Record",
    "RetrievalFigures",
    "RetrievalResult",
    "Run",
    "Samples",
    "Verdict",
    "Verification",
    "__version__",
    "ablation",
    "agreement",
    "audit",
    "balance_ledger",
    "blend",
    "cache",
    "calibrate",
    "check",
    "clear_cache",
    "compare",
    "compare_data",
    "compare_versions",
    "demo",
    "diagnose",
    "doctor",
    "earliness",
    "effective_prior",
    "effective_prior_of",
    "ensemble",
    "env",
    "evaluate",
    "evaluate_retrieval",
    "init",
    "journal",
    "keys",
    "learning_curves",
    "nested_evaluation",
    "predict",
    "predict_like",
    "predict_stream",
    "rank",
    "read_predictions",
    "report",
    "retrieve",
    "run",
    "runs",
    "split",
    "submit",
    "verify",
]


def test_the_public_names_are_these() -> None:
    assert sorted(evenhand.__all__) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    thing = getattr(evenhand, name)
    assert name == "__version__" or thing.__doc__


def test_no_public_name_is_called_like_a_room() -> None:
    for name in PUBLIC:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(f"evenhand.{name}")


def test_a_wrong_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        evenhand.runn  # noqa: B018


def loaded(code: str) -> set[str]:
    """Return the modules that are loaded after running `code` in a new interpreter."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(' '.join(sys.modules))"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split())


def test_importing_evenhand_loads_neither_torch_nor_pandas() -> None:
    assert not {"torch", "pandas", "sklearn", "numpy"} & loaded("import evenhand")


def test_help_loads_neither_torch_nor_pandas() -> None:
    code = (
        "import sys\nsys.argv = ['evenhand', '--help']\nfrom evenhand.cli import main\n"
        "try: main()\nexcept SystemExit: pass"
    )
    assert not {"torch", "pandas", "sklearn", "numpy"} & loaded(code)


@pytest.mark.parametrize(
    "room",
    ["base", "data", "evaluation", "blending", "diagnosis", "reporting", "engines", "settings", "pipeline", "cli"],
)
def test_judging_loads_no_torch(room: str) -> None:
    code = (
        "import importlib, pkgutil\n"
        f"room = importlib.import_module('evenhand.{room}')\n"
        "for m in pkgutil.walk_packages(getattr(room, '__path__', []), room.__name__ + '.'):\n"
        "    importlib.import_module(m.name)"
    )
    assert "torch" not in loaded(code)
