"""Fill the stopped server from CSV files with Neo4j's own importer, ten times faster than over Bolt.

What was in the database is replaced. While it runs a file `importing` lies in the server's folder; it goes
when the import has ended well, and as long as it lies there the server refuses to start: half an import is
never taken for a graph. Repeating an import that was cut off starts over.
"""

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from graph.errors import InputError, StoreError
from graph.local_neo4j.artifacts import Progress
from graph.local_neo4j.files import write_private
from graph.local_neo4j.server import LocalServer, Programs

HEAP = "1280m"
LINKS = "import-links"
OFF_HEAP = "1g"  # 3 million relationships need less; beyond that it reads ids from disk, more slowly
STAGE = re.compile(r"^(?:WARNING.*GiB)?(\w.*), started \d{4}-")  # a warning lacks its line end
COUNT = re.compile(r"\]\s*([\d.]+)([KMGT]?) ∆")
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def import_csv(
    server: LocalServer,
    found: Programs,
    nodes: Mapping[str, Sequence[Path]],
    relationships: Mapping[str, Sequence[Path]],
    *,
    off_heap: str = OFF_HEAP,
    strict: bool = True,
    progress: Progress = lambda stage, done, total: None,
) -> None:
    """Replace the database by what CSV files hold; the server is stopped before and stays stopped.

    Args:
        server: any; a running one is stopped.
        nodes: files of each label. The first line of the first file is the header: `:ID(User),name`.
            Fields may hold quotes (doubled) and line ends inside quotes; UTF-8. Its ids are whole numbers.
        relationships: files of each type, with a header such as `:START_ID(User),:END_ID(Circle),since:long`.
        off_heap: memory beside Java's 1.25 GB.
        strict: find every relationship to nobody; without it a few may be left out unnoticed, a sixth sooner.
        progress: told each stage and how much of it is done, roughly; the total is not known.

    Raises:
        InputError: no file is given for a label or type, or a file does not exist; nothing was changed.
        StoreError: the importer refuses, with its own report. The server does not start before an import ends
            well.
        StoreConflict: somebody else starts, stops or fills the server for too long.
    """
    _check(nodes)
    _check(relationships)
    server.files.make()
    with server.changing("filling it") as handle:
        if server.is_running():
            progress("stopping Neo4j", 0, 0)
            server.stop()
        links = _Links(server.files.folder / LINKS)
        command = [*_options(off_heap, strict), f"--report-file={links.report}"]
        command += [f"--nodes={label}={links.to(files)}" for label, files in nodes.items()]
        command += [f"--relationships={kind}={links.to(files)}" for kind, files in relationships.items()]
        server.files.write_conf(server.files.read_state().get("port", 7687), server.memory())
        write_private(server.files.importing, "")
        progress("importing", 0, 0)
        try:
            server.admin(found, *command, heap=HEAP, told=_reading(progress), keep=(handle,))
        except StoreError as error:
            raise StoreError(f"the import failed; {links.real(str(error))}") from None
        finally:
            links.remove()
        server.files.importing.unlink()


def _check(files_of: Mapping[str, Sequence[Path]]) -> None:
    for name, files in files_of.items():
        if not files:
            raise InputError(f"no file is given for {name!r}; expected one or more")
        for file in files:
            if not file.is_file():
                raise InputError(f"{str(file)!r}, given for {name!r}, is not a file")


def _options(off_heap: str, strict: bool) -> list[str]:
    return [
        "database",
        "import",
        "full",
        "neo4j",
        "--overwrite-destination=true",
        "--id-type=integer",
        "--multiline-fields=true",
        "--verbose",  # it names what it stumbled over
        "--bad-tolerance=0",
        f"--strict={str(strict).lower()}",
        f"--max-off-heap-memory={off_heap}",
    ]


class _Links:
    """Plain names for files: the importer splits paths at commas and takes names for regular expressions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._real: dict[str, str] = {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.report = folder / "report"

    def to(self, files: Sequence[Path]) -> str:
        return ",".join(self._link(file.absolute()) for file in files)

    def _link(self, file: Path) -> str:
        name = f"f{len(self._real):06}"
        (self._folder / name).symlink_to(file)
        self._real[name] = str(file)
        return f"{LINKS}/{name}"

    def real(self, text: str) -> str:
        """A message with the true names."""
        return re.sub(r"\S*\b(f\d{6})\b", lambda found: self._real.get(found[1], found[0]), text)

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _reading(progress: Progress) -> Callable[[str], None]:
    """Turn the importer's lines into progress."""
    stage = ""

    def told(line: str) -> None:
        nonlocal stage
        if found := STAGE.match(line):
            stage = f"importing: {found[1].lower()}"
            progress(stage, 0, 0)
        elif found := COUNT.search(line):
            progress(stage, int(float(found[1]) * UNITS[found[2]]), 0)

    return told
