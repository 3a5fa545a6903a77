"""How the command speaks: sentences instead of tracebacks, plain lines that cannot steer the terminal, exit codes."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from kamlib import text
from kamlib.data import locate
from kamlib.errors import KamError
from kamlib.run import batch, files

P = ParamSpec("P")


def plain_errors(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turn a `KamError` into its sentences and exit code: no traceback reaches a person."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except KamError as stop:
            echo(stop.told(), err=True)
            code = stop.exit_code
        except KeyboardInterrupt as stop:
            code = 143 if isinstance(stop, batch.Terminated) else 130
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BrokenPipeError:
            code = 0
        except OSError as refused:
            # No room, no right, a disk that left: the system's word is the best we have.
            reason = f"{refused.strerror or refused} {refused.filename or ''}".strip()
            echo(text.t("cli.system", reason=reason), err=True)
            code = 2
        except Exception as fault:  # noqa: BLE001 - a fault of ours: said in words, kept in full for who mends it
            echo(text.t("cli.fault", found=f"{type(fault).__name__}: {fault}", kept=_kept(fault)), err=True)
            code = 2
        _let_go()
        raise SystemExit(code or 0)

    return wrapped


def _let_go() -> None:
    """Hand over what is printed; a reader who has left (`kam accounts | head`) is no fault of anybody's."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):  # no stdout, or one that is closed
        return


#: What would move the cursor, colour the screen or turn the reading direction, were it printed.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def echo(words: str, *, err: bool = False) -> None:
    """Print a line; what came from a customer's system can't steer the terminal."""
    click.echo(_UNSEEN.sub("\N{MIDDLE DOT}", words), err=err)


def on_one_line(words: object, width: int = 60) -> str:
    """Return what fits on one line; what is longer ends in an ellipsis."""
    plain = " ".join(str(words).split())
    return plain if len(plain) <= width else plain[: width - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _kept(fault: Exception) -> str:
    """Write the whole traceback to a file in the app-data folder and return where; a dash where it can't be kept."""
    target = locate.app_data() / "last-fault.txt"
    try:
        files.put(target, "".join(traceback.format_exception(fault)))
    except OSError:  # no home, no right, no room: the sentence must still be said
        return text.MISSING
    return str(target)
