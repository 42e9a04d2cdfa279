"""The command ``automl`` itself: which plugins a call has, the commands that plugins bring, and how errors end it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from automl.cli.calls import load_registry
from automl.cli.failing import errors_told, speak_plainly
from automl.cli.signals import Signals
from automl.errors import AutoMLError, PluginError
from automl.masked_streams import masked_streams
from automl.plugins import PluginChoice

_NO_PLUGINS: Final = "--no-plugins"


class Cli(click.Group):
    """A group that plugins add commands to, each imported when it is called and not before.

    Every error ends in a message and an exit code (`automl.cli.failing`); Ctrl-C and signals in 128 and their number.
    """

    _signals = Signals()

    def main(self, *args: Any, **kwargs: Any) -> Any:
        speak_plainly()
        with masked_streams(), Signals() as self._signals:
            return super().main(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # click would take the word after an option with an optional value for that value: `--no-plugins check FILE`.
        ctx.obj = _choice(ctx)
        args = [f"{_NO_PLUGINS}=" if word == _NO_PLUGINS else word for word in args]
        with errors_told(self._signals):  # --help is answered in here
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with errors_told(self._signals, is_debugged=bool(ctx.params.get("debug"))):
            try:
                return super().invoke(ctx)
            except Exception as error:
                if not isinstance(error, AutoMLError | click.ClickException | click.exceptions.Exit | click.Abort):
                    self._name(error, ctx)
                raise

    def _name(self, error: Exception, ctx: click.Context) -> None:
        """Let the error say which plugin's command raised it."""
        name = ctx.invoked_subcommand
        if name is not None and name not in self.commands:
            error.add_note(f"raised by command {name!r} of {load_registry(ctx).offer('commands', name).plugin}")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb of our own, or the command that a plugin offers; only the latter looks at the plugins."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        registry = load_registry(ctx)
        if cmd_name not in registry.ids("commands"):
            return None
        command = registry.get("commands", cmd_name)
        if not isinstance(command, click.Command):
            code = registry.offer("commands", cmd_name).record.code
            raise PluginError(f"{cmd_name}: {code} is {type(command).__name__}, expected a click.Command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Our own verbs, then what plugins offer, by the summaries of their records."""
        super().format_commands(ctx, formatter)
        offers = [offer for offer in load_registry(ctx).offers() if offer.family == "commands"]
        rows = [(offer.record.id, offer.record.summary) for offer in offers if offer.record.id not in self.commands]
        if rows:
            with formatter.section("Commands of plugins"):
                formatter.write_dl(rows)
        for offer in offers:
            if offer.record.id in self.commands:
                click.echo(f"warning: automl {offer.record.id} is not that of the {offer.plugin}", err=True)


def plugin_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--no-plugins`` and ``--plugin-dir``: they make the `PluginChoice` that is ``ctx.obj``.

    Both are eager, so that ``automl --no-plugins --help`` lists what that call would have.
    """
    leave_out = click.option(
        _NO_PLUGINS,
        metavar="[=A,B]",
        multiple=True,
        is_eager=True,
        expose_value=False,
        callback=_leave_out,
        help="Load no plugins but the built-in ones; with names, load all but these.",
    )
    look_in = click.option(
        "--plugin-dir",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        multiple=True,
        is_eager=True,
        expose_value=False,
        callback=_look_in,
        help="Load the plugins that lie in a folder, as automl_NAME.py or automl_NAME/.",
    )
    return leave_out(look_in(command))


def _leave_out(ctx: click.Context, _: click.Parameter, values: Sequence[str]) -> None:
    blocked = tuple(name.strip() for value in values for name in value.split(",") if name.strip())
    ctx.obj = replace(_choice(ctx), blocked=blocked, third_party=all(value.strip() for value in values))


def _look_in(ctx: click.Context, _: click.Parameter, folders: Sequence[Path]) -> None:
    ctx.obj = replace(_choice(ctx), folders=tuple(folders))


def _choice(ctx: click.Context) -> PluginChoice:
    return ctx.obj if isinstance(ctx.obj, PluginChoice) else PluginChoice()
