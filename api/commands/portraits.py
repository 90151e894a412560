"""`circles portraits build`, `list` and `show`"""

from typing import Any

import click

from api.commands.common import Parts, answer, as_json, now, progress_bars, show_table
from graph.errors import NotFound, StoreError
from graph.policy.disclosure import release_count
from graph.policy.portraits import with_noise
from graph.portraits.body import Body
from graph.portraits.questions import QUESTIONS, Question
from graph.portraits.weeks import PortraitWeek, PortraitWeeks

UTC_OFFSET = "utc_offset_hours"  # in the store's meta


@click.group()
def command() -> None:
    """What merchants may see of their fans, made once a week.

    A portrait answers eight questions about the people who pay a merchant or buy what it makes, over the last
    thirteen whole weeks. Its counts carry noise, so that with or without any one person it looks alike; a
    merchant pays for it from a budget, and gets a new one every six weeks ([portraits] in policy.toml).
    Run `circles portraits build` on Mondays.
    """


@command.command()
@click.option("--memory", metavar="SIZE", help="Memory for adding payments up; CIRCLES_MEMORY when absent.")
@click.option(
    "--utc-offset",
    type=click.IntRange(-12, 14),
    help="Hours between UTC and where people live; what the home says, or [invitations], when absent.",
)
@as_json
def build(memory: str | None, utc_offset: int | None, json_: bool) -> None:
    """Count fans, add noise, pay, publish; nothing changes where no portrait is due.

    Only adults who grant `portraits` count; no payment behind the sensitive wall, none of finance and credit.
    A build that was stopped is finished by the next one, with the same noise.
    """
    from api.commands.snapshot import settle_inbox

    parts = Parts.from_environment()
    settle_inbox(parts)
    built = build_portraits(parts, memory=memory, utc_offset_hours=utc_offset)
    value = vars(built)
    answer(value, json_, lambda: show_table([value], "portraits"))


def build_portraits(parts: Parts, *, memory: str | None = None, utc_offset_hours: int | None = None) -> Any:
    """Bring the portraits of a home up to date; what `api.portraits.build.Built` says."""
    from api.portraits.build import build as build_in
    from api.portraits.house import House

    with progress_bars() as bars:
        house = House(
            home=parts.home,
            store=parts.store,
            policy=parts.policy,
            key=parts.key,
            utc_offset_hours=_offset(parts) if utc_offset_hours is None else utc_offset_hours,
            memory=memory or parts.settings.memory,
            threads=parts.settings.threads,
            progress=bars,
        )
        return build_in(house, now=now())


def _offset(parts: Parts) -> int:
    """Where the people of this home live; the demonstration's do not live where the policy's do."""
    return int(parts.store.meta(UTC_OFFSET) or parts.policy.invitations.utc_offset_hours)


@command.command("list")
@as_json
def list_(json_: bool) -> None:
    """Merchants that have a portrait, by people; rounded, with noise."""
    parts = Parts.from_environment()
    week = _current(parts)
    found = sorted(week.bodies(), key=lambda body: (-body.people, body.merchant_id))
    rows = [_line(parts, body) for body in found]
    value = {"week": week.week, "portraits": rows}
    answer(value, json_, lambda: show_table(rows, f"portraits of {week.week}"))


@command.command()
@click.argument("merchant")
@as_json
def show(merchant: str, json_: bool) -> None:
    """How telling the portrait of MERCHANT is: which cells of each question stand out of the noise."""
    parts = Parts.from_environment()
    week = _current(parts)
    body = week.body(merchant)
    if body is None:
        raise NotFound(f"merchant {merchant!r} has no portrait; `circles portraits list` names those that do")
    rows = [_question(parts, body, question) for question in QUESTIONS]
    value = _line(parts, body) | {"questions": rows}
    answer(value, json_, lambda: show_table(rows, f"{merchant}, {body.week}: {value['people']} people"))


def _current(parts: Parts) -> PortraitWeek:
    week = PortraitWeeks(parts.home.portraits).current()
    if week is None:
        raise StoreError("no portraits were made yet; `circles portraits build` makes them")
    return week


def _line(parts: Parts, body: Body) -> dict[str, Any]:
    rules = with_noise(parts.policy.disclosure, body.scale("standing"))
    told = [release_count(max(0, int(size)), rules) for size in (body.people, *body.counts["standing"])]
    people, near, mid, far, lost = ("hidden" if cell.v is None else cell.v for cell in told)
    return {
        "merchant": body.merchant_id,
        "people": people,
        "near": near,
        "mid": mid,
        "far": far,
        "lost": lost,
        "made": body.week,
    }


def _question(parts: Parts, body: Body, question: Question) -> dict[str, Any]:
    """How many cells of one question could be shown by their size alone."""
    rules = with_noise(parts.policy.disclosure, body.scale(question.name))
    counts = body.counts[question.name]
    return {
        "question": question.name,
        "cells": counts.size,
        "above_noise": int((counts >= rules.min_group_size).sum()),
        "from": rules.min_group_size,
        "noise_scale": round(body.scale(question.name), 1),
    }
