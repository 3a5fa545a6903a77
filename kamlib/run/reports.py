"""From a request to reports: choose accounts and notebooks, take a snapshot, run, write manifest and index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from kamlib import __version__, text
from kamlib.data import company, locate, projection
from kamlib.data.workspace import Workspace
from kamlib.errors import Finding, KamError, nearest
from kamlib.method import measures, planning
from kamlib.run import attachments, batch, files, index, leaks, notebooks, resume, standings, traced
from kamlib.schema import Portfolio

LONGEST_PATH = 200

#: Notebooks without a customer edition after a no to a joint plan (P25), and while a public tender runs (P7).
_CLOSED_BY_A_NO = ("02_goal_setting", "03_planning")
_CLOSED_BY_TENDER = (*_CLOSED_BY_A_NO, "06_review")


@dataclass(frozen=True)
class Request:
    """What a person asks for; empty tuples mean the usual: key accounts, all notebooks.

    `key_accounts` asks for them by name: a run that goes on (`resume`) makes them, whatever the earlier run was for.
    """

    out: Path
    accounts: tuple[str, ...] = ()
    all_accounts: bool = False
    key_accounts: bool = False
    notebooks: tuple[str, ...] = ()
    as_of: str = ""
    lang: str = "sv"
    audience: str = "internal"
    workers: int = 2
    folder: Path | None = None
    resume: bool = False
    wanted: attachments.Attachments = attachments.NONE


@dataclass(frozen=True)
class Delivery:
    """What came of a request; `notes` say what of an earlier run was found otherwise than it was left."""

    outcomes: Sequence[batch.Outcome]
    index: Path
    folder: Path
    notes: Sequence[Finding] = ()

    @property
    def failed(self) -> list[batch.Outcome]:
        """What was asked for and did not come."""
        return [each for each in self.outcomes if each.status in ("failed", "interrupted")]

    @property
    def exit_code(self) -> int:
        """0 all good, 1 some failed, 2 no room to write, 130 and 143 on signals."""
        kinds = {(each.error or {}).get("kind") for each in self.failed}
        signals = {"SIGTERM": 143, "SIGINT": 130, batch.DISK_FULL: 2}
        return next((code for kind, code in signals.items() if kind in kinds), int(bool(kinds)))

    def complaints(self) -> list[batch.Outcome]:
        """Return every outcome with a reason; of those that were only stopped the first is enough."""
        stopped = [each for each in self.failed if each.status == "interrupted"]
        return [each for each in self.outcomes if each.error and each not in stopped] + stopped[:1]


def listing(workspace: Workspace, as_of: str = "") -> pd.DataFrame:
    """Return one row per account: account_id, name, revenue_12m, segment, is_key, basis, counted_in.

    Revenue is the account's own with all below it. A group is a key account once, at its top: a member's revenue is
    `counted_in` that account too, so that a sum takes the rows without it.
    """
    portfolio = workspace.portfolio(as_of)
    names = portfolio.account.set_index("account_id")["name"].sort_index()
    places = standings.kept(workspace, portfolio, as_of).set_index("account_id").reindex(names.index)
    tops = measures.groups_of(portfolio).reindex(names.index)
    rows = places[["segment", "is_key", "basis"]].assign(name=names, revenue_12m=_revenue(portfolio, tops))
    rows["is_key"] = rows["is_key"].fillna(value=False).astype(bool) & (tops == tops.index)
    rows["counted_in"] = tops.where(tops != tops.index)
    return rows.reset_index()[["account_id", *_LISTED]]


_LISTED = ["name", "revenue_12m", "segment", "is_key", "basis", "counted_in"]


def _revenue(portfolio: Portfolio, tops: pd.Series) -> pd.Series:
    sold = measures.within(portfolio.revenue, "month", portfolio.window(12))
    own = sold.groupby("account_id")["revenue"].sum()
    grouped = own.groupby(tops.reindex(own.index).to_numpy()).sum()
    return own.reindex(tops.index).where(tops != tops.index, grouped.reindex(tops.index))


def run(
    workspace: Workspace,
    request: Request,
    *,
    begun: Callable[[int], None] = lambda _: None,
    told: Callable[[batch.Outcome], None] = lambda _: None,
) -> Delivery:
    """Make the reports asked for. Raises `KamError` before anything starts; later faults are outcomes.

    The manifest is written before the first report and after each one, so that it is true at every moment.
    """
    text.use(request.lang)
    attachments.check(request.wanted, [path.stem for path in _notebooks(request)])
    locate.make_folder(request.out)
    with files.exclusive(request.out):
        work = batch.work_folder()
        try:
            snapshot = workspace.snapshot(work / "snapshot.sqlite")
            standings.refresh(snapshot, request.as_of)
            plan = _Plan(snapshot, request, work, listing(snapshot, request.as_of))
            earlier = plan.continued() if request.resume else None
            jobs, refused = plan.jobs(_notebooks(plan.request))
            plan.withdraw(refused)
            if earlier:
                jobs = earlier.left(jobs, named=_is_named(request), state=plan.state)
            begun(len(jobs))
            unsaid = [*map(_unsaid, refused)]
            made = _recorded(plan, jobs, unsaid, workers=request.workers, told=told)
        finally:
            batch.clear(work)
        if request.audience == "internal":
            traced.write(plan.folder)
        written = index.write(request.out, request.lang)
    return Delivery([*refused, *made], written, plan.folder, earlier.notes if earlier else ())


def _unsaid(refused: batch.Outcome) -> batch.Outcome:
    """Leave the reason out: it is told on the screen, and a customers' manifest may lie beside what is sent."""
    return replace(refused, error={**(refused.error or {}), "message": text.t("leaks.refused")})


