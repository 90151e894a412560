"""What belongs together in a fan graph: communities of its nodes, by Louvain; pure.

Works on what is told of a graph. Hidden nodes and those without a link take no part: they go where most of
their scene is, which their id says anyway. Communities are numbered as they follow each other round the
picture, the strongest ties side by side.

Source: Blondel, Guillaume, Lambiotte and Lefebvre 2008, as in networkx.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Name = Mapping[str, str]
Node = Mapping[str, Any]

MAX_COMMUNITIES = 8  # as many as a picture can tell apart; the last one is what is left
REST: Name = {"en": "Others", "zh": "其他"}
_SEED = 7


def communities(
    nodes: Sequence[Node], edges: Sequence[Mapping[str, Any]], scene_names: Mapping[str, Name]
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Divide a graph.

    Args:
        nodes, edges: of a fan graph's answer; positions and communities may still be missing.
        scene_names: scene -> name.

    Returns:
        Community by node id, without the merchant's, and the communities: id, name and number of nodes.
    """
    around = sorted((node for node in nodes if node["kind"] != "merchant"), key=lambda node: str(node["id"]))
    ties = _ties(around, edges)
    parts = _parts(ties)
    placed = {name: number for number, part in enumerate(_chained(parts, ties)) for name in part}
    homes = _homes(around, placed)
    number_of = {
        node["id"]: placed.get(node["id"], homes.get(node["scene"] or "", len(parts))) for node in around
    }
    used = sorted(set(number_of.values()))
    renumbered = {old: new for new, old in enumerate(used)}
    number_of = {name: renumbered[number] for name, number in number_of.items()}
    return number_of, _described(around, number_of, renumbered.get(len(parts)), scene_names)


def _ties(nodes: Iterable[Node], edges: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """Edges between shown nodes, sorted: the order in which they come plays no part."""
    shown = {node["id"] for node in nodes if "hidden" not in node["people"]}
    ends = ((*sorted((edge["source"], edge["target"])), edge["strength"]) for edge in edges)
    return sorted((one, two, weight) for one, two, weight in ends if one in shown and two in shown)


def _parts(ties: Sequence[tuple[str, str, int]]) -> list[set[str]]:
    """The largest communities of linked nodes; whoever is in a smaller one is left over."""
    import networkx  # takes a third of a second, and serving needs it for this answer only

    graph = networkx.Graph()
    for one, two, weight in ties:
        before = graph.get_edge_data(one, two, {"weight": 0})["weight"]
        graph.add_edge(one, two, weight=before + weight)
    found = networkx.community.louvain_communities(graph, seed=_SEED) if ties else []
    return sorted(found, key=lambda part: (-len(part), min(part)))[: MAX_COMMUNITIES - 1]


def _chained(parts: Sequence[set[str]], ties: Iterable[tuple[str, str, int]]) -> list[set[str]]:
    """The largest first, then always the one with the strongest ties to the last."""
    place = {name: index for index, part in enumerate(parts) for name in part}
    between: Counter[tuple[int, int]] = Counter()
    for one, two, weight in ties:
        if one in place and two in place:
            between[place[one], place[two]] += weight
            between[place[two], place[one]] += weight
    left, chain = list(range(len(parts))), list[int]()
    while left:
        last = chain[-1] if chain else left[0]
        following = max(left, key=lambda index: (between[last, index], -index)) if chain else left[0]
        chain.append(following)
        left.remove(following)
    return [parts[index] for index in chain]


def _homes(nodes: Iterable[Node], placed: Mapping[str, int]) -> dict[str, int]:
    """Where an unlinked node of a scene goes: to the community with most of its scene."""
    alike: dict[str, Counter[int]] = defaultdict(Counter)
    for node in nodes:
        if node["scene"] and node["id"] in placed:
            alike[node["scene"]][placed[node["id"]]] += 1
    return {scene: min(found, key=lambda number: (-found[number], number)) for scene, found in alike.items()}


def _described(
    nodes: Iterable[Node], number_of: Mapping[str, int], rest: int | None, scene_names: Mapping[str, Name]
) -> list[dict[str, Any]]:
    members: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        members[number_of[node["id"]]].append(node)
    told, taken = [], set[str]()
    for number in sorted(members):
        name = REST if number == rest else _named(members[number], scene_names, taken)
        taken.add(name["en"])
        told.append({"id": number, "name": dict(name), "nodes": len(members[number])})
    return told


def _named(members: Sequence[Node], scene_names: Mapping[str, Name], taken: set[str]) -> Name:
    """By the scene of most of its groups, else by its largest node whose name is not taken yet."""
    scenes = Counter(node["scene"] for node in members if node["kind"] == "group" and node["scene"])
    leading = sorted(scenes, key=lambda scene: (-scenes[scene], scene))
    largest = sorted(members, key=lambda node: (node["kind"] != "group", -node["size"], node["id"]))
    names: list[Name] = [scene_names[scene] for scene in leading[:1] if scene in scene_names]
    names += [node["name"] for node in largest]
    return next((name for name in names if name["en"] not in taken), names[0])
