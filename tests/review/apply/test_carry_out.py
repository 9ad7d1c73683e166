import contextlib
import csv
import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.data.roots.content_hash import content_hash
from evenhand.review.apply.carry_out import carry_out, changes, recover, unapply
from evenhand.review.apply.plan import Plan, plan
from evenhand.review.apply.written_rows import differences, written_rows
from evenhand.settings.load import Settings, load

CALLS = ("rename", "replace", "unlink", "mkdir", "rmdir", "fsync", "write")
"""Functions of `os` that change something on disk, or make sure that it is there."""

FULL = os.environ.get("EVENHAND_TESTS") == "full"
"""Whether tests have the size of the claims that they stand for, as `size` of tests/conftest.py."""

Tree = dict[str, bytes]
Size = Callable[[int, int], int]


class Killed(BaseException):
    """The process ends here."""


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device", "disk")


@contextmanager
def broken(at: int, error: Callable[[], BaseException], *, after: bool) -> Iterator[list[int]]:
    """Let the `at`-th change of the disk fail, before it is made or after; yields the number of changes so far."""
    made = [0]

    def breaking(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            made[0] += 1
            now = made[0] == at
            if now and not after:
                raise error()
            # nothing here survives a power failure, so there is no need to wait for the disk
            found = None if name == "fsync" else real(*values, **named)
            if now:
                raise error()
            return found

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, breaking(name, getattr(os, name)))
        yield made


def write(root: Path, tree: Tree) -> None:
    for name, raw in tree.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(raw)


def tree_of(root: Path) -> Tree:
    """Return the files below a folder, hidden ones too, and its folders with a slash at the end."""
    return {
        f"{item.relative_to(root)}" + ("/" if item.is_dir() else ""): b"" if item.is_dir() else item.read_bytes()
        for item in root.rglob("*")
    }


