"""The `kam` command: arguments in, calls out."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

import kamlib
from kamlib import schema, text
from kamlib.data import intake, kit, locate, sample, sources, workspace
from kamlib.data import mapping as mapping_file
from kamlib.errors import Finding, KamError, problem
from kamlib.live import serve
from kamlib.method import coaching
from kamlib.run import batch, files, notebooks, reports, standings, workshop
from kamlib.run import doctor as examine
from kamlib.show import tables

P = ParamSpec("P")
LANG = click.Choice(list(text.LANGUAGES))
AUDIENCE = click.Choice(["internal", "customer"])


def told_plainly(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turn a `KamError` into its sentences and exit code: no traceback reaches a person."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except KamError as stop:
            _say(stop.told(), err=True)
            code = stop.exit_code
        except KeyboardInterrupt as stop:
            code = 143 if isinstance(stop, batch.Terminated) else 130
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BrokenPipeError:
            code = 0
        except (
            OSError
        ) as refused:  # no room, no right, a disk that left: the system's word is the best we have
            reason = f"{refused.strerror or refused} {refused.filename or ''}".strip()
            _say(text.t("cli.system", reason=reason), err=True)
            code = 2
        except Exception as fault:  # noqa: BLE001 - a fault of ours: said in words, kept in full for who mends it
            _say(text.t("cli.fault", found=f"{type(fault).__name__}: {fault}", kept=_kept(fault)), err=True)
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


def _say(words: str, *, err: bool = False) -> None:
    """Print a line; what came from a customer's system can't steer the terminal."""
    click.echo(_UNSEEN.sub("\N{MIDDLE DOT}", words), err=err)


def _on_one_line(words: object, width: int = 60) -> str:
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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--workspace", "target", help="Path or URL of the workspace; else KAM_WORKSPACE, kam.toml, the sample."
)
@click.version_option(kamlib.__version__, prog_name="kam")
@click.pass_context
def kam(context: click.Context, target: str | None) -> None:
    """Key Account Management as a working method: notebooks run live, in batch and in training."""
    context.obj = target
    for name in ("SIGTERM", "SIGHUP"):  # asked to end; or the terminal's window was closed (not on Windows)
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)


def _end(*_: object) -> None:
    raise batch.Terminated


def main() -> None:
    """Run `kam`; both streams speak UTF-8, also on Windows."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    kam()


def _open(target: str | None, *, read_only: bool = True) -> workspace.Workspace:
    """Open the workspace meant; where none is named, the sample, which is made on first use."""
    where = locate.workspace(target)
    if where == str(locate.sample_path()):
        _sample()
        if not read_only:
            raise problem("sample_is_read_only")
    opened = workspace.open(where, read_only=read_only)
    text.use(opened.about["lang"])
    os.environ["KAM_WORKSPACE"] = opened.target
    return opened


def _sample(lang: str = "sv") -> Path:
    """Return the sample workspace, made and with its standings kept."""
    path = sample.ready(lang)
    standings.refresh(workspace.open(path, read_only=False))
    return path


@kam.command()
@click.argument("name", required=False)
@click.option("--sample", "with_sample", is_flag=True, help="Fill it with the invented company.")
@click.option("--lang", type=LANG, default="sv", show_default=True)
@click.pass_obj
@told_plainly
def init(target: str | None, name: str | None, lang: str, *, with_sample: bool) -> None:
    """Make a workspace: a name (kept in the local app-data folder), a path, or a database URL."""
    text.use(lang)
    named = name or target
    if with_sample and not named:
        where = _sample(lang)
        _say(text.t("cli.made", found=str(where)))
        return
    where_to = locate.named_workspace(named or "kam")
    if with_sample:
        sample.build(Path(where_to), lang=lang)
        standings.refresh(workspace.open(where_to, read_only=False))
    else:
        workspace.create(where_to, name=Path(where_to).stem, lang=lang)
        _write_configuration(named or "kam")
    _say(text.t("cli.made", found=locate.without_password(where_to)))


def _write_configuration(name: str) -> None:
    """Note the workspace's name in this folder; a URL never: it may hold a password."""
    target = Path(locate.FILE)
    if "://" not in name and not target.exists():
        files.put(target, f"workspace = {json.dumps(name, ensure_ascii=False)}\n")


