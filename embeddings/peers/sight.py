"""What a peer is shown of a snapshot: one matrix, in three forms.

    memberships   people x circles
    joint         people x (circles, merchants, products): what somebody paid for beside what they joined
    themes        the same with what circles are about, as further rows and columns

A method that knows only rows and columns learns themes from two kinds of further rows: a circle that "joined"
itself and touched its targets, and a target that was touched by itself and "joined" the circles about it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.touches import Matrix, binary, touches_of
from graph.snapshot import Snapshot

FORMS = ("memberships", "joint", "themes")
THEME_ROWS = ("circles", "targets", "both")
FOREVER_DAYS = (
    36_500.0  # peers have no notion of age; so old a half-life leaves every touch at its full weight
)
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sight:
    """One matrix, float32 csr (num_rows, num_columns): people are first among rows, circles among columns."""

    matrix: Matrix
    num_users: int
    num_circles: int

    @property
    def circles(self) -> Matrix:
        """The columns of circles: csr (num_rows, num_circles)."""
        return Matrix(self.matrix[:, : self.num_circles])


def has_behaviour(snapshot: Snapshot) -> bool:
    """Is there anything beside memberships?"""
    return bool(snapshot.paid.num_edges or snapshot.bought.num_edges)


def has_themes(snapshot: Snapshot) -> bool:
    """Does any circle say what it is about, in merchants, products or categories?"""
    return any(snapshot.themes[kind].num_edges for kind in ("merchant", "product", "category"))


def sight_of(snapshot: Snapshot, form: str, *, behaviour: float = 1.0, theme_rows: str = "both") -> Sight:
    """Show a snapshot in one of FORMS.

    Args:
        behaviour: what a touch of a merchant or product weighs beside a membership.
        theme_rows: one of THEME_ROWS.

    Raises:
        ValueError: form or theme_rows is unknown.
    """
    if form not in FORMS or theme_rows not in THEME_ROWS:
        raise ValueError(f"form {form!r} with rows {theme_rows!r}; expected one of {FORMS} and {THEME_ROWS}")
    touches = touches_of(snapshot, half_life_days=FOREVER_DAYS)
    members, num_circles = touches.members, len(snapshot.circles)
    if form == "memberships":
        return Sight(members, len(snapshot.users), num_circles)
    things = [binary(touches.of["merchant"]), binary(touches.of["product"])]
    themes = [_theme(snapshot, "merchant"), _theme(snapshot, "product")]
    if form == "themes" and snapshot.themes["category"].num_edges:
        things.append(binary(Matrix(touches.of["merchant_category"] + touches.of["product_category"])))
        themes.append(_theme(snapshot, "category"))
    touched = Matrix(sparse.hstack(things, format="csr"))
    rows = [_row(members, touched, behaviour)]
    if form == "themes":
        rows += _theme_rows(Matrix(sparse.hstack(themes, format="csr")), theme_rows, behaviour)
    return Sight(Matrix(sparse.vstack(rows, format="csr")), len(snapshot.users), num_circles)


def _row(circles: Matrix, things: Matrix, behaviour: float) -> Matrix:
    return Matrix(sparse.hstack([circles, things * np.float32(behaviour)], format="csr", dtype=np.float32))


def _theme_rows(theta: Matrix, which: str, behaviour: float) -> list[Matrix]:
    """Rows that say what circles are about; theta: 0 and 1, csr (num_circles, num_things)."""
    num_circles, num_things = theta.shape
    told = np.diff(theta.indptr) > 0
    named = np.flatnonzero(np.bincount(theta.indices, minlength=num_things))
    itself = sparse.eye_array(num_circles, dtype=np.float32, format="csr")[told]
    target = sparse.eye_array(num_things, dtype=np.float32, format="csr")[named]
    rows = []
    if which in ("circles", "both"):
        rows.append(_row(Matrix(itself), Matrix(theta[told]), behaviour))
    if which in ("targets", "both"):
        rows.append(_row(Matrix(theta.T.tocsr()[named]), Matrix(target), behaviour))
    return rows


def _theme(snapshot: Snapshot, kind: str) -> Matrix:
    theme = snapshot.themes[kind]
    ones, shape = np.ones(theme.num_edges, dtype=np.float32), (theme.num_rows, theme.num_columns)
    matrix = Matrix((ones, theme.indices.astype(np.int32), theme.indptr), shape=shape)
    matrix.sum_duplicates()
    return binary(matrix)
