"""`circles serve`"""

from pathlib import Path

import click

from api.commands.common import Parts

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 listens on every network.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes; one a core."
)
@click.option("--tls-cert", type=FILE, help="Certificate and its chain, PEM; with it, HTTPS.")
@click.option("--tls-key", type=FILE, help="Its key, PEM. Both are read anew at SIGHUP.")
@click.option(
    "--drain",
    type=click.FloatRange(0, 600),
    default=0,
    metavar="SECONDS",
    help="At SIGTERM, answer this long while /readyz says `stopping`, then stop.",
)
@click.option(
    "--stop-within",
    type=click.IntRange(1, 600),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="Longest that an answer in flight may take when stopping.",
)
@click.option(
    "--worker-lifetime",
    type=click.IntRange(60),
    metavar="SECONDS",
    help="Replace a worker that is older, without a pause.",
)
@click.option(
    "--worker-memory", type=click.IntRange(64), metavar="MB", help="Replace a worker that is larger."
)
def command(
    host: str,
    port: int,
    workers: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    drain: float,
    stop_within: int,
    worker_lifetime: int | None,
    worker_memory: int | None,
) -> None:
    """Serve HTTP: the API under /v1, its documentation at /docs, a first page at /.

    SIGTERM stops it: what is being answered is answered. SIGHUP replaces its workers one after another.
    """
    from api.serve import Serving, serve

    how = Serving(
        host=host,
        port=port,
        workers=workers,
        certificate=tls_cert,
        key=tls_key,
        drain_s=drain,
        stop_within_s=stop_within,
        worker_lifetime_s=worker_lifetime,
        worker_memory_mb=worker_memory,
    )
    serve(Parts.from_environment().settings, how)
