from pathlib import Path

from evenhand.data.roots.root import root_of
from evenhand.pipeline.stages.source import fingerprint
from evenhand.settings.load import Settings, load

CONFIG = '[data]\nroot = "d"\ncorrections = "{}"\n[data.generalization]\nroot = "e"\ncorrections = "e.csv"\n'


def settings_with(folder: Path, corrections: str) -> Settings:
    (folder / "c.toml").write_text(CONFIG.format(corrections), encoding="utf-8")
    return load(folder / "c.toml")


def mark(settings: Settings) -> str:
    samples, _ = settings.kind.samples(root_of(settings.data), settings.data, settings.kind_config)
    return fingerprint(settings.resolved(), samples)


def test_its_path_is_relative_to_the_configuration(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, "sub/c.csv")
    assert settings.data.corrections == str(tmp_path / "sub" / "c.csv")
    assert settings.data.generalization is not None
    assert settings.data.generalization.corrections == str(tmp_path / "e.csv")


def test_what_it_corrects_is_in_the_fingerprint_and_its_path_is_not(tmp_path: Path) -> None:
    for name in ("a/1", "a/2", "a/3", "b/4", "b/5"):
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / f"{name}.jpg").write_text(name, encoding="utf-8")
    for name in ("none", "moved"):
        (tmp_path / f"{name}.csv").write_text("id,action,to\n", encoding="utf-8")
    settings = settings_with(tmp_path, "none.csv")
    samples, _ = settings.kind.samples(root_of(settings.data), settings.data, settings.kind_config)
    (tmp_path / "one.csv").write_text(f"id,action,to\n{samples.ids[0]},relabel,b\n", encoding="utf-8")
    one, moved = (settings_with(tmp_path, f"{name}.csv") for name in ("one", "moved"))
    assert mark(settings) == mark(moved)
    assert mark(settings) != mark(one)
