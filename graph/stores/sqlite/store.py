"""The graph in one SQLite file: the embedded default.

Write-ahead mode with full synchronisation: what a write acknowledged survives a killed process and a power
failure. Many processes may read and write at once; writers queue for at most `timeout_s`. The file must
not lie on a network file system.
"""

from graph.stores.sqlite.circle_life import CircleLives
from graph.stores.sqlite.circle_links import CircleLinks
from graph.stores.sqlite.feedback import Feedback
from graph.stores.sqlite.invitations import Invitations
from graph.stores.sqlite.once import OnceRows
from graph.stores.sqlite.operations import Operations
from graph.stores.sqlite.payment_mutes import PaymentMuteRows
from graph.stores.sqlite.releases import Releases
from graph.stores.sqlite.suggestions import Suggestions


class SqliteStore(
    Operations,
    Suggestions,
    CircleLives,
    CircleLinks,
    Releases,
    Invitations,
    Feedback,
    OnceRows,
    PaymentMuteRows,
):
    """`GraphStore` over one file; see `graph/stores/base.py` for what each method promises."""