def corrections(folder: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    path = folder / "corrections.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "action", "from", "to"), *rows])
    return path


def settings_of(root: Path, **data: Any) -> Settings:
    return load({"data": {"root": str(root), "min_count": 1, **data}})


class Project:
    """A tree in a folder, its configuration, and corrections of it."""

    def __init__(self, folder: Path, tree: Tree, **data: Any) -> None:
        self.root, self.applied = folder / "d", folder / "session" / "applied"
        self.folder = folder
        write(self.root, tree)
        self.settings = settings_of(self.root, **data)
        self.places = [self.root, self.root / "labels.csv"]

    def ids(self) -> dict[str, str]:
        found = written_rows(self.settings)
        return dict(zip(map(str, found.paths), map(str, found.ids), strict=True))

    def plan(self, *rows: tuple[str, str, str, str]) -> Plan:
        """Return the plan of corrections of paths."""
        ids = self.ids()
        return plan(self.settings, corrections(self.folder, [(ids[row[0]], *row[1:]) for row in rows]))

    def rows(self) -> list[tuple[str, tuple[str, ...]]]:
        return written_rows(self.settings).pairs

    def carry_out(self, planned: Plan) -> None:
        carry_out(planned, self.applied, self.rows, self.places)


FOLDERS: Tree = {
    "apple/1.jpg": b"1", "apple/2.jpg": b"2", "apple/ä 3.jpg": b"3", "pear/1.jpg": b"4", "pear/5.jpg": b"5",
    "pear/6.jpg": b"6",
}  # fmt: skip
TABLE: Tree = {
    **FOLDERS,
    "labels.csv": "\ufeffpath;label;note\r\napple/1.jpg;apple;\"a;\r\nb\"\r\napple/2.jpg;apple;\r\n"
    "apple/ä 3.jpg;apple;x\r\npear/1.jpg;pear;\r\npear/5.jpg;pear;\r\n\r\npear/6.jpg;pear;last".encode(),
}  # fmt: skip


def test_files_move_into_the_folder_of_their_class_and_trash_leaves_the_tree(tmp_path: Path) -> None:
    project = Project(tmp_path, FOLDERS)
    planned = project.plan(
        ("apple/1.jpg", "relabel", "apple", "pear"),
        ("apple/ä 3.jpg", "relabel", "apple", "quince"),
        ("pear/5.jpg", "trash", "pear", ""),
    )
    assert tree_of(project.root) == {**FOLDERS, "apple/": b"", "pear/": b""}, "a plan changes nothing"
    assert planned.summary() == [
        "2 rows relabelled, 1 row trashed.",
        'Of these, 2 files would move into the folders of their classes, of which "quince" would be made.',
        f"1 file would move into a quarantine outside {project.root}.",
    ]
    project.carry_out(planned)
    assert tree_of(project.root) == {
        "apple/": b"", "pear/": b"", "quince/": b"", "apple/2.jpg": b"2", "pear/1.jpg": b"4", "pear/1-2.jpg": b"1",
        "pear/6.jpg": b"6", "quince/ä 3.jpg": b"3",
    }, "a name that is taken gets a number"  # fmt: skip
    (change,) = changes(project.applied)
    assert (change.folder / "quarantine" / "pear" / "5.jpg").read_bytes() == b"5"
    assert unapply(project.applied, project.rows, project.places) == change
    assert tree_of(project.root) == {**FOLDERS, "apple/": b"", "pear/": b""}
    assert unapply(project.applied, project.rows, project.places) is None


def test_a_table_is_rewritten_where_it_must_be_and_nowhere_else(tmp_path: Path) -> None:
    project = Project(tmp_path, TABLE, table="labels.csv")
    before = tree_of(project.root)
    times = (project.root / "labels.csv").stat().st_mtime_ns
    planned = project.plan(
        ("apple/1.jpg", "relabel", "apple", "pear"),
        ("pear/5.jpg", "trash", "pear", ""),
        ("pear/6.jpg", "relabel", "pear", "a;b"),
    )
    project.carry_out(planned)
    assert (project.root / "labels.csv").read_bytes() == (
        '\ufeffpath;label;note\r\npear/1-2.jpg;pear;"a;\r\nb"\r\napple/2.jpg;apple;\r\napple/ä 3.jpg;apple;x\r\n'
        'pear/1.jpg;pear;\r\n\r\na;b/6.jpg;"a;b";last'.replace('\n\r\na;b/6.jpg;"', '\n\r\n"a;b/6.jpg";"')
    ).encode()
    assert (project.root / "a;b" / "6.jpg").read_bytes() == b"6"
    assert not (project.root / "pear" / "5.jpg").exists()
    unapply(project.applied, project.rows, project.places)
    assert tree_of(project.root) == before
    assert (project.root / "labels.csv").stat().st_mtime_ns == times


def test_files_stay_where_folders_do_not_name_classes(tmp_path: Path) -> None:
    table = b"path,label\napple/1.jpg,x\napple/2.jpg,y\npear/1.jpg,x\npear/1.jpg,y\npear/5.jpg,y\npear/6.jpg,x\n"
    project = Project(tmp_path, {**FOLDERS, "labels.csv": table}, table="labels.csv")
    ids = [str(name) for name in written_rows(project.settings).ids]
    found = corrections(
        tmp_path, [(ids[0], "relabel", "x", "y"), (ids[2], "trash", "x", ""), (ids[4], "trash", "y", "")]
    )
    project.carry_out(plan(project.settings, found))
    assert (
        project.root / "labels.csv"
    ).read_bytes() == b"path,label\napple/1.jpg,y\napple/2.jpg,y\npear/1.jpg,y\npear/6.jpg,x\n"
    assert (project.root / "pear" / "1.jpg").exists(), "another row still names it"
    assert not (project.root / "pear" / "5.jpg").exists()


def test_it_gives_the_rows_that_corrections_give_while_data_are_read(tmp_path: Path) -> None:
    project = Project(tmp_path, FOLDERS, rename={"apple": "fruit", "pear": "other"})
    ids = project.ids()
    found = corrections(
        tmp_path, [(ids["apple/1.jpg"], "relabel", "fruit", "other"), (ids["pear/6.jpg"], "trash", "", "")]
    )
    wanted = settings_of(project.root, rename={"apple": "fruit", "pear": "other"}, corrections=str(found))
    samples = _labels(wanted)
    project.carry_out(plan(project.settings, found))
    assert _labels(project.settings) == samples


def _labels(loaded: Settings) -> dict[str, str]:
    from evenhand.data.roots.root import root_of

    samples, _ = loaded.kind.samples(root_of(loaded.data), loaded.data, loaded.kind_config)
    return {name: samples.classes[label] for name, label in zip(samples.ids, samples.labels, strict=True)}


def test_nothing_is_done_where_something_has_changed_since(tmp_path: Path) -> None:
    project = Project(tmp_path, FOLDERS)
    planned = project.plan(("apple/1.jpg", "relabel", "apple", "pear"), ("apple/2.jpg", "trash", "apple", ""))
    (project.root / "apple" / "2.jpg").write_bytes(b"new")
    before = tree_of(project.root)
    with pytest.raises(
        DataError, match=r"changed since this was planned, and nothing was done. .*2.jpg: the file has"
    ):
        project.carry_out(planned)
    assert tree_of(project.root) == before
    (project.root / "apple" / "2.jpg").write_bytes(b"2")
    project.carry_out(planned)
    (project.root / "apple" / "1.jpg").write_bytes(b"in its place")
    before = tree_of(project.root)
    with pytest.raises(
        DataError, match=r"changed since it was applied, and nothing was done. .*apple/1.jpg: there is a"
    ):
        unapply(project.applied, project.rows, project.places)
    assert tree_of(project.root) == before


def test_rows_that_are_not_as_planned_undo_it(tmp_path: Path) -> None:
    project = Project(tmp_path, FOLDERS)
    planned = project.plan(("apple/1.jpg", "relabel", "apple", "test"), ("pear/5.jpg", "trash", "pear", ""))
    before = tree_of(project.root)
    with pytest.raises(
        DataError, match='nothing was changed. The data are not as planned: "test/1.jpg" is not there'
    ):
        carry_out(planned, project.applied, lambda: project.rows()[:-1], project.places)
    assert tree_of(project.root) == before
    assert changes(project.applied)[0].journal.state == "undone"


def test_a_quarantine_inside_the_data_is_refused(tmp_path: Path) -> None:
    project = Project(tmp_path, FOLDERS)
    planned = project.plan(("apple/1.jpg", "trash", "apple", ""))
    with pytest.raises(DataError, match="lies inside the data"):
        carry_out(planned, project.root / "applied", project.rows, project.places)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("error", [Killed, full_disk])
@pytest.mark.parametrize("table", [False, True])
def test_wherever_it_breaks_the_tree_is_as_before_or_as_planned(
    tmp_path: Path, error: Callable[[], BaseException], after: bool, table: bool, size: Size
) -> None:
    files, keys = (TABLE, {"table": "labels.csv"}) if table else (FOLDERS, {})
    wanted: Tree | None = None
    # a break before a change is the same as one after the change before it, but for what is told of it
    for at in range(1 + after, 200, size(11, 1)):
        folder = tmp_path / str(at)
        project = Project(folder, files, **keys)
        before = tree_of(project.root)
        planned = project.plan(("apple/1.jpg", "relabel", "apple", "quince"), ("pear/5.jpg", "trash", "pear", ""))
        stopped: BaseException | None = None
        with broken(at, error, after=after) as made:
            try:
                project.carry_out(planned)
            except (Killed, DataError) as found:
                stopped = found
            except OSError as found:  # in the folder of the session, before there is a change
                stopped = found
                assert changes(project.applied) == []
        if made[0] < at:
            wanted = tree_of(project.root)
            break
        recover(project.applied, project.rows, project.places)
        found_tree, done = tree_of(project.root), not differences(planned.rows, project.rows())
        assert done or found_tree == before, at
        assert not done or set(found_tree) - set(before) == {"quince/", "quince/1.jpg"}
        if done and stopped is not None:
            unapply(project.applied, project.rows, project.places)
            assert tree_of(project.root) == before
        shutil.rmtree(folder)
    assert wanted is not None
    assert at > 10


@pytest.mark.parametrize("error", [Killed, full_disk])
def test_wherever_undoing_breaks_the_next_call_goes_on(
    tmp_path: Path, error: Callable[[], BaseException], size: Size
) -> None:
    for at in range(1, 200, size(9, 1)):
        project = Project(tmp_path / str(at), TABLE, table="labels.csv")
        before = tree_of(project.root)
        planned = project.plan(("apple/1.jpg", "relabel", "apple", "quince"), ("pear/5.jpg", "trash", "pear", ""))
        project.carry_out(planned)
        with broken(at, error, after=False) as made, contextlib.suppress(Killed, DataError, OSError):
            unapply(project.applied, project.rows, project.places)
        if made[0] < at:
            break
        recover(project.applied, project.rows, project.places)
        if changes(project.applied)[-1].journal.state == "finished":  # it was not even begun
            unapply(project.applied, project.rows, project.places)
        assert tree_of(project.root) == before, at
    assert at > 10


def test_another_file_system_is_copied_to(tmp_path: Path) -> None:
    project = Project(tmp_path, FOLDERS)
    before = tree_of(project.root)
    planned = project.plan(("apple/1.jpg", "trash", "apple", ""))

    def refused(source: object, target: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "rename", refused)
        project.carry_out(planned)
        assert not (project.root / "apple" / "1.jpg").exists()
        unapply(project.applied, project.rows, project.places)
    assert tree_of(project.root) == before


NAMES = st.sampled_from(["a", "A", "é", "e\u0301", "日本", "x y", "b-2", "q'\"", ";", "-", "ß", "🙂"])


@settings(
    max_examples=200 if FULL else 10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_random_trees_are_changed_as_planned_and_restored(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    classes = data.draw(st.lists(NAMES, min_size=2, max_size=4, unique_by=lambda name: name.casefold()))
    names = data.draw(st.lists(st.tuples(st.sampled_from(classes), NAMES), min_size=3, max_size=8, unique=True))
    # few contents, so that files have copies
    tree = {f"{of}/{name}.jpg": data.draw(st.sampled_from([b"0", b"1", b"2"])) for of, name in names}
    table = data.draw(st.booleans())
    keys: dict[str, Any] = {"table": "t.csv"} if table else {}
    if table:
        lines = [
            f'"{path.replace(chr(34), chr(34) * 2)}","{path.split("/")[0].replace(chr(34), chr(34) * 2)}"'
            for path in tree
        ]
        tree["t.csv"] = "\n".join(["path,label", *lines]).encode()
    project = Project(folder, tree, **keys)
    before = tree_of(project.root)
    try:
        ids = project.ids()
    except DataError:
        return  # one class only
    rows = [
        (name, *data.draw(st.sampled_from([("relabel", "", to) for to in [*classes, "neu"]] + [("trash", "", "")])))
        for path, name in ids.items()
        if data.draw(st.booleans())
    ]
    try:
        planned = plan(project.settings, corrections(folder, rows))
        project.carry_out(planned)
    except DataError as refused:
        event(str(refused).replace(str(folder), "")[:100])
        assert tree_of(project.root) == before
        return
    event("empty" if planned.empty else "changed")
    assert not differences(planned.rows, project.rows())
    if not planned.empty:
        unapply(project.applied, project.rows, project.places)
    assert tree_of(project.root) == before


@pytest.mark.parametrize("state", ["doing", "undoing", "finished"])
def test_a_journal_of_somebody_else_moves_nothing_outside_of_the_data(tmp_path: Path, state: str) -> None:
    project = Project(tmp_path, FOLDERS)
    (tmp_path / "mine.txt").write_text("mine")
    step = {"step": "move", "source": str(tmp_path / "mine.txt"), "target": str(project.root / "apple" / "x.jpg")}
    (project.root / "out").symlink_to(tmp_path)
    odd = {"step": "folder", "path": f"{project.root}/out/made"}
    for steps in ([{**step, "content": content_hash(b"mine")}], [odd]):
        folder = project.applied / "0001"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [{"plan": steps, "rows": ""}, {"state": state}]
        (folder / "journal.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        act = unapply if state == "finished" else recover
        with pytest.raises(
            DataError, match="its journal names .*, which is not among these data, and nothing was done"
        ):
            act(project.applied, project.rows, project.places)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "lines",
    ["3\n{}\n", '{"plan": 3}\n', '{"plan": [{"step": "x"}]}\n', '{"plan": [{"step": "folder", "path": 3}]}\n',
     '{"plan": []}\n{"state": []}\n', "[" * 100_000 + "\n{}\n"],
)  # fmt: skip
def test_a_journal_that_is_none_is_a_sentence(tmp_path: Path, lines: str) -> None:
    project = Project(tmp_path, FOLDERS)
    (project.applied / "0001").mkdir(parents=True)
    (project.applied / "0001" / "journal.jsonl").write_text(lines)
    with pytest.raises(DataError, match=r"line 1 is damaged\. What was changed is not known, and nothing was done"):
        recover(project.applied, project.rows, project.places)
