"""`circles evaluate SOURCE --task invitations`: are promises about an audience kept?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.commands.common import Parts, moment, progress_bars, say, show_table

if TYPE_CHECKING:
    from embeddings.invitations.campaigns import Sent
    from embeddings.invitations.question import Question

WINDOW_DAYS = 60
DAY_S = 86_400
_SHOWN = (
    "circles_served",
    "audience",
    "pooled_fit",
    "base_rate",
    "circles_below",
    "circles_significantly_below",
    "worst_fit",
)


@dataclass(frozen=True)
class Promise:
    """What is asked for, and how outcomes are made.

    hold_out: share of visits where data have no time. campaigns: whether real ones are asked about too.
    """

    target: float
    confidence: float
    hold_out: float
    campaigns: bool


def evaluate_invitations(
    parts: Parts,
    source: str,
    cut: str | None,
    methods: tuple[str, ...] | None,
    seed: int,
    mapping: Path | None,
    lists: Path | None,
    promise: Promise,
) -> dict[str, Any]:
    """Read the folder, plan by what was known at the cut, count by what came after."""
    from embeddings.evaluation.names import check_names
    from embeddings.invitations.campaigns import evaluate_campaigns
    from embeddings.invitations.evaluate import METHODS
    from embeddings.invitations.evaluate import evaluate_invitations as evaluate
    from loaders.completejourney import NAME

    if methods:
        check_names(methods, METHODS)  # before anything is read
    question, how = _question(parts, source, cut, seed, mapping, promise.hold_out)
    with progress_bars() as bars:
        value = evaluate(
            question,
            target=promise.target,
            confidence=promise.confidence,
            seed=seed,
            min_audience=parts.policy.min_audience_size,
            methods=methods,
            lists=lists,
            progress=bars,
        )
    value = {"task": "invitations", "folder": source, "cut": cut, "outcomes": how, **value}
    if source == NAME and promise.campaigns:
        value["campaigns"] = evaluate_campaigns(_campaigns(parts), seed=seed)
    return value


def _question(
    parts: Parts, source: str, cut: str | None, seed: int, mapping: Path | None, share: float
) -> tuple["Question", str]:
    """What may be known and what came after; and the same in words."""
    from api.commands.evaluate import newest
    from embeddings.invitations.question import by_answers, by_hold_out, by_time
    from graph.cut import build
    from graph.errors import InputError
    from loaders.interchange import read_moments, read_with_answers

    policy = parts.policy
    given: dict[str, Any] = {"mapping": mapping, "policy": policy}
    if cut is None:
        tables = list(read_with_answers(source, **given))
        snapshots = [build(each, as_of=newest(each), policy=policy) for each in tables]
        if len(snapshots) == 2:
            train, whole = snapshots
            return by_answers(train, whole, share, seed), f"test/payments; {share:.0%} of train calibrate"
        return by_hold_out(snapshots[0], share, seed), f"{share:.0%} of each person's visits, at random"
    at = moment(cut)
    end = newest(next(iter(read_moments(source, [None], **given))))
    window_s = min(WINDOW_DAYS * DAY_S, end - at)
    if window_s <= 0:
        raise InputError(f"nothing was paid after {cut}; name an earlier cut")
    cuts = (at - window_s, at, at + window_s)
    read = zip(cuts, read_moments(source, cuts, **given), strict=True)
    snapshots = [build(tables, as_of=as_of, policy=policy) for as_of, tables in read]
    return by_time(*snapshots), f"the {window_s / DAY_S:.0f} days after the cut"


def _campaigns(parts: Parts) -> Iterator["Sent"]:
    """The real campaigns, the earliest first, each with the snapshot as it began."""
    from embeddings.invitations.campaigns import Sent
    from graph.cut import build
    from loaders.completejourney import NAME, campaigns
    from loaders.interchange import read_moments

    sent = campaigns()
    cuts = sorted({campaign.started_at for campaign in sent})
    for cut, tables in zip(cuts, read_moments(NAME, cuts, policy=parts.policy), strict=True):
        snapshot = build(tables, as_of=cut, policy=parts.policy)
        for one in (campaign for campaign in sent if campaign.started_at == cut):
            theme = tables.themes[tables.circles["id"].index(one.circle_id)]
            yield Sent(one.circle_id, cut, one.invited, one.redeemed_at, snapshot, theme)


def show_invitations(value: Mapping[str, Any]) -> None:
    """Tables for people: what each method serves and keeps, and how scores order."""
    asked = value["asked"]
    title = (
        f"{value['folder']}: {asked['circles']} circles, {asked['users']:,} people, "
        f"{value['target']:.0%} at {value['confidence']:.0%} confidence, seed {value['seed']}"
    )
    rows = [
        {"method": method["name"], **{name: method["metrics"][name] for name in _SHOWN}}
        for method in value["methods"]
    ]
    show_table(rows, title)
    if value["circles"]:
        show_table(value["circles"], "circles that we serve: what calibration saw, and what came of it")
    say(
        f"outcomes: {value['outcomes']}; base rate {asked['base_rate']}; AUC {asked['auc']}, "
        f"within circles {asked['auc_within_circles']}; calibration error {asked['ece']}"
    )
    say("significantly below: fewer fit than promised, by an exact binomial test at 5 %")
    if found := value.get("campaigns"):
        rows = [{"method": method["name"], **method["metrics"]} for method in found["methods"]]
        show_table(
            [row | _against(m) for row, m in zip(rows, found["methods"], strict=True)],
            f"{found['campaigns']} real campaigns, {found['invited']:,} invitations, "
            f"{found['accepted']} accepted; {found['left_out']} left out",
        )


def _against(method: Mapping[str, Any]) -> dict[str, Any]:
    against = method.get("against_ours")
    ends = against["interval_households"] if against else []
    return {"ours - it, auc, 95 %": " to ".join(f"{end:+.4f}" for end in ends)}
