"""Search of a merchant's page: its own groups, and public names of circles, merchants, categories and scenes.

Words are compared as themes compare them: without case and plural, Chinese by characters, also by an alias of
the other language. The last word may be unfinished.
"""

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from api.context import Context
from api.services.told_names import SCENE_NAMES, Name, group_name, public
from graph.errors import InputError
from graph.policy.lattice import NAMED_SCENES
from graph.policy.portraits import CLOSENESS
from graph.portraits.groups import Group
from graph.themes.index import ThemeIndex
from graph.themes.words import Tokens, read_aliases, stands_in, tokens

KINDS = ("group", "circle", "merchant", "category", "scene")
MOST = 20
MOST_OF_KIND = 8  # so that hundreds of shops of one name leave room for the others


def search(
    context: Context, owner: str | None, q: str, *, kinds: Collection[str] | None = None, now: int
) -> dict[str, Any]:
    """Things whose name has the words that somebody types.

    Args:
        owner: the merchant who asks, whose groups are found; None: the operator, who has none.
        kinds: of `KINDS`; all when None.

    Raises:
        InputError: a kind that is not offered.
    """
    wanted = KINDS if kinds is None else tuple(kinds)
    for kind in wanted:
        if kind not in KINDS:
            raise InputError(f"kinds has {kind!r}; expected some of {', '.join(KINDS)}")
    forms = read_aliases().forms(q)
    if not forms:
        return {"items": []}
    index = context.themes.index(context.store.get(), context.store.identity(), context.policy, now)
    makers: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
        "group": lambda: _groups(q, forms) if owner is not None else iter(()),
        "circle": lambda: _circles(context, forms, now),
        "merchant": lambda: _things(index, "merchant", forms),
        "category": lambda: _categories(index, forms),
        "scene": lambda: _scenes(q, forms),
    }
    found = [item for kind in KINDS if kind in wanted for item in islice(makers[kind](), MOST_OF_KIND)]
    return {"items": found[:MOST]}


def _groups(q: str, forms: Collection[Tokens]) -> Iterator[dict[str, Any]]:
    """Groups by the name of their closeness or scene, or by a word that means the scene."""
    meant = read_aliases().scene(q)
    for closeness in CLOSENESS:
        for scene in NAMED_SCENES:
            group = Group(closeness, scene)
            name = group_name(group)
            if scene == meant or _is_named(name, forms):
                yield _item(group.id, "group", name)


def _circles(context: Context, forms: Collection[Tokens], now: int) -> Iterator[dict[str, Any]]:
    names = ((id_, circle.name or id_) for id_, circle in context.circles.all(context).items())
    found = {id_: name for id_, name in names if _has(name, forms)}
    for id_ in context.circles.named(context, sorted(found), now=now):
        yield _item(id_, "circle", public(found[id_]))


def _things(index: ThemeIndex, kind: str, forms: Collection[Tokens]) -> Iterator[dict[str, Any]]:
    """By whole words, from the index: there may be a million of them."""
    found = {thing.thing_id: thing for form in sorted(forms) for thing in index.find(form)}
    for thing in found.values():
        if thing.kind == kind and thing.barred is None:
            yield _item(thing.thing_id, kind, public(thing.name))


def _categories(index: ThemeIndex, forms: Collection[Tokens]) -> Iterator[dict[str, Any]]:
    for category in index.sizes:
        thing = index.get("category", category)
        if thing is not None and thing.barred is None and _has(category, forms):
            yield _item(category, "category", public(category))


def _scenes(q: str, forms: Collection[Tokens]) -> Iterator[dict[str, Any]]:
    meant = read_aliases().scene(q)
    for scene in NAMED_SCENES:
        if scene == meant or _is_named(SCENE_NAMES[scene], forms):
            yield _item(scene, "scene", SCENE_NAMES[scene])


def _is_named(name: Name, forms: Collection[Tokens]) -> bool:
    return any(_has(text, forms) for text in name.values())


def _has(text: str, forms: Collection[Tokens]) -> bool:
    """Whether one of the forms stands in a text, its last word perhaps unfinished."""
    found = _tokens(text)
    return any(stands_in(form, found) or _begins_in(form, found) for form in forms)


_tokens = lru_cache(maxsize=50_000)(tokens)  # of all categories and circles, at every key that is pressed


def _begins_in(form: Tokens, name: Tokens) -> bool:
    *whole, last = form
    ends = (i for i, token in enumerate(name) if token.startswith(last) and i >= len(whole))
    return any(list(name[i - len(whole) : i]) == whole for i in ends)


def _item(id_: str, kind: str, name: Name) -> dict[str, Any]:
    return {"id": id_, "kind": kind, "name": name, "href": None}
