"""The graph on a Neo4j server: the store of production.

A write returns after the server has committed it. Writes come one after the other, by a lock that they
share; reads see what is committed. Many processes may work at once. The driver is imported only here.
"""

from graph.stores.neo4j.circle_life import CircleLives
from graph.stores.neo4j.circle_links import CircleLinks
from graph.stores.neo4j.feedback import Feedback
from graph.stores.neo4j.invitations import Invitations
from graph.stores.neo4j.once import OnceNodes
from graph.stores.neo4j.operations import Operations
from graph.stores.neo4j.payment_mutes import PaymentMuteNodes
from graph.stores.neo4j.releases import Releases
from graph.stores.neo4j.suggestions import Suggestions
from graph.stores.neo4j.vectors import Vectors


class Neo4jStore(
    Operations,
    Suggestions,
    CircleLives,
    CircleLinks,
    Releases,
    Invitations,
    Feedback,
    OnceNodes,
    PaymentMuteNodes,
    Vectors,
):
    """`GraphStore` over one database; see `graph/stores/base.py` for what each method promises."""
