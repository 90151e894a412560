"""Make an audience that was asked for; in a process of its own, which needs what training needs.

What is kept is the promise and a funnel in rounded counts; the people stay inside.
"""

from api.audiences.asked import House, is_preview, open_circle, wish_of
from api.audiences.choose import Chosen, choose
from api.audiences.told import funnel_text, left_out_of, problem_of, promise_text
from graph.errors import CirclesError, NotFound, StoreUnavailable
from graph.policy.audiences import Wish, is_held_out
from graph.stores.base import GraphStore
from graph.stores.invitations import Arm, Audience, AudienceState, Person


def finish(house: House, audience_id: str, *, now: int) -> Audience:
    """Choose the people of an audience that was asked for; one that has them already stays as it is.

    Raises:
        NotFound: unknown. CirclesError: it could not be made; the audience says why, too.
    """
    audience = house.store.audience(audience_id)
    if audience is None:
        raise NotFound(f"audience {audience_id!r} is unknown; `circles audience create` makes one")
    if audience.state is not AudienceState.RUNNING:
        return audience
    try:
        circle = open_circle(house.store, audience)
        chosen = choose(house, audience, circle, now=now)
        return _kept(house, audience, chosen)
    except Exception as error:
        if not isinstance(error, StoreUnavailable):  # that one is tried again
            known = isinstance(error, CirclesError)
            problem = str(error) if known else "the audience could not be chosen; the log says more"
            _fail(house.store, audience_id, problem)
        raise


def _fail(store: GraphStore, audience_id: str, problem: str, **changes: str) -> Audience | None:
    return store.set_audience(
        audience_id, AudienceState.FAILED, after=[AudienceState.RUNNING], problem=problem, **changes
    )


def _kept(house: House, audience: Audience, chosen: Chosen) -> Audience:
    """Write down people and promise; a preview and an audience that is too small get no people."""
    wish, rules = wish_of(audience), house.policy.disclosure
    made = chosen.plan
    is_pilot = wish.pilot or made.method == "pilot"
    users = made.users[: wish.max_size]
    size = 0 if made.method == "none" or (is_pilot and not wish.pilot) else len(users)
    left_out = left_out_of(house, audience, chosen)
    changes = {
        "certificate": promise_text(chosen, size, left_out, rules),
        "funnel": funnel_text(left_out, size, rules),
    }
    store, id_ = house.store, audience.audience_id
    if is_preview(audience):
        done = store.set_audience(id_, AudienceState.DRAFT, after=[AudienceState.RUNNING], **changes)
    elif problem := problem_of(chosen, wish, size, rules.min_audience_size):
        done = _fail(store, id_, problem, **changes)
    else:
        open_circle(store, audience)
        done = store.fill_audience(id_, _people(audience, chosen, wish), **changes)
    if done is None:  # another process was faster
        done = store.audience(id_)
    assert done is not None
    return done


def _people(audience: Audience, chosen: Chosen, wish: Wish) -> list[Person]:
    people = []
    for at, score in zip(
        chosen.plan.users[: wish.max_size].tolist(), chosen.plan.scores.tolist(), strict=False
    ):
        held = is_held_out(audience.audience_id, chosen.now.users[at], wish.holdout)
        arm = Arm.PILOT if wish.pilot else Arm.HOLDOUT if held else Arm.INVITED
        people.append(Person(int(chosen.store_index[at]), arm, score, "waiting"))
    return people