@kam.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="YAML that says which column is which.")
@click.option("--dry-run", is_flag=True, help="Judge everything, write nothing.")
@click.option("--replace", is_flag=True, help="Also remove what this source no longer says.")
@click.pass_obj
@told_plainly
def import_(target: str | None, source: Path, mapping: Path | None, *, dry_run: bool, replace: bool) -> None:
    """Read a folder or file of CSV and XLSX into the workspace: all of it, or nothing."""
    here = _open(target, read_only=dry_run)
    read = mapping_file.load(mapping)
    portfolio = here.portfolio()
    known = {name: list(portfolio.tables[name][f"{name}_id"]) for name in ("account", "contact")}
    raw = sources.read(source, read)
    judged, findings, report = intake.judge(raw, known=known, currency=portfolio.currency)
    _say(repr(tables.sheet("intake_report", intake.in_currency(report), portfolio)))
    intake.refuse(findings)
    for finding in findings:
        _say(finding.sentence())
    if dry_run:
        _say(text.t("cli.dry_run"))
        return
    done = here.import_facts(judged, source="import", replace=replace)
    standings.refresh(here)
    for name, state in done.items():
        _say(text.t(f"cli.{state}", found=name))


@kam.command()
@click.argument("accounts", nargs=-1)
@click.pass_obj
@told_plainly
def check(target: str | None, accounts: tuple[str, ...]) -> int:
    """Say what the rules find in data and plans; exit 1 where an error stands."""
    here = _open(target)
    listed = reports.listing(here).set_index("account_id")
    chosen = accounts or tuple(listed.index[listed["is_key"].fillna(value=False).astype(bool)])
    worst = 0
    for account_id in chosen:
        found: list[Finding] = coaching.check(here.account(account_id))
        _say(f"{account_id} {_on_one_line(here.account(account_id).name)}: {len(found)}")
        for finding in found:
            _say(f"  {finding.severity:<8}{finding.sentence()}")
            worst = max(worst, int(finding.severity == "error"))
    return worst


