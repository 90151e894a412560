"""The one command `circles`; each verb is a module of `api/commands`, imported only when asked for."""

import importlib
import json
import logging
import os
import sys

import click

from graph.errors import CirclesError, ConfigError, InputError, PolicyError, StoreUnavailable
from graph.settings import Settings, settings_from

# verb -> one line of help, so that `circles --help` imports nothing else
VERBS = {
    "demo": "Load, train and serve real demonstration data (Complete Journey).",
    "load": "Load payments and what belongs to them from folders, files or `completejourney`.",
    "stream": "Take payments from a Kafka topic, each once, as the HTTP door takes them.",
    "generate": "Write a folder of synthetic payments with planted circles and friendships.",
    "neo4j": "Start, stop and look at a real Neo4j on this machine, without Docker.",
    "graph": "Make, check, count and export the graph store.",
    "snapshot": "Cut immutable arrays from the log and the store.",
    "train": "Train on a snapshot and publish a version.",
    "update": "Bring the served version up to the day's payments, without training.",
    "evaluate": "Score our method and its rivals on held-out answers; needs no store.",
    "models": "List, promote and compare published versions, or go back to an earlier one.",
    "recommend": "Print circles for a user, with reasons.",
    "links": "Print the people suggested to a user this week, as handles, with reasons.",
    "batch": "Write everybody's circles or links to Parquet; a killed run goes on where it stopped.",
    "portraits": "Make what merchants may see of their fans, once a week.",
    "wall": "Review which categories are behind the sensitive wall, and why.",
    "disclosure": "What merchants were told about groups of people, and what it cost.",
    "circle": "Make, edit and close circles; themes, quarantine, reports, alarms.",
    "between": "Links between circles, messages over them, flows, likeness and health.",
    "feedback": "Report on what lists do to what people join.",
    "audience": "Preview, choose and send invitations of a circle, and see what came of it.",
    "member": "What a person sees of themself and stops: card, mutes, consents.",
    "forget": "Erase a person: store, log, lists, receipts; gives a signed receipt.",
    "receipt": "Check signed receipts of erasures, and show the public keys.",
    "audit": "Read and verify the log of who did or saw what.",
    "keys": "Create, rotate, list and revoke API keys.",
    "serve": "Serve HTTP.",
    "doctor": "Look everything over and say what is wrong and what to do.",
    "backup": "Back up home and graph while the service runs; verify a backup.",
    "restore": "Put a backup in place of this home and its graph.",
}


class Verbs(click.Group):
    """A group that imports a verb's module at its first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command = importlib.import_module(f"api.commands.{name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with `circles demo`. Settings are environment variables CIRCLES_*. "
    "`circles COMMAND --help` explains a verb. "
    "Exit codes: 0 ok, 1 failure, 2 usage, 3 data refused, 4 gate refused.",
)
@click.version_option(package_name="circles")
def cli() -> None:
    """Circles, links and invitations from real-name payments."""


def main() -> None:
    """Run the command line; turns errors into one line and an exit code."""
    try:
        _log()
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        click.echo("stopped; what was finished is kept", err=True)
        code = 130
    except CirclesError as error:
        _show(error)
        code = exit_code(error)
    except BrokenPipeError:
        raise
    except OSError as error:  # most often a disk without room; what is published or loaded is so as a whole
        _show(StoreUnavailable(f"the disk refuses ({error}); see whether it has room left, and repeat this"))
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _log() -> None:
    settings = _settings()
    if settings.log_format == "json":
        from api.observe.logs import configure

        configure(settings.log_level, "json")
    else:
        logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def _settings() -> Settings:
    """Those asked for; `circles doctor` goes on with settings that cannot be used, to say so."""
    try:
        return settings_from(os.environ)
    except ConfigError:
        if sys.argv[1:2] != ["doctor"]:
            raise
        return Settings()


def exit_code(error: CirclesError) -> int:
    """2 usage, 3 data refused, 4 gate refused, 1 any other failure."""
    for kind, code in ((ConfigError, 2), (InputError, 3), (PolicyError, 4)):
        if isinstance(error, kind):
            return code
    return 1


def _show(error: CirclesError) -> None:
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": {"code": error.code, "message": str(error)}}), err=True)
    else:
        click.secho("error: ", fg="red", bold=True, nl=False, err=True)
        click.echo(str(error), err=True)


if __name__ == "__main__":
    main()
