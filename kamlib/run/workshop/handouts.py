"""What lies on the table: invitation, pre-read, agenda and the follow-up mail (P23, P24)."""

from __future__ import annotations

from collections.abc import Iterator

from kamlib import text
from kamlib.method import goal_setting, measures, planning, review, segmentation, workshop
from kamlib.run.workshop.meeting import Meeting, lines_of
from kamlib.schema import Account, Portfolio
from kamlib.schema.days import months_from
from kamlib.show import onepage, paper, tables

#: What a pre-read shows of kept promises, in months; open ones always.
MONTHS_BACK = 6


def invitation(meeting: Meeting) -> list[str]:
    """One A4: who, why, what to bring, and the decision rule, said before the meeting."""
    answer = next(each.due_on for each in meeting.countdown() if each.step == "data_in")
    reply = text.t("paper.answer_by" if answer else "paper.answer", who=meeting.kam, day=text.day(answer))
    parts = [
        paper.said(text.t("paper.place")),
        paper.part(text.t("paper.why"), paper.said(meeting.words("why")), *map(paper.said, _need(meeting))),
        paper.part(text.t("paper.who"), _guests(meeting), paper.said(text.t("paper.roles"), "quiet")),
        paper.part(text.t("paper.result"), paper.said(meeting.words("result"))),
        paper.part(text.t("paper.bring"), paper.points(lines_of(f"workshop.{meeting.kind}.bring"))),
        paper.part(text.t("paper.rule"), paper.said(meeting.words("rule"), "rule")),
        paper.said(reply),
    ]
    return [meeting.sheet("invitation", meeting.words("name"), *parts)]


def _need(meeting: Meeting) -> list[str]:
    """What the customer wants to reach, in the words of the shared plan."""
    plan = meeting.known.plan if meeting.is_with_customer else None
    return [text.t("paper.their_words", need=plan.customer_need)] if plan and plan.customer_need else []


def _guests(meeting: Meeting) -> str:
    """The people to ask, each with the reason; a part that nobody is known for is a line to write on."""
    people = workshop.guests(meeting.bundle, with_customer=meeting.is_with_customer)
    asked = [each for each in people if not each.has_left]
    parts = [*(each.part for each in asked), "invited_for.lead", "invited_for.scribe"]
    names = [*(meeting.person(each.contact_id) for each in asked), "", ""]
    lines = [(name, text.label(*part.split("."))) for name, part in zip(names, parts, strict=True)]
    return paper.rows([text.t("paper.name"), text.t("paper.because")], lines, ("50", "50"))


def pre_read(meeting: Meeting) -> list[str]:
    """The last decisions and the three questions (P24); inside also the one-page plan."""
    asked = "".join(paper.part(question, paper.ruled(2)) for question in lines_of("paper.three"))
    parts = [_last(meeting), paper.part(text.t("paper.questions"), asked)]
    first = meeting.sheet("pre_read", meeting.words("name"), *parts)
    if meeting.account is None or meeting.is_with_customer:
        return [first]
    boxes = planning.one_page(meeting.account)
    return [first, meeting.sheet("pre_read", "", onepage.sheet(boxes, meeting.account, meeting.who).html)]


def _last(meeting: Meeting) -> str:
    if isinstance(meeting.bundle, Portfolio):
        return _the_list(meeting.bundle)
    if meeting.is_with_customer:
        return "".join(_since_last(meeting.known))
    return tables.sheet("workshop_decisions", review.decisions(meeting.known), meeting.known).html


def _the_list(portfolio: Portfolio) -> str:
    rows = portfolio.account
    if len(rows):
        rows = segmentation.shortlist(segmentation.choose(portfolio))
    return tables.sheet("workshop_list", rows, portfolio).html


def _since_last(account: Account) -> Iterator[str]:
    """What both have agreed, promised and confirmed, as the customer may see it."""
    yield tables.sheet("workshop_goals", goal_setting.progress(account), account).html
    since = months_from(account.today, -MONTHS_BACK)
    recent = [each for each in measures.promises(account) if each.done_on is None or each.done_on >= since]
    yield tables.sheet("workshop_promises", recent, account).html
    yield tables.sheet("workshop_values", planning.value_ledger(account), account).html


def agenda(meeting: Meeting) -> list[str]:
    """One A4: the items drawn to scale below the decision rule."""
    drawn = paper.timeline((each.from_minute, each.to_minute, str(each.item)) for each in meeting.agenda())
    return [meeting.sheet("agenda", meeting.words("name"), paper.said(meeting.words("rule"), "rule"), drawn)]


def follow_up(meeting: Meeting) -> list[str]:
    """The mail within 24 hours: what was noted on the day stands there, the rest is lines to write on (P24)."""
    subject = text.t("mail.subject", name=meeting.words("name"), day=text.day(meeting.on))
    noted = [(part, _noted(meeting, part)) for part in ("agreed", "theirs", "ours")]
    parts = [
        paper.said(subject, "rule"),
        paper.said(f"{text.t('mail.hello')}\n{meeting.told('mail.thanks')}"),
        *(paper.part(meeting.told(f"mail.{part}"), lines) for part, lines in noted),
        paper.part(text.t("mail.unanswered"), paper.ruled(2)),
        paper.part(text.t("mail.next"), _next(meeting)),
        paper.said(text.t("mail.correct")),
        paper.said(f"{text.t('mail.regards')}\n{meeting.kam}"),
    ]
    return [meeting.sheet("follow_up", meeting.words("name"), *parts)]


def _noted(meeting: Meeting, part: str) -> str:
    if meeting.account is None:
        return paper.ruled(3)
    told = []
    for row in workshop.agreed(meeting.account, meeting.on):
        who, day = meeting.person(row.person_id) or text.MISSING, text.day(row.due_on)
        if row.part == part:
            told.append(text.t("mail.line", title=text.bare(row.title), who=who, day=day))
    return paper.points(told) or paper.ruled(3)


def _next(meeting: Meeting) -> str:
    again = workshop.next_day(meeting.account, meeting.on) if meeting.account else None
    days = {"next_day": again, "check_day": meeting.countdown()[-1].due_on}
    told = [text.t(f"mail.{name}", day=text.day(day)) for name, day in days.items() if day]
    return paper.points(told) + ("" if again is not None else paper.ruled(1))
