"""GraphML and GEXF say what the JSON says; both are read back by networkx."""

import io

import networkx
import pytest
from hypothesis import HealthCheck, given, settings

from api.services.csv_tables import in_words
from api.services.fan_graph import fan_graph
from api.services.graph_files import gexf, graphml
from tests.portraits import TOWN, bodies, body_of, with_portrait

NOW = 1_800_000_000
BODY = body_of(
    "c0",
    TOWN,
    standing={"near": 400, "mid": 300, "far": 5, "lost": 100},
    interests={("near", None): 400, ("mid", None): 300, ("far", None): 5},
)
READERS = {graphml: networkx.read_graphml, gexf: networkx.read_gexf}
FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def asked(service, body=BODY):
    return fan_graph(with_portrait(service.context, body, None, TOWN), "c0", "c0", now=NOW)


@pytest.mark.parametrize("write", READERS)
def test_a_file_has_all_nodes_and_links(service, write):
    told = asked(service)
    graph = READERS[write](io.BytesIO(write(told).encode()))
    assert set(graph) == {node["id"] for node in told["nodes"]}
    assert {frozenset(ends) for ends in graph.edges} == {
        frozenset((edge["source"], edge["target"])) for edge in told["edges"]
    }
    assert graph.nodes["m"]["people"] == 710
    assert graph.nodes["near.dining"]["people_told"] == "<20"
    assert "people" not in graph.nodes["near.dining"]


@pytest.mark.parametrize("write", READERS)
def test_the_same_graph_is_the_same_file(service, write):
    assert write(asked(service)) == write(asked(service))
    assert "lastmodified" not in write(asked(service))


@FEW
@given(body=bodies("c0", TOWN))
def test_files_say_what_the_answer_says(service, body):
    told = asked(service, body)
    for write, read in READERS.items():
        graph = read(io.BytesIO(write(told).encode()))
        for node in told["nodes"]:
            facts = graph.nodes[node["id"]]
            assert facts["people_told"] == in_words(node["people"], 20)
            assert facts.get("people") == node["people"].get("v")
            assert facts.get("people", 20) >= 20
