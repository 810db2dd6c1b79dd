"""The command line: ``stock-assets compact | demo | doctor | gaps | quarantine | …``.

Belongs here: commands, their options and help, what is printed, exit codes.
Does not belong here: the work itself. This room may import every other one, and nobody imports it.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from stock_assets import __version__
from stock_assets.errors import StockAssetsError
from stock_assets.vendors.proxies import with_loopback_direct

_COMMANDS = {
    "compact": ("stock_assets.cli.compact", "compact_command"),
    "demo": ("stock_assets.cli.demo", "demo_command"),
    "doctor": ("stock_assets.cli.doctor", "doctor_command"),
    "gaps": ("stock_assets.cli.gaps", "gaps_command"),
    "plan": ("stock_assets.cli.plan", "plan_command"),
    "quarantine": ("stock_assets.cli.quarantine", "quarantine_command"),
    "retention": ("stock_assets.cli.retention", "retention_command"),
    "sandbox": ("stock_assets.sandbox.command", "sandbox_command"),
    "up": ("stock_assets.cli.up", "up_command"),
}


class LazyCommands(click.Group):
    """A group that imports a command when it is asked for: ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=LazyCommands)
@click.version_option(__version__, prog_name="stock-assets")
def commands() -> None:
    """Forecasts of stock data that can be believed.

    One asset graph takes vendors' answers to features, judged models, daily predictions and
    published tables. `stock-assets demo` shows all of it on this machine, with no key and no
    network, against a twin of the vendors.
    """


def main() -> None:
    """Run a command; a typed error becomes one clear sentence and its exit code.

    No proxy of the environment sees what never leaves this machine: our children inherit that.
    """
    os.environ.update(with_loopback_direct(os.environ))
    try:
        commands.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("stopped by the user", err=True)
        sys.exit(130)
    except StockAssetsError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(error.exit_code)
