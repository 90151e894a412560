"""A fan graph as GraphML and GEXF, for programs that draw graphs; it says what the JSON answer says.

networkx writes both. It takes a third of a second to import, and only these files and communities need it.
"""

import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.services.csv_tables import in_words

if TYPE_CHECKING:
    import networkx

Answer = Mapping[str, Any]
# What XML cannot say; ids hold categories as the data has them.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NODE_FACTS = ("kind", "closeness", "scene", "parent", "size", "ring", "community", "x", "y")


def graphml(answer: Answer) -> str:
    """GraphML; `people` is the number where it is told, `people_told` says it or why it is hidden."""
    import networkx

    out = io.BytesIO()
    networkx.write_graphml_xml(_graph(answer), out, named_key_ids=True)
    return _NO_XML.sub("\ufffd", out.getvalue().decode())


def gexf(answer: Answer) -> str:
    """GEXF 1.2, without the day of writing: the same graph is the same file."""
    from networkx.readwrite.gexf import GEXFWriter

    writer = GEXFWriter(version="1.2draft")
    for meta in writer.xml.findall("meta"):
        meta.attrib.pop("lastmodifieddate", None)
    writer.add_graph(_graph(answer))
    out = io.BytesIO()
    writer.write(out)
    return _NO_XML.sub("\ufffd", out.getvalue().decode())


def _graph(answer: Answer) -> "networkx.Graph[str]":
    import networkx

    graph = networkx.Graph(name=answer["name"]["en"], smallest_group=answer["meta"]["k"])
    for node in answer["nodes"]:
        facts = {name: node[name] for name in _NODE_FACTS if node[name] is not None}
        facts |= {"label": node["name"]["en"], "name_zh": node["name"]["zh"]}
        facts["people_told"] = in_words(node["people"], answer["meta"]["k"])
        if "hidden" not in node["people"]:
            facts["people"] = node["people"]["v"]
        graph.add_node(node["id"], **facts)
    for edge in answer["edges"]:
        facts = {name: edge[name] for name in ("kind", "strength")}
        graph.add_edge(
            edge["source"], edge["target"], **facts, why=edge["why"]["en"], why_zh=edge["why"]["zh"]
        )
    return graph