@kam.command("accounts")
@click.option("--json", "as_json", is_flag=True, help="For scripts: a stable list.")
@click.pass_obj
@told_plainly
def accounts_(target: str | None, *, as_json: bool) -> None:
    """List all accounts with revenue, segment, and whether each is a key account."""
    listed = reports.listing(_open(target))
    rows = listed.astype(object).where(listed.notna(), None).to_dict("records")
    if as_json:
        _say(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in sorted(rows, key=lambda each: -(each["revenue_12m"] or 0)):
        mark = "*" if row["is_key"] else " "
        segment = text.label("outcome", row["segment"])
        basis = f" ({text.t('index.proposed')})" if row["basis"] == "proposed" else ""
        _say(
            f"{mark} {row['account_id']:<10}{text.money(row['revenue_12m']):>12}  {_on_one_line(row['name'])}: {segment}{basis}"
        )


@kam.command()
@click.argument("accounts", nargs=-1)
@click.option("--key", is_flag=True, help="The key accounts (the default).")
@click.option("--all", "all_accounts", is_flag=True, help="Every account.")
@click.option("--notebook", "chosen", multiple=True, help="03_planning, 03 or planning; may be repeated.")
@click.option("--as-of", default="", help="YYYY-MM-DD or today; else the latest day in the data.")
@click.option("--lang", type=LANG, help="Else the workspace's language.")
@click.option("--audience", type=AUDIENCE, default="internal", show_default=True)
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Worker processes.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for the reports.")
@click.option(
    "--notebooks", "folder", type=click.Path(path_type=Path), help="A folder of your own notebooks."
)
@click.pass_obj
@told_plainly
def report(target: str | None, /, accounts: tuple[str, ...], **options: Any) -> int:
    """Execute the notebooks per account and write HTML reports, a manifest and index.html."""
    here = _open(target)
    request = reports.Request(
        out=(options["out"] or _out_folder()).absolute(),
        accounts=accounts,
        all_accounts=options["all_accounts"],
        notebooks=options["chosen"],
        as_of=options["as_of"],
        lang=options["lang"] or here.about["lang"],
        audience=options["audience"],
        workers=options["jobs"],
        folder=options["folder"],
    )
    delivery = _with_progress(here, request)
    failed = [outcome for outcome in delivery.outcomes if outcome.status in ("failed", "interrupted")]
    stopped = [outcome for outcome in failed if outcome.status == "interrupted" and outcome.error]
    for outcome in [each for each in delivery.outcomes if each not in stopped] + stopped[:1]:
        if outcome.error:
            _say(
                f"{outcome.account_id} {outcome.notebook}: {_on_one_line(outcome.error['message'], 400)}",
                err=True,
            )
    good = sum(outcome.status == "ok" for outcome in delivery.outcomes)
    _say(text.t("cli.reports", n=good, failed=len(failed)))
    _say(str(delivery.index))
    kinds = {outcome.error["kind"] for outcome in stopped if outcome.error}
    return 143 if "SIGTERM" in kinds else 130 if kinds else int(bool(failed))


def _out_folder() -> Path:
    clone = kit.clone()
    return clone / "reports" if clone else Path("reports")


def _with_progress(here: workspace.Workspace, request: reports.Request) -> reports.Delivery:
    """Run with a bar on a terminal, and with a plain line per report elsewhere."""
    if not sys.stdout.isatty():

        def line(outcome: Any) -> None:
            _say(f"{outcome.status:<8}{outcome.seconds:>6.1f} s  {outcome.account_id} {outcome.notebook}")

        return reports.run(here, request, told=line)
    with click.progressbar(length=1, label=text.t("cli.reporting")) as bar:

        def begun(total: int) -> None:
            bar.length = total

        return reports.run(here, request, begun=begun, told=lambda _: bar.update(1))


@kam.command("open")
@click.argument("notebook", default="00_start_here")
@click.option("--account", default="", help="Customer's id; else the first key account.")
@click.option("--lang", type=LANG)
@click.option("--lab", is_flag=True, help="JupyterLab instead of the clean page.")
@click.option(
    "--sample", "with_sample", is_flag=True, help="Work in the sample company; what you do is kept there."
)
@click.pass_obj
@told_plainly
def open_(target: str | None, /, notebook: str, **options: Any) -> int:
    """Open a notebook live: a clean page, or JupyterLab, on a prepared copy."""
    with_sample = options["with_sample"]
    here = _open(str(_sample()) if with_sample else target)
    source = notebooks.find(notebook, notebooks.folder())
    which = notebooks.Variant(options["lang"] or here.about["lang"], "internal", live=True)
    values: dict[str, Any] = {"lang": which.lang, "live": True}
    if notebooks.is_about_one_account(notebooks.read(source)):
        account = options["account"]
        values["account_id"] = here.account(account).account_id if account else here.first_account()
    desk = locate.app_data() / "open" / files.slug(here.about["id"], here.name)
    copy = notebooks.prepare(source, desk / source.name, values, which)
    if not here.is_sample or with_sample:
        standings.refresh(workspace.open(here.target, read_only=False))
    start = serve.open_lab if options["lab"] else serve.open_page
    return start(copy, here.target, writes_sample=with_sample)


@kam.command("workshop")
@click.argument("account", default="")
@click.option("--kind", type=click.Choice(workshop.KINDS), default="plan", show_default=True)
@click.option("--on", default="", help="The day of the meeting, YYYY-MM-DD; the dates around it follow.")
@click.option("--lang", type=LANG, help="Else the workspace's language.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for the papers.")
@click.pass_obj
@told_plainly
def workshop_(target: str | None, /, account: str, **options: Any) -> int:
    """Print the papers of a workshop: invitation, pre-read, agenda, A3 canvases, follow-up mail and guide."""
    here = _open(target)
    out, lang = (options["out"] or _out_folder()).absolute(), options["lang"] or here.about["lang"]
    done = workshop.write(here, workshop.Request(out, options["kind"], account, options["on"], lang))
    for finding in filter(None, [*done.warnings, done.refusal]):
        _say(finding.sentence(), err=True)
    for path in done.files:
        _say(str(path))
    return int(done.refusal is not None)


def _change_line(entry: dict[Any, Any], who: str) -> str:
    fields = ", ".join(
        f"{name}: {_on_one_line(value, 200)}" for name, value in entry["after"].items() if value is not None
    )
    table = schema.TABLES[entry["table"]].title[text.language()]
    done = text.label("operation", entry["operation"])
    row = f"{entry['account_id']} {table} {entry['row_id']}"
    return f"{text.day(entry['effective_on'])} {who} · {row} · {done} · {entry['reason']}\n    {fields}"


@kam.command()
@click.argument("account", required=False)
@click.option("--since", default="", help="A day: only what came after it.")
@click.pass_obj
@told_plainly
def history(target: str | None, account: str | None, since: str) -> None:
    """Show who changed what in the plans, when and why."""
    here = _open(target)
    if account:
        here.account(account)  # an unknown id is told with its nearest names
    log = here.history(account, since and here.day(since).isoformat())
    names = here.portfolio().contact.set_index("contact_id")["name"].dropna()
    for entry in log.to_dict("records"):
        _say(_change_line(entry, str(names.get(entry["by"], entry["by"]))))
    _say(text.t("cli.history", n=len(log)))


@kam.command()
@click.pass_obj
@told_plainly
def doctor(target: str | None) -> int:
    """Examine the installation and the workspace, and say what to mend."""
    return examine.run(locate.workspace(target), say=_say)


if __name__ == "__main__":
    main()
