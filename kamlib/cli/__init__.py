"""The `kam` command: arguments in, calls out."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

import kamlib
from kamlib import schema, text
from kamlib.cli.output import echo, on_one_line, plain_errors
from kamlib.data import company, intake, kit, locate, sample, sources, workspace
from kamlib.data import mapping as mapping_file
from kamlib.errors import Finding, problem
from kamlib.live import serve
from kamlib.method import coaching
from kamlib.run import attachments, batch, files, leaks, notebooks, reports, standings, workshop
from kamlib.run import doctor as examine
from kamlib.show import tables

LANG = click.Choice(list(text.LANGUAGES))
AUDIENCE = click.Choice(["internal", "customer"])


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
    company.speak(opened.about)
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
@plain_errors
def init(target: str | None, name: str | None, lang: str, *, with_sample: bool) -> None:
    """Make a workspace: a name (kept in the local app-data folder), a path, or a database URL."""
    text.use(lang)
    named = name or target
    if with_sample and not named:
        where = _sample(lang)
        echo(text.t("cli.made", found=str(where)))
        return
    where_to = locate.named_workspace(named or "kam")
    if with_sample:
        sample.build(Path(where_to), lang=lang)
        standings.refresh(workspace.open(where_to, read_only=False))
    else:
        workspace.create(where_to, name=Path(where_to).stem, lang=lang)
    echo(text.t("cli.made", found=locate.without_password(where_to)))
    if not with_sample:
        _write_configuration(named or "kam")


def _write_configuration(name: str) -> None:
    """Note the workspace's name in this folder, and say so; a URL never: it may hold a password."""
    target = Path(locate.FILE).absolute()
    if "://" in name:
        return
    if target.exists():
        echo(text.t("cli.configuration_kept", found=str(target)))
        return
    files.put(target, f"workspace = {json.dumps(name, ensure_ascii=False)}\n")
    echo(text.t("cli.configuration_made", found=str(target), folder=str(target.parent)))


@kam.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="YAML that says which column is which.")
@click.option("--dry-run", is_flag=True, help="Judge everything, write nothing.")
@click.option("--replace", is_flag=True, help="Also remove what this source no longer says.")
@click.pass_obj
@plain_errors
def import_(target: str | None, source: Path, mapping: Path | None, *, dry_run: bool, replace: bool) -> None:
    """Read a folder or file of CSV and XLSX into the workspace: all of it, or nothing."""
    here = _open(target, read_only=dry_run)
    read = mapping_file.load(mapping)
    portfolio = here.portfolio()
    known = {name: list(portfolio.tables[name][f"{name}_id"]) for name in ("account", "contact")}
    raw = sources.read(source, read)
    judged, findings, report = intake.judge(raw, known=known, currency=portfolio.currency)
    echo(repr(tables.sheet("intake_report", intake.in_currency(report), portfolio)))
    intake.refuse(findings)
    for finding in findings:
        echo(finding.sentence())
    if dry_run:
        echo(text.t("cli.dry_run"))
        return
    done = here.import_facts(judged, source="import", replace=replace)
    standings.refresh(here)
    for name, state in done.items():
        echo(text.t(f"cli.{state}", found=name))


@kam.command()
@click.argument("accounts", nargs=-1)
@click.option(
    "--leaks", "for_leaks", is_flag=True, help="Search what is made for customers for internal values."
)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder of the reports to search.")
@click.pass_obj
@plain_errors
def check(target: str | None, accounts: tuple[str, ...], out: Path | None, *, for_leaks: bool) -> int:
    """Say what the rules find in data and plans; exit 1 where an error stands."""
    here = _open(target)
    if for_leaks:
        return leaks.check(here, (out or _out_folder()).absolute(), say=echo)
    listed = reports.listing(here).set_index("account_id")
    chosen = accounts or tuple(listed.index[listed["is_key"].fillna(value=False).astype(bool)])
    worst = 0
    for account_id in chosen:
        found: list[Finding] = coaching.check(here.account(account_id))
        echo(f"{account_id} {on_one_line(here.account(account_id).name)}: {len(found)}")
        for finding in found:
            echo(f"  {finding.severity:<8}{finding.sentence()}")
            worst = max(worst, int(finding.severity == "error"))
    return worst


