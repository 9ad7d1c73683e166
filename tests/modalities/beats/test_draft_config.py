from pathlib import Path

from evenhand.pipeline.verbs.init import init
from evenhand.settings.load import load
from evenhand.testing.beats import write_record

from .conftest import regular


def test_a_draft_names_the_table_the_lead_and_the_test(tmp_path: Path) -> None:
    folder = tmp_path / "records"
    for name in ("a", "b", "c"):
        write_record(folder, name, regular(4), leads=("II", "V1") if name != "c" else ("V1", "V2"))
    (folder / "about.csv").write_text("record,patient,set\na,p,x\nb,q,x\nc,r,test\n", encoding="utf-8")
    (tmp_path / "beats.toml").write_text(init(folder), encoding="utf-8")
    settings = load(tmp_path / "beats.toml")
    assert settings.data.kind == "beats"
    assert (settings.data.table or "").endswith("about.csv")
    assert settings.data.group == "patient"
    assert settings.folds.test is not None
    assert (settings.folds.test.column, settings.folds.test.value) == ("set", "test")
    assert settings.kind_config.leads == ["V1"]
    assert settings.model[0].encoder == "rhythm"


def test_records_beside_the_known_pair_of_sets_are_left_out(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_record(tmp_path / "r", name, regular(4))
    (tmp_path / "r" / "split.csv").write_text("record,person,set\na,p,DS1\nb,q,DS2\nc,r,paced\n", encoding="utf-8")
    (tmp_path / "beats.toml").write_text(init(tmp_path / "r"), encoding="utf-8")
    settings = load(tmp_path / "beats.toml")
    assert settings.data.only == {"set": ["DS1", "DS2"]}
    assert settings.folds.test is not None
    assert settings.folds.test.value == "DS2"


def test_without_a_table_the_record_is_the_group(tmp_path: Path) -> None:
    write_record(tmp_path / "r", "a", regular(4))
    text = init(tmp_path / "r")
    assert "\ntable =" not in text
    assert 'leads = ["MLII"]' in text


def test_cells_of_the_table_cannot_write_configuration(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_record(tmp_path / "r", name, regular(4))
    odd = '"x\n[submit]\ncommand = [""sh""]  #"'
    text = f"record,person,set\na,p,DS1\nb,q,DS2\nc,r,{odd}\n"
    (tmp_path / "r" / "🧪.csv").write_text(text, encoding="utf-8")
    (tmp_path / "beats.toml").write_text(init(tmp_path / "r"), encoding="utf-8")
    settings = load(tmp_path / "beats.toml")
    assert (settings.data.table or "").endswith("🧪.csv")
    assert settings.data.only == {"set": ["DS1", "DS2"]}
    assert settings.submit.command == []
