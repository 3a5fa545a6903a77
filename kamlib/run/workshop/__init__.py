"""The room on paper: the papers of one workshop, in a folder per reader (P1, P23-P25).

What a customer gets is drawn from the customer's projected file alone; what the facilitator gets from our own view.
`meeting` knows whose eyes a paper is for, `handouts` and `canvases` draw what lies on the table, `guide` what the
facilitator holds.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from kamlib import text
from kamlib.data import projection, workspace
from kamlib.errors import Finding, KamError, problem
from kamlib.method import goal_setting, planning, relationships, workshop
from kamlib.run import closed_values, files, leaks
from kamlib.run.reports import LONGEST_PATH
from kamlib.run.workshop import canvases, guide, handouts
from kamlib.run.workshop.meeting import Meeting
from kamlib.schema import Account
from kamlib.show import paper

KINDS = ("plan", "joint", "segmentation", "review", "customer-review")

_PAPERS: Mapping[str, Callable[[Meeting], list[str]]] = {
    "invitation": handouts.invitation,
    "pre_read": handouts.pre_read,
    "agenda": handouts.agenda,
    "canvases": canvases.sheets,
    "follow_up": handouts.follow_up,
    "guide": guide.guide,
    "no_ladder": guide.no_ladder,
}
_ON_THE_TABLE = ("invitation", "pre_read", "agenda", "canvases", "follow_up")


@dataclass(frozen=True)
class Request:
    """What a person asks for: the kind, one account (not for segmentation), the day `YYYY-MM-DD` or none yet."""

    out: Path
    kind: str = "plan"
    account_id: str = ""
    on: str = ""
    lang: str = "sv"


@dataclass(frozen=True)
class Delivery:
    """What was written, what speaks against the days, and why there is no invitation where there is none."""

    folder: Path
    files: tuple[Path, ...]
    warnings: tuple[Finding, ...] = ()
    refusal: Finding | None = None


def write(here: workspace.Workspace, request: Request) -> Delivery:
    """Write the papers of one workshop.

    Raises `KamError` for a day that is none, an unknown account, an account for the segmentation, and for a meeting
    with a customer during a tender (P7). Where a no to a joint plan stands only the no-ladder is written (P25).
    """
    text.use(request.lang)
    inside = _inside(here, request)
    if not inside.is_with_customer:
        return _put(request, inside, {"participants": (inside, _ON_THE_TABLE), "facilitator": _held(inside)})
    try:
        refusal = _refusal(inside)
    except KamError:
        _withdraw(_folder(request, inside))
        raise
    if refusal:
        _withdraw(_folder(request, inside))
        return _put(request, inside, {"facilitator": (inside, ("no_ladder",))}, refusal)
    with tempfile.TemporaryDirectory(prefix="kam-workshop-", ignore_cleanup_errors=True) as work:
        view = _projected(here, inside.known, Path(work))
        everyone, waived = closed_values.everything(here.portfolio()), closed_values.is_waived(inside.known)
        closed = closed_values.for_customer(everyone, view, is_waived=waived)
        readers = {"customer": (replace(inside, bundle=view), _ON_THE_TABLE), "facilitator": _held(inside)}
        return _put(request, inside, readers, closed=closed)


def _inside(here: workspace.Workspace, request: Request) -> Meeting:
    try:
        on = date.fromisoformat(request.on) if request.on else None
    except ValueError:
        raise problem("workshop_not_a_day", found=request.on) from None
    kind = request.kind.replace("-", "_")
    if kind != "segmentation":
        return Meeting(kind, here.account(request.account_id or here.first_account()), on)
    if request.account_id:
        raise problem("workshop_no_account")
    return Meeting(kind, here.portfolio(), on)


def _projected(here: workspace.Workspace, inside: Account, work: Path) -> Account:
    """Return the customer's own view: what is not in their file can't be printed."""
    projection.write(here, inside.account_id, work / "customer.sqlite")
    theirs = workspace.open(work / "customer.sqlite").account(inside.account_id)
    # The minutes that the facilitator keeps must be those on the customer's paper; no other setting comes along.
    ours = {name: inside.settings[name] for name in ("agendas", "workshops")}
    return replace(theirs, settings={**theirs.settings, **ours})


def _refusal(meeting: Meeting) -> Finding | None:
    """Return why there is no meeting to invite to: a no that stands. Raises `KamError` during a tender.

    Judged today, for paper that exists is sent, and on the day of the first contact: the sponsor's call.
    """
    account, called = meeting.known, meeting.countdown()[0].due_on
    first = max(account.as_of, called or account.as_of)
    tender = relationships.silence(account) or relationships.silence(replace(account, as_of=first))
    if tender:
        raise problem("workshop_tender", place=tender.place, why=relationships.rule_said(tender))
    declined = planning.joint_edition_refusal(account)
    if declined is None or (meeting.kind != "joint" and _may_ask(account, first)):
        return None
    return Finding("workshop_declined", "warning", declined.place, {"why": relationships.rule_said(declined)})


def _may_ask(account: Account, day: date) -> bool:
    """Tell whether every no of the customer's may be taken up again on `day` (P25)."""
    return all(
        each.step not in ("wait", "set_date") for each in goal_setting.joint(replace(account, as_of=day))
    )


def _folder(request: Request, inside: Meeting) -> Path:
    who = files.slug(inside.account.account_id, inside.account.name) if inside.account else "portfolio"
    return request.out / "workshops" / who / f"{request.on or 'undated'}-{request.kind}-{request.lang}"


def _withdraw(folder: Path) -> None:
    """Take papers of an earlier day out of the folder that may be sent; they stay to be read."""
    if (folder / "customer").is_dir():
        shutil.rmtree(folder / "withdrawn", ignore_errors=True)
        (folder / "customer").rename(folder / "withdrawn")


Reader = tuple[Meeting, tuple[str, ...]]


def _held(inside: Meeting) -> Reader:
    return inside, ("guide", "no_ladder") if inside.account else ("guide",)


def _put(
    request: Request,
    inside: Meeting,
    readers: Mapping[str, Reader],
    refusal: Finding | None = None,
    *,
    closed: closed_values.ClosedValues | None = None,
) -> Delivery:
    """Write each reader's files; every folder is drawn from its reader's own view.

    Nothing is written before all are drawn and those for a customer are searched for what is `closed`.
    """
    folder = _folder(request, inside)
    drawn: dict[Path, str] = {}
    for reader, (meeting, papers) in readers.items():
        for number, name in enumerate(papers, 1):
            target = folder / reader / f"{number}_{name}.html"
            if len(str(target.absolute())) > LONGEST_PATH:
                raise problem("path_too_long", found=len(str(target.absolute())))
            title = f"{text.t(f'paper.{name}')}: {meeting.who}"
            drawn[target] = paper.document(title, _PAPERS[name](meeting))
            if closed and reader == "customer":
                leaks.stop(target.name, drawn[target].encode(), closed)
    for target, content in drawn.items():
        files.put(target, content)
    warned = [] if inside.on is None else workshop.warnings(inside.bundle, inside.countdown())
    return Delivery(folder, tuple(drawn), tuple(warned), refusal)