def _kept_quiet(outcome: batch.Outcome) -> batch.Outcome:
    """What leaks.py has found stands on the screen alone: its words are around something internal."""
    found = (outcome.error or {}).get("kind") == leaks.Leak.__name__
    return _unsaid(outcome) if found else outcome


def _is_named(request: Request) -> bool:
    return bool(request.accounts or request.all_accounts or request.key_accounts or request.notebooks)


def _recorded(
    plan: _Plan,
    jobs: Sequence[batch.Job],
    refused: Sequence[batch.Outcome],
    *,
    workers: int,
    told: Callable[[batch.Outcome], None],
) -> list[batch.Outcome]:
    """Run the jobs; what is not done yet stands in the manifest as interrupted, for a kill gives no warning."""
    about = plan.about()
    batch.write_manifest(plan.folder, about, [*refused, *map(batch.interrupted, jobs)])

    def note(outcome: batch.Outcome) -> None:
        batch.write_manifest(plan.folder, about, [_kept_quiet(outcome)])
        told(outcome)

    outcomes = batch.run(jobs, workers=workers, told=note)
    batch.write_manifest(plan.folder, about, [*refused, *map(_kept_quiet, outcomes)])
    return outcomes


def _notebooks(request: Request) -> list[Path]:
    """Return the notebooks asked for, or all; a customer's edition has only those made for it."""
    where = notebooks.folder(request.folder)
    asked = list(dict.fromkeys(notebooks.find(name, where) for name in request.notebooks))
    if request.audience == "internal":
        return asked or [where / f"{name}.ipynb" for name in notebooks.names(where)]
    shut = [path.stem for path in asked if path.stem not in notebooks.FOR_CUSTOMERS]
    if shut:
        allowed = ", ".join(notebooks.FOR_CUSTOMERS)
        told = [{"found": name, "allowed": allowed} for name in shut]
        raise KamError(*(Finding("not_for_customer", values=each) for each in told))
    return asked or [where / f"{name}.ipynb" for name in notebooks.FOR_CUSTOMERS]


