"""What a process opens, deletes, starts and imports, watched by Python's audit hook (PEP 578).

A hook cannot be removed, so it is installed in a child process. It sees calls of Python, not of libraries in C;
those are seen by `Bait`, files that nobody may touch, by their times.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import evenhand

_LIBRARIES = ("/usr/lib", "/usr/share")
INTERPRETER = tuple(
    sorted(
        {
            os.path.realpath(path)
            for path in (sys.prefix, sys.base_prefix, *sys.path, *sysconfig.get_paths().values(), *_LIBRARIES)
            if path
        }
        | {os.path.realpath(Path(evenhand.__file__).parent), os.path.realpath(Path(__file__).parent)}
    )
)
"""Folders of the interpreter, of what it imports from, installed packages and the code under test among them."""

_QUICK = (*(f"{path}{os.sep}" for path in (sys.prefix, *INTERPRETER)),)
"""Ways into them that need not be resolved: reading them makes up nearly all events."""

COMMANDS = ("uname", "ldconfig")
"""What the standard library and torch ask about the machine when they are imported."""

SYSTEM = (
    "/proc", "/sys", "/dev/null", "/dev/urandom", "/dev/shm",
    "/etc/os-release", "/etc/localtime", "/etc/mime.types", "/etc/ld.so.cache", "/etc/machine-id", "/etc/fonts",
)  # fmt: skip
WRITTEN_ANYWHERE = ("/dev/null", "/dev/shm", "/proc/self")

_NAME, _TARGET = False, True
_WRITES: dict[str, tuple[tuple[int, int | None, bool], ...]] = {
    # event -> of each path that it changes: its argument, that of its dir_fd, and whether links are followed
    "os.remove": ((0, 1, _NAME),),
    "os.rmdir": ((0, 1, _NAME),),
    "os.mkdir": ((0, 2, _NAME),),
    "os.rename": ((0, 2, _NAME), (1, 3, _NAME)),
    "os.link": ((0, 2, _TARGET), (1, 3, _NAME)),
    "os.symlink": ((1, 2, _NAME),),
    "os.truncate": ((0, None, _TARGET),),
    "os.chmod": ((0, 2, _TARGET),),
    "os.chown": ((0, 3, _TARGET),),
    "os.utime": ((0, 3, _TARGET),),
    "os.setxattr": ((0, None, _TARGET),),
    "os.removexattr": ((0, None, _TARGET),),
    "shutil.rmtree": ((0, 1, _NAME),),
    "shutil.move": ((0, None, _NAME), (1, None, _TARGET)),
    "shutil.copyfile": ((1, None, _TARGET),),
    "shutil.copytree": ((1, None, _TARGET),),
    "shutil.make_archive": ((0, None, _TARGET),),
    "shutil.unpack_archive": ((1, None, _TARGET),),
    "sqlite3.connect": ((0, None, _TARGET),),
}
_READS = ("os.listdir", "os.scandir", "os.walk", "os.fwalk", "glob.glob", "os.getxattr", "os.listxattr", "os.chdir")
_NEVER = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile", "pty.spawn",
    "pickle.find_class", "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo",
    "socket.gethostbyname", "urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect",
    "webbrowser.open",
)  # fmt: skip
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass
class Watch:
    """The hook, and what it saw that is not allowed.

    Attributes
    ----------
    reads, writes
        Folders and files; what may be written may be read.
    modules
        Beginnings of names of modules that nobody may import.
    faults
        "EVENT PATH" of each thing that was not allowed.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    modules: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)

    def install(self) -> Watch:
        """Watch this process from now until its end."""
        self.allow(self.reads, self.writes)
        sys.addaudithook(self._event)
        return self

    def allow(self, reads: Iterable[str | Path], writes: Iterable[str | Path]) -> None:
        """Allow these from now on, beside the interpreter and the system, and nothing else."""
        self.writes = (*map(os.path.realpath, writes), *WRITTEN_ANYWHERE)
        self.reads = (*map(os.path.realpath, reads), *INTERPRETER, *SYSTEM, *self.writes)

    def taken(self) -> list[str]:
        """Return the faults so far, each once, and forget them."""
        faults, self.faults[:] = list(dict.fromkeys(self.faults)), []
        return faults

    def _event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            changes = bool(flags & _CHANGES) if isinstance(flags, int) else bool(set(mode or "") & set("wxa+"))
            if self.modules and not changes and Path(str(path)).name.startswith(self.modules):
                self.faults.append(
                    f"import {Path(str(path)).name}"
                )  # `importlib.import_module` raises no event of its own
            follow = not (isinstance(flags, int) and flags & os.O_NOFOLLOW)
            self._check(event, path, None, follow, self.writes if changes else self.reads)
        elif event in _WRITES:
            for at, folder, follow in _WRITES[event]:
                beside = arguments[folder] if folder is not None and folder < len(arguments) else None
                self._check(event, arguments[at], beside, follow, self.writes)
        elif event in _READS:
            self._check(event, arguments[0], None, _TARGET, self.reads)
        elif event == "subprocess.Popen":
            self._command(arguments[0], arguments[1])
        elif event == "import":
            if self.modules and str(arguments[0]).startswith(self.modules):
                self.faults.append(f"import {arguments[0]}")
        elif event == "ctypes.dlopen":
            if arguments[0] and os.sep in os.fsdecode(arguments[0]):
                self._check(event, arguments[0], None, _TARGET, self.reads)
        elif event in _NEVER:
            self.faults.append(f"{event} {arguments!r}"[:300])

    def _check(self, event: str, path: Any, folder: Any, follow: bool, allowed: tuple[str, ...]) -> None:
        if path is None:
            path = "."
        if isinstance(path, int) or not isinstance(path, str | bytes | os.PathLike):
            return  # of an open descriptor the path was seen when it was opened
        name = os.fsdecode(path)
        if allowed is self.reads and name.startswith(_QUICK) and ".." not in name:
            return
        if name == ":memory:" or "\0" in name:
            return  # nothing opens a name with NUL
        if isinstance(folder, int) and folder >= 0:
            name = f"{Path(f'/proc/self/fd/{folder}').readlink()}{os.sep}{name}"
        head, tail = os.path.split(name.rstrip(os.sep))
        whole = os.path.realpath(name) if follow else f"{os.path.realpath(head)}{os.sep}{tail}"
        if not any(whole == root or whole.startswith(root.rstrip(os.sep) + os.sep) for root in allowed):
            self.faults.append(f"{event} {whole}")

    def _command(self, executable: Any, arguments: Sequence[Any]) -> None:
        """Allow the interpreter alone (workers, charts, parsers that can be ended), and `COMMANDS`."""
        if Path(os.fsdecode(executable or arguments[0])).name in COMMANDS:
            return
        if os.path.realpath(os.fsdecode(executable or arguments[0])) != os.path.realpath(sys.executable):
            self.faults.append(f"subprocess.Popen {executable!r} {arguments!r}"[:300])


class Bait:
    """A folder that nobody may touch: each file with its content and times, the time of access set to 0."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known = self._seen()

    def _seen(self) -> dict[str, tuple[int, ...]]:
        return {str(path): self._mark(path) for path in sorted(self.folder.rglob("*")) if not path.is_dir()}

    def _mark(self, path: Path) -> tuple[int, ...]:
        found = path.lstat()
        return found.st_ino, found.st_size, found.st_mtime_ns

    def lay(self) -> None:
        """Set all times of access: a read sets them again, whoever reads."""
        for path in map(Path, self._seen()):
            if not path.is_symlink():
                os.utime(path, ns=(0, path.stat().st_mtime_ns))
        self.known = self._seen()

    def touched(self, readable: Callable[[str], bool]) -> list[str]:
        """Return what was changed, removed, added, or read where it was not `readable`."""
        now = self._seen()
        out = [f"changed {path}" for path in self.known if self.known[path] != now.get(path)]
        out += [f"added {path}" for path in now if path not in self.known]
        read = (path for path in now if not Path(path).is_symlink() and Path(path).stat().st_atime_ns > 0)
        return out + [f"read {path}" for path in read if not readable(path)]