@kam.command("accounts")
@click.option("--json", "as_json", is_flag=True, help="For scripts: a stable list.")
@click.pass_obj
@plain_errors
def accounts_(target: str | None, *, as_json: bool) -> None:
    """List all accounts with revenue, segment, and whether each is a key account."""
    listed = reports.listing(_open(target))
    rows = listed.astype(object).where(listed.notna(), None).to_dict("records")
    if as_json:
        echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in sorted(rows, key=lambda each: -(each["revenue_12m"] or 0)):
        mark = "*" if row["is_key"] else " "
        segment = text.label("outcome", row["segment"])
        basis = f" ({text.t('index.proposed')})" if row["basis"] == "proposed" else ""
        within = f"; {text.t('cli.counted_in', account_id=row['counted_in'])}" if row["counted_in"] else ""
        echo(
            f"{mark} {row['account_id']:<10}{text.money(row['revenue_12m']):>12}  {on_one_line(row['name'])}: {segment}{basis}{within}"
        )


@kam.command()
@click.argument("accounts", nargs=-1)
@click.option(
    "--key",
    is_flag=True,
    help="The key accounts (the default; with --resume all of them, not what was asked before).",
)
@click.option("--all", "all_accounts", is_flag=True, help="Every account.")
@click.option("--notebook", "chosen", multiple=True, help="03_planning, 03 or planning; may be repeated.")
@click.option("--as-of", default="", help="YYYY-MM-DD or today; else the latest day in the data.")
@click.option("--lang", type=LANG, help="Else the workspace's language.")
@click.option("--audience", type=AUDIENCE, default="internal", show_default=True)
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Worker processes.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for the reports.")
@click.option("--pdf", is_flag=True, help="A PDF beside each report.")
@click.option("--pptx", is_flag=True, help="The quarterly review as an editable deck too.")
@click.option("--template", type=click.Path(path_type=Path), help="A .pptx whose design the deck takes.")
@click.option("--resume", is_flag=True, help="Go on with a stopped run: only what is not done is made.")
@click.option(
    "--notebooks", "folder", type=click.Path(path_type=Path), help="A folder of your own notebooks."
)
@click.pass_obj
@plain_errors
def report(  # noqa: PLR0913 - one for each option of the command
    target: str | None,
    /,
    accounts: tuple[str, ...],
    *,
    key: bool,
    all_accounts: bool,
    chosen: tuple[str, ...],
    as_of: str,
    lang: str | None,
    audience: str,
    jobs: int,
    out: Path | None,
    pdf: bool,
    pptx: bool,
    template: Path | None,
    resume: bool,
    folder: Path | None,
) -> int:
    """Execute the notebooks per account and write HTML reports, a manifest and index.html."""
    if bool(accounts) + key + all_accounts > 1:
        raise problem("accounts_twice")
    here = _open(target)
    request = reports.Request(
        out=(out or _out_folder()).absolute(),
        accounts=accounts,
        all_accounts=all_accounts,
        key_accounts=key,
        notebooks=chosen,
        as_of=as_of,
        lang=lang or here.about["lang"],
        audience=audience,
        workers=jobs,
        folder=folder,
        resume=resume,
        wanted=attachments.requested(pdf_too=pdf, deck_too=pptx or template is not None, template=template),
    )
    delivery = _with_progress(here, request)
    for note in delivery.notes:
        echo(note.sentence(), err=True)
    for outcome in delivery.complaints():
        message = on_one_line((outcome.error or {})["message"], 400)
        echo(f"{outcome.account_id} {outcome.notebook}: {message}", err=True)
    good = sum(outcome.status == "ok" for outcome in delivery.outcomes)
    done = delivery.outcomes or not resume
    echo(text.t("cli.reports" if done else "resume.nothing_left", n=good, failed=len(delivery.failed)))
    echo(str(delivery.index))
    return delivery.exit_code


def _out_folder() -> Path:
    clone = kit.clone()
    return clone / "reports" if clone else Path("reports")


