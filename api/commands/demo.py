"""`circles demo`: the whole road on real data, from a fresh machine to an answer over HTTP."""

import hashlib
import json
import os
from dataclasses import replace

import click

from api.commands.common import Parts, now, progress_bars, refuse_in_production, say
from api.commands.first_load import store_to_load
from api.commands.load import show_report
from api.commands.portraits import UTC_OFFSET, build_portraits
from api.commands.train import show_version, train
from graph.errors import ConfigError, NoPublishedVersion

# Households of the public data set to try first: they joined circles and kept buying.
EXAMPLES = ("18", "117", "490", "518", "605")
# Brands with about 2,200 and 1,000 fans, and a shop with fewer than 120, whose page hides much.
EXAMPLE_MERCHANTS = ("maker-69", "maker-317", "store-367")
UTC_OFFSET_HOURS = -5  # the households live in the east of the United States
# Public data need no secret, and with one key for all everybody gets the same version. No other data
# may join them: `circles load` refuses a home that says so.
PUBLIC_KEY = hashlib.sha256(b"Complete Journey is public").hexdigest()
NOBODY_ASKED = "nobody here was asked: the households are given consent for the demonstration only"


@click.command()
@click.option(
    "--store", metavar="ADDRESS", help="Graph store; SQLite in the home when absent; `neo4j` starts one."
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--serve/--no-serve", "serving", default=True, help="Stop before serving.")
def command(store: str | None, host: str, port: int, workers: int, serving: bool) -> None:
    """Load, train and serve real demonstration data.

    Complete Journey: a year of purchases of 2,469 households, 1,469,307 lines, with the campaigns they were
    invited to. Its households never agreed to be served; they are given consent for the demonstration only.
    A second start finds everything done and serves at once.
    """
    from api.serve import Serving, serve

    parts = _parts(store)
    load_demonstration(parts)
    train_demonstration(parts)
    portray_demonstration(parts)
    keys = make_keys(parts)
    if not serving:
        return
    say_how(keys, host, port)
    settings = replace(parts.settings, log_format=parts.settings.log_format or "text")  # for people
    serve(settings, Serving(host=host, port=port, workers=workers))


def _parts(store: str | None) -> Parts:
    parts = Parts.from_environment()
    parts = Parts(replace(parts.settings, store=store)) if store else parts
    refuse_in_production(parts.policy, "the demonstration")
    if parts.settings.store == "neo4j":
        from api.commands.neo4j import local_server, start

        start(local_server(parts))
    if parts.store.stats()["User"] and parts.store.meta("terms") != "public":
        raise ConfigError(
            f"{parts.home.path} holds data that is not public; set CIRCLES_HOME to another folder"
        )
    _publish_key(parts)
    return parts


def _publish_key(parts: Parts) -> None:
    """Give a new demonstration the public key, and say in its store that it has it."""
    if parts.settings.pseudonym_key is None and not parts.home.key_file.exists():
        handle = os.open(parts.home.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(PUBLIC_KEY)
        parts.store.set_meta("demonstration", "yes")


def load_demonstration(parts: Parts) -> None:
    """Load Complete Journey; nothing happens when it is loaded already."""
    from loaders.run import load

    say("loading Complete Journey (1,469,307 real purchase lines)")
    sources = ["completejourney"]
    with progress_bars() as bars, store_to_load(parts, sources, None, bars) as store:
        report = load(
            sources,
            home=parts.home,
            store=store,
            policy=parts.policy,
            key=parts.key,
            assume_consent=True,
            memory=parts.settings.memory,
            threads=parts.settings.threads,
            now=now(),
            progress=lambda p: bars(p.stage, p.done, p.total),
        )
    show_report(report)
    say(NOBODY_ASKED)
    parts.store.set_meta("demo_users", json.dumps(EXAMPLES))
    parts.store.set_meta("demo_merchants", json.dumps(EXAMPLE_MERCHANTS))
    parts.store.set_meta(UTC_OFFSET, str(UTC_OFFSET_HOURS))


def train_demonstration(parts: Parts) -> None:
    """Train unless a version of this store is being served already."""
    from embeddings.registry import Registry

    try:
        manifest = Registry(parts.home.versions).current().manifest
    except NoPublishedVersion:
        manifest = {}
    if manifest.get("store_id") == parts.store.meta("store_id"):
        say(f"version {manifest['version']} is published already; `circles train` makes a new one")
        return
    say("training (graph filters, themes and a GNN)")
    show_version(train(parts))


def portray_demonstration(parts: Parts) -> None:
    """Make portraits of merchants' fans; those of an earlier start are still good."""
    say("counting the fans of merchants")
    built = build_portraits(parts)
    say(f"{built.made + built.carried} merchants have a portrait, for the weeks up to {built.week}")


def make_keys(parts: Parts) -> dict[str, str]:
    """One new key for each role; those of an earlier start are revoked."""
    from api.auth import Keys

    keys, at = Keys(parts.home), now()
    for earlier in keys.list():
        if earlier["label"] == "demonstration" and earlier["state"] == "active":
            keys.revoke(earlier["id"], now=at)
    subjects = {"merchant": EXAMPLE_MERCHANTS[0], "member": parts.pseudonym(EXAMPLES[0])}
    return {
        role: keys.create(role, subject=subjects.get(role), expires_at=None, now=at, label="demonstration")
        for role in ("service", "merchant", "member", "operator", "scientist")
    }


def say_how(keys: dict[str, str], host: str, port: int) -> None:
    """What to open and what to type."""
    base = f"http://{host}:{port}"
    click.echo("\nAPI keys of this start, one a role (kept only as hashes):")
    for role, key in keys.items():
        click.echo(f"  {role:<10} {key}")
    click.echo(
        f"\nOpen {base}/ for a first look, {base}/merchant for a merchant's page, {base}/docs for the API,"
    )
    click.echo("or type\n")
    path = f"/v1/users/{EXAMPLES[0]}/circles?limit=3"
    click.echo(f"  curl -H 'Authorization: Bearer {keys['service']}' '{base}{path}'\n")
