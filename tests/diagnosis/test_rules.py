"""What every rule keeps to, whoever adds one."""

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import evenhand.diagnosis.rules as folder
from evenhand.diagnosis import RULES
from evenhand.diagnosis.examination import SEVERITIES
from evenhand.diagnosis.rule_docs import SECTIONS, page, sections

HERE = Path(__file__).parent
MODULES = [
    module.name for module in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}.") if not module.ispkg
]
FILES = [name.rpartition(".")[2] for name in MODULES]
CODES = {name[:5].upper(): name for name in FILES}


def test_every_file_holds_the_rule_of_its_name_and_no_other():
    ours = [code for code, rule in RULES if rule.check.__module__.startswith("evenhand.")]
    assert sorted(CODES) == ours
    assert len(CODES) == len(FILES)


@pytest.mark.parametrize("code", CODES)
def test_a_rule_keeps_to_the_form(code):
    rule = RULES.get(code)
    assert CODES[code] == f"{code.lower()}_{rule.slug.replace('-', '_')}"
    assert rule.severity in SEVERITIES
    said = sections(rule)
    assert list(said) == ["", *SECTIONS]
    assert said[""].startswith("Find ")
    for name in rule.thresholds:
        assert f"`{name}`" in said["What it checks"], f"{code} does not say what {name} is for"
    assert set(rule.after) <= set(RULES.names())


@pytest.mark.parametrize("code", CODES)
def test_a_rule_has_a_test_with_faulty_and_healthy_examples(code):
    found = list((HERE / "rules").rglob(f"test_{CODES[code]}.py"))
    assert found, f"write test_{CODES[code]}.py"
    path = found[0]
    text = path.read_text(encoding="utf-8")
    assert ".findings" in text
    assert ".passed" in text, f"{path.name} has no healthy example"


@pytest.mark.parametrize("code", CODES)
def test_a_rule_loads_no_torch(code):
    module = importlib.import_module(next(name for name in MODULES if name.endswith(f".{CODES[code]}")))
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    names = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    names += [alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names]
    assert not [name for name in names if name.split(".")[0] in {"torch", "torchvision", "timm"}]


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_made_of_the_docstring_and_the_thresholds(code):
    rule = RULES.get(code)
    text = page(rule)
    assert text.startswith(f"# {code} {rule.slug}\n")
    for name in SECTIONS:
        assert f"\n## {name}\n" in text
    for name, value in rule.thresholds.items():
        assert f"| `{name}` | {value} |" in text
