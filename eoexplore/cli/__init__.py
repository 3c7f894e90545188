"""The command line: `python -m eoexplore COMMAND`. One module of this package is one command.

A command offers `HELP` (its first line is the summary), `add_arguments(parser)` and `run(args)`,
which returns the exit status: 0 done, 1 something asked for was not there or is wrong. Long work
reports to `args.progress`.
"""

import argparse
import contextlib
import importlib
import os
import pkgutil
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Protocol, cast

import eoexplore
from eoexplore.cli._text import clean
from eoexplore.core import waiting
from eoexplore.core.errors import EOExploreError
from eoexplore.jobs.progress import Progress

DONE, WRONG, USAGE, INTERRUPTED = 0, 1, 2, 130


class Command(Protocol):
    """What a module of this package offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments to its parser."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it, and return the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; no error leaves a stack trace.

    Args:
        argv: arguments without the program's name; those of the process when none.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a letter shows "?" for it, instead of ending the command.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if not sys.warnoptions:
        # A damaged file is one line of a report; remarks on it from inside rasterio are not.
        warnings.filterwarnings("ignore", module="rasterio")
    progress = Progress.from_environment(sys.stderr)
    status, sentence = _outcome(words, progress)
    progress.end_line()
    if sentence:
        _tell(sentence)
    # Last, so that who sees the end of a job finds its whole log.
    if status == DONE:
        progress.close("cancelled" if progress.cancelled() else "done")
    elif status == INTERRUPTED or progress.cancelled():
        progress.close("cancelled")
    else:
        progress.close("failed", sentence or f"It ended with status {status}.")
    return status


def names() -> list[str]:
    """Return the commands of this installation, as they are typed."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))


def _outcome(words: list[str], progress: Progress) -> tuple[int, str]:
    """Run the command and return its status, and the sentence for whatever ended it."""
    try:
        status = _run(words, progress)
        sys.stdout.flush()
    except SystemExit as end:
        return (end.code if isinstance(end.code, int) else USAGE), ""
    except KeyboardInterrupt:
        return INTERRUPTED, "Stopped as asked; the same command starts again."
    except BrokenPipeError:
        # Whoever read the output has read enough. Python would complain once more at its exit.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE, ""
    except Exception as error:  # noqa: BLE001 (the edge: a defect gets a sentence as well)
        return WRONG, _sentence(error, progress)
    return status, ""


def _sentence(error: Exception, progress: Progress) -> str:
    if isinstance(error, EOExploreError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}."
    if progress.is_job or sys.flags.dev_mode:
        traceback.print_exc()
    return (
        f"A defect of EOExplore, please report it: {type(error).__name__}: {error}. "
        "`python -X dev -m eoexplore ...` shows where."
    )


def _run(words: list[str], progress: Progress) -> int:
    # Only the command that was asked for is imported: the others' libraries cost a second.
    known = names()
    chosen = [words[0]] if words and words[0] in known else known
    parser = _parser(chosen)
    args = parser.parse_args(words)
    if args.command is None:
        parser.print_help(sys.stderr)
        return USAGE
    args.progress = progress
    with waiting.told(progress.step):
        return _command(args.command).run(args)


def _parser(chosen: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m eoexplore",
        description="Explore Earth-observation datasets together with their labels and models.",
        epilog="COMMAND --help says more about each. Example: python -m eoexplore demo",
    )
    parser.add_argument("--version", action="version", version=f"EOExplore {eoexplore.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in chosen:
        command = _command(name)
        text = command.HELP.strip()
        part = commands.add_parser(
            name,
            help=text.splitlines()[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(part)
    return parser


def _command(name: str) -> Command:
    return cast(Command, importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))


def _tell(sentence: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{clean(sentence)}\n")
        sys.stderr.flush()
