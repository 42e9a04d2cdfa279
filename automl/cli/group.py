"""The command ``automl`` itself: which plugins a call has, the commands that plugins bring, and how errors end it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from automl.cli.calls import FAILED, WRONG, load_registry
from automl.errors import AutoMLError, PipelineFileError, PluginError, SelectionError
from automl.plugins import PluginChoice

_NO_PLUGINS: Final = "--no-plugins"


class Cli(click.Group):
    """A group that plugins add commands to, each imported when it is called and not before.

    Errors raised on purpose end in a message and an exit code; any other keeps its traceback.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # click would take the word after an option with an optional value for that value: `--no-plugins check FILE`.
        ctx.obj = _choice(ctx)
        args = [f"{_NO_PLUGINS}=" if word == _NO_PLUGINS else word for word in args]
        with _errors_told():  # --help is answered in here
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _errors_told():
            try:
                return super().invoke(ctx)
            except Exception as error:
                if not isinstance(error, AutoMLError | click.ClickException | click.exceptions.Exit | click.Abort):
                    self._name(error, ctx)
                raise

    def _name(self, error: Exception, ctx: click.Context) -> None:
        """Let a traceback end with the plugin whose command it is."""
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


@contextlib.contextmanager
def _errors_told() -> Iterator[None]:
    try:
        yield
    except PipelineFileError as error:
        _fail(f"{error}\n\n{len(error.problems)} problem(s) found.", WRONG)
    except (PluginError, SelectionError) as error:
        _fail(f"error: {error}", WRONG)
    except AutoMLError as error:
        _fail(f"error: {error}", FAILED)
    except KeyboardInterrupt:
        _fail("\nstopped; start the same command again to go on from where it was", FAILED)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


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