def _with_progress(here: workspace.Workspace, request: reports.Request) -> reports.Delivery:
    """Run with a bar on a terminal, and with a plain line per report elsewhere."""
    if not sys.stdout.isatty():

        def line(outcome: Any) -> None:
            echo(f"{outcome.status:<8}{outcome.seconds:>6.1f} s  {outcome.account_id} {outcome.notebook}")

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
@plain_errors
def open_(  # noqa: PLR0913 - likewise
    target: str | None, /, notebook: str, *, account: str, lang: str | None, lab: bool, with_sample: bool
) -> int:
    """Open a notebook live: a clean page, or JupyterLab, on a prepared copy."""
    here = _open(str(_sample()) if with_sample else target)
    source = notebooks.find(notebook, notebooks.folder())
    which = notebooks.Variant(lang or here.about["lang"], "internal", live=True)
    values: dict[str, Any] = {"lang": which.lang, "live": True}
    if notebooks.is_about_one_account(notebooks.read(source)):
        values["account_id"] = here.account(account).account_id if account else here.first_account()
    desk = locate.app_data() / "open" / files.slug(here.about["id"], here.name)
    copy = notebooks.prepare(source, desk / source.name, values, which)
    if not here.is_sample or with_sample:
        standings.refresh(workspace.open(here.target, read_only=False))
    start = serve.open_lab if lab else serve.open_page
    return start(copy, here.target, writes_sample=with_sample)


@kam.command("workshop")
@click.argument("account", default="")
@click.option("--kind", type=click.Choice(workshop.KINDS), default="plan", show_default=True)
@click.option("--on", default="", help="The day of the meeting, YYYY-MM-DD; the dates around it follow.")
@click.option("--lang", type=LANG, help="Else the workspace's language.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for the papers.")
@click.pass_obj
@plain_errors
def workshop_(  # noqa: PLR0913 - likewise
    target: str | None, /, account: str, *, kind: str, on: str, lang: str | None, out: Path | None
) -> int:
    """Print the papers of a workshop: invitation, pre-read, agenda, A3 canvases, follow-up mail and guide."""
    here = _open(target)
    folder = (out or _out_folder()).absolute()
    done = workshop.write(here, workshop.Request(folder, kind, account, on, lang or here.about["lang"]))
    for finding in filter(None, [*done.warnings, done.refusal]):
        echo(finding.sentence(), err=True)
    for path in done.files:
        echo(str(path))
    return int(done.refusal is not None)


def _change_line(entry: dict[Any, Any], who: str) -> str:
    known = {name: value for name, value in entry["after"].items() if value is not None}
    fields = ", ".join(f"{name}: {on_one_line(value, 200)}" for name, value in known.items())
    table = schema.TABLES[entry["table"]].title[text.language()]
    done = text.label("operation", entry["operation"])
    row = f"{entry['account_id']} {table} {entry['row_id']}"
    return f"{text.day(entry['effective_on'])} {who} · {row} · {done} · {entry['reason']}\n    {fields}"


@kam.command()
@click.argument("account", required=False)
@click.option("--since", default="", help="A day: only what came after it.")
@click.pass_obj
@plain_errors
def history(target: str | None, account: str | None, since: str) -> None:
    """Show who changed what in the plans, when and why."""
    here = _open(target)
    if account:
        here.account(account)  # an unknown id is told with its nearest names
    log = here.history(account, since and here.day(since).isoformat())
    names = here.portfolio().contact.set_index("contact_id")["name"].dropna()
    for entry in log.to_dict("records"):
        echo(_change_line(entry, str(names.get(entry["by"], entry["by"]))))
    echo(text.t("cli.history", n=len(log)))


@kam.command("settings")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--clear", is_flag=True, help="Go back to the kit's own settings.")
@click.pass_obj
@plain_errors
def settings_(target: str | None, file: Path | None, *, clear: bool) -> None:
    """Show the company's own settings and words, or lay those of a YAML file over the kit's."""
    here = _open(target, read_only=not (file or clear))
    if file or clear:
        own = company.read(file) if file else {}
        here.set_about(settings=json.dumps(own, ensure_ascii=False, sort_keys=True))
        standings.refresh(here)
        echo(text.t("cli.settings_kept" if own else "cli.settings_cleared"))
        return
    echo(company.written(here.about) or text.t("cli.settings_none"))


@kam.command()
@click.pass_obj
@plain_errors
def doctor(target: str | None) -> int:
    """Examine the installation and the workspace, and say what to mend."""
    return examine.run(locate.workspace(target), say=echo)