class _Plan:
    """One request against one snapshot: which jobs it means."""

    def __init__(self, snapshot: Workspace, request: Request, work: Path, listed: pd.DataFrame) -> None:
        self.snapshot, self.request, self.work = snapshot, request, work
        self.listed = listed.set_index("account_id")
        self.as_of = snapshot.day(request.as_of).isoformat()
        self.state = resume.state_of(snapshot)
        self.folder = request.out / self.as_of / f"{request.audience}-{request.lang}"

    def continued(self) -> resume.Earlier:
        """Return the run to continue; where the request names nothing, it is that run's request."""
        request = self.request
        told = {"audience": request.audience, "lang": request.lang, "as_of": self.as_of}
        same = told | {"version": __version__, "data": self.state}
        earlier = resume.earlier(request.out, same, any_day=not request.as_of)
        if not _is_named(request):
            self.request = replace(request, accounts=earlier.accounts(), notebooks=earlier.notebooks())
        return earlier

    def accounts(self) -> list[str]:
        """Return the ids of the accounts asked for, else all, else the key accounts."""
        if self.request.accounts:
            return self._named(self.request.accounts)
        if self.request.all_accounts:
            return list(self.listed.index)
        return list(self.listed.index[self.listed["is_key"].fillna(value=False).astype(bool)])

    def _named(self, asked: Sequence[str]) -> list[str]:
        by_name = {str(name).casefold(): account_id for account_id, name in self.listed["name"].items()}
        found = {each: each if each in self.listed.index else by_name.get(each.casefold()) for each in asked}
        known = [*self.listed.index, *self.listed["name"].dropna()]
        lost = [each for each, account_id in found.items() if account_id is None]
        told = [{"found": each, "near": nearest(each, known)} for each in lost]
        if told:
            raise KamError(*(Finding("unknown_account", values=each) for each in told))
        return list(dict.fromkeys(str(account_id) for account_id in found.values()))

    def jobs(self, chosen: Sequence[Path]) -> tuple[list[batch.Job], list[batch.Outcome]]:
        """Return what to run, and what is refused before it starts, each with its reason."""
        accounts = self.accounts()
        jobs, refused = [], []
        for path in chosen:
            notebook = notebooks.read(path)
            declared = notebooks.parameters(notebook)
            if "account_id" not in declared:
                if not self.request.accounts or self.request.notebooks:
                    jobs.append(self._job(path, "", declared))
                continue
            for account_id in accounts:
                reason = self._refusal(account_id, path.stem)
                if reason:
                    error = {"kind": "refused", "message": reason, "cell": None}
                    refused.append(batch.Outcome(account_id, path.stem, "skipped", error=error))
                else:
                    jobs.append(self._job(path, account_id, declared))
        return sorted(jobs, key=lambda job: (job.account_id, job.name)), refused

    def withdraw(self, refused: Sequence[batch.Outcome]) -> None:
        """Take what an earlier run has made of the refused out of the customers' folders: it may not be sent now."""
        for each in refused:
            of_report = f"*{files.slug(each.account_id, '')[-9:]}/{each.notebook}"
            for kind in ("html", "pdf", "pptx"):
                for made in self.folder.glob(f"{of_report}.{kind}"):
                    made.unlink()

    def _refusal(self, account_id: str, name: str) -> str:
        if self.request.audience == "internal" or name not in _CLOSED_BY_TENDER:
            return ""
        days = {self.request.as_of, ""}  # a tender or a no of today closes an earlier day's edition too
        for view in (self.snapshot.account(account_id, day) for day in days):
            finding = planning.tender_edition_refusal(view)
            if finding is None and name in _CLOSED_BY_A_NO:
                finding = planning.joint_edition_refusal(view)
            if finding:
                return finding.sentence()
        return ""

    def _job(self, path: Path, account_id: str, declared: Sequence[str] | dict[str, str]) -> batch.Job:
        request = self.request
        name = str(self.listed["name"].get(account_id, "")) if account_id else self.snapshot.name
        folder = self.folder / (files.slug(account_id, name) if account_id else index.PORTFOLIO)
        self._refuse_long(folder / f"{path.stem}.failed.ipynb")
        values: dict[str, Any] = {
            "account_id": account_id,
            "as_of": request.as_of and self.as_of,
            "lang": request.lang,
            "audience": request.audience,
            "live": False,
        }
        own = [f"notebook_for_customer.{path.stem[3:]}"] if request.audience == "customer" else []
        title = text.entry(*own, f"notebook.{path.stem[3:]}", "index.account")[request.lang]
        return batch.Job(
            str(path),
            str(self._source(account_id)),
            str(folder),
            account_id,
            f"{title}: {name}",
            {key: value for key, value in values.items() if key in declared},
            request.lang,
            request.audience,
            request.wanted,
            company.settings(self.snapshot.about)["terms"],
            self._closed_values(),
        )

    def _source(self, account_id: str) -> Path:
        """Return the file a run reads: the snapshot, or for a customer the projected file, made once."""
        if self.request.audience == "internal":
            return Path(self.snapshot.target)
        # A folder of its own: beside a customer's file lies neither the snapshot nor another customer's.
        target = self.work / files.slug(account_id, "") / "customer.sqlite"
        if not target.exists():
            projection.write(self.snapshot, account_id, target, as_of=self.request.as_of)
        return target

    def _closed_values(self) -> str:
        """Return the file that says what must not stand in a customer's files; made once, and not for our own."""
        target = self.work / "closed_values.json"
        if self.request.audience == "internal":
            return ""
        if not target.exists():
            earlier = [self.snapshot.portfolio(self.request.as_of)] if self.request.as_of else []
            leaks.keep(self.snapshot.portfolio(), target, *earlier)
        return str(target)

    def _refuse_long(self, path: Path) -> None:
        if len(str(path.absolute())) > LONGEST_PATH:
            raise KamError(Finding("path_too_long", values={"found": len(str(path.absolute()))}))

    def about(self) -> dict[str, Any]:
        """Return the manifest's head."""
        places = self.listed.astype({"revenue_12m": "float64"})
        if self.request.audience == "customer":  # this folder is one that gets sent
            places = places[["name"]]
        told = places.astype(object).where(places.notna(), None).to_dict("index")
        if self.request.audience == "internal":
            for each in (each for each in self.accounts() if told.get(each, {}).get("is_key")):
                told[each].update(standings.signs(self.snapshot.account(each, self.request.as_of)))
        return {
            "run_id": str(uuid4()),
            "as_of": self.as_of,
            "audience": self.request.audience,
            "lang": self.request.lang,
            "version": __version__,
            "data": self.state,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "workspace": self.snapshot.name,
            "currency": self.snapshot.about["currency"],
            "accounts": {each: told[each] for each in self.accounts() if each in told},
        }
