"""The list of jars: what it says and what it can hold."""

import re

from hypothesis import given
from hypothesis import strategies as st

from graph.local_neo4j.lock import Jar, _jar, read_lock, same_bytes, server_version

NAMES = st.from_regex(r"[a-z][a-z0-9._-]{0,20}", fullmatch=True)
JARS = st.builds(
    Jar,
    group=NAMES,
    artifact=NAMES,
    version=NAMES,
    classifier=NAMES | st.just(""),
    size=st.integers(1, 10**9),
    sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
)


@given(JARS)
def test_a_jar_comes_back_from_its_line(jar):
    assert _jar(jar.line()) == jar


def test_the_list_is_one_release_of_files_with_names_of_their_own():
    jars = read_lock()
    assert re.fullmatch(r"5\.26\.\d+", server_version(jars))
    assert len({jar.file_name for jar in jars}) == len(jars) > 200
    own = {jar.version for jar in jars if jar.group.startswith("org.neo4j") and "cypher" in jar.artifact}
    assert own == {server_version(jars)}


def test_a_file_is_the_jar_only_with_its_size_and_its_bytes(tmp_path):
    jar = Jar("g", "a", "1", "", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    file = tmp_path / jar.file_name
    assert not same_bytes(file, jar)
    for content, same in ((b"ab", False), (b"abd", False), (b"abc", True)):
        file.write_bytes(content)
        assert same_bytes(file, jar) is same
