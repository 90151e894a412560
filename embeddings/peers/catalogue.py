"""The peers by name, in the forms that the data allow; what one needs is imported when it is asked for."""

from importlib import import_module

from embeddings.peers.base import Peer
from embeddings.peers.sight import FORMS, has_behaviour, has_themes
from graph.errors import ConfigError, InputError
from graph.snapshot import Snapshot

# name -> module and class
PEERS = {
    "item-knn": ("item_knn", "ItemKnn"),
    "user-knn": ("user_knn", "UserKnn"),
    "ease": ("ease", "Ease"),
    "als": ("factors", "Als"),
    "bpr": ("factors", "Bpr"),
    "lightgcn": ("lightgcn", "LightGcn"),
    "fastrp-knn": ("fastrp", "FastRpKnn"),
    "turbo-cf": ("turbo_cf", "TurboCf"),
}
SUFFIXES = {"memberships": "", "joint": "-joint", "themes": "-themes"}
NAMES = tuple(name + SUFFIXES[form] for form in FORMS for name in PEERS)


def parts_of(name: str) -> tuple[str, str]:
    """Peer and form of a name such as `als-joint`. Raises InputError for an unknown one."""
    for form, suffix in reversed(SUFFIXES.items()):
        peer = name.removesuffix(suffix)
        if name.endswith(suffix) and peer in PEERS:
            return peer, form
    raise InputError(f"peer {name!r} is not known; peers are {', '.join(NAMES)}")


def kind_of(peer: str) -> type[Peer]:
    """The class of a peer. Raises ConfigError when the package it needs is not installed."""
    module, name = PEERS[peer]
    try:
        found: type[Peer] = getattr(import_module(f"embeddings.peers.{module}"), name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{peer} needs the package {error.name!r}; install the extra `train`: pip install -e '.[train]'"
        ) from error
    return found


def names_for(snapshot: Snapshot) -> tuple[str, ...]:
    """The names that differ from each other on these data."""
    forms = {"memberships": True, "joint": has_behaviour(snapshot), "themes": has_themes(snapshot)}
    return tuple(name for name in NAMES if forms[parts_of(name)[1]])
