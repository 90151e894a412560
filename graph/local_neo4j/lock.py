"""Which files make up the server: `artifacts.lock`, one jar a line with its size and SHA-256.

The list is Maven's own answer for two artifacts of the release, so a server fetched tomorrow is, byte for
byte, the one tested today, and a changed or broken file is refused. (jgo's own resolver chose other versions
of a dozen of the 213 jars.) `python -m graph.local_neo4j.lock 5.26.30` writes it anew; that needs Maven
(`mvn`), which fetching does not.
"""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).with_name("artifacts.lock")
ROOTS = ("org.neo4j.app:neo4j-server", "org.neo4j:neo4j")


@dataclass(frozen=True)
class Jar:
    """One file of the server. size: bytes."""

    group: str
    artifact: str
    version: str
    classifier: str
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        middle = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{middle}.jar"

    def line(self) -> str:
        parts = [self.group, self.artifact, self.version, *([self.classifier] if self.classifier else [])]
        return f"{':'.join(parts)} {self.size} {self.sha256}"


def read_lock(lock: Path = LOCK) -> tuple[Jar, ...]:
    """The jars, in the order of their names."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return tuple(_jar(line) for line in lines if line and not line.startswith("#"))


def _jar(line: str) -> Jar:
    name, size, sha256 = line.split()
    group, artifact, version, classifier = [*name.split(":"), ""][:4]
    return Jar(group, artifact, version, classifier, int(size), sha256)


def server_version(jars: tuple[Jar, ...]) -> str:
    """The release of Neo4j among the jars, such as `5.26.30`."""
    return next(jar.version for jar in jars if f"{jar.group}:{jar.artifact}" == ROOTS[0])


def same_bytes(file: Path, jar: Jar) -> bool:
    """Whether a file is there and is the jar, by size and hash."""
    try:
        if file.stat().st_size != jar.size:
            return False
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def resolve(version: str, roots: Sequence[str] = ROOTS) -> tuple[Jar, ...]:
    """Ask Maven for the jars that running a program needs; roots: group:artifact."""
    wanted = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId>".format(*root.split(":"))
        + f"<version>{version}</version></dependency>"
        for root in roots
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pom.xml").write_text(
            "<project><modelVersion>4.0.0</modelVersion><groupId>circles</groupId><artifactId>lock</artifactId>"
            f"<version>1</version><dependencies>{wanted}</dependencies></project>",
            encoding="utf-8",
        )
        options = ("-DincludeScope=runtime", "-DoutputAbsoluteArtifactFilename=true", "-DoutputFile=list")
        subprocess.run(["mvn", "-q", "-B", "dependency:list", *options], cwd=folder, check=True)
        lines = Path(folder, "list").read_text(encoding="utf-8").splitlines()
    return tuple(sorted((_resolved(line.strip()) for line in lines if ":jar:" in line), key=Jar.line))


def _resolved(line: str) -> Jar:
    # group:artifact:jar[:classifier]:version:scope:path
    *name, _scope, path = line.split(" -- ")[0].strip().split(":")
    content = Path(path).read_bytes()
    return Jar(
        name[0],
        name[1],
        name[-1],
        name[3] if len(name) == 5 else "",
        len(content),
        hashlib.sha256(content).hexdigest(),
    )


if __name__ == "__main__":
    line = "group:artifact:version[:classifier] size sha256"
    head = f"# Written by `python -m graph.local_neo4j.lock VERSION`: {line}\n"
    LOCK.write_text(head + "".join(f"{jar.line()}\n" for jar in resolve(sys.argv[1])), encoding="utf-8")
