"""`circles serve`"""

import click

from api.commands.common import Parts


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 listens on every network.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
def command(host: str, port: int, workers: int) -> None:
    """Serve HTTP: the API under /v1, its documentation at /docs, a first page at /."""
    from api.serve import serve

    serve(Parts.from_environment().settings, host=host, port=port, workers=workers)
