"""The command line: the same use cases from a terminal.

Nothing heavy is imported before a command is chosen, so that help and version answer at once. Exit codes: 0 done,
1 the service could not answer, 2 the input or a setting cannot be right.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence

from service.cli import checks, databases, evaluating, exporting, importing, jobs, keys, links, models, serving
from service.errors import FactcheckError, InvalidInput, SettingsError

DONE = 0
NO_ANSWER = 1
BAD_INPUT = 2

Command = Callable[[argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments; each sets ``run``."""
    top = argparse.ArgumentParser(
        prog="factcheck", description="Check claims against reviewed ones, with their sources.", allow_abbrev=False
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    serving.add_command(commands)
    checks.add_command(commands)
    databases.add_commands(commands)
    importing.add_command(commands)
    jobs.add_commands(commands)
    keys.add_command(commands)
    links.add_commands(commands)
    evaluating.add_command(commands)
    exporting.add_command(commands)
    models.add_commands(commands)
    version = commands.add_parser("version", help="print the version", description="Print the version.")
    version.set_defaults(run=_print_version)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the process's exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # claims hold letters that a legacy console encoding lacks
            stream.reconfigure(errors="backslashreplace")
    chosen = parser().parse_args(arguments)
    run: Command = chosen.run
    try:
        return run(chosen)
    except (InvalidInput, SettingsError) as error:
        return _complain(error, BAD_INPUT)
    except FactcheckError as error:
        return _complain(error, NO_ANSWER)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output is gone, which is its right; nothing can be said to it any more.
        sys.stdout = None
        return NO_ANSWER


def _complain(error: FactcheckError, code: int) -> int:
    print(f"factcheck: {error.detail}", file=sys.stderr)
    return code


def _print_version(_chosen: argparse.Namespace) -> int:
    from service import __version__

    print(__version__)
    return DONE
