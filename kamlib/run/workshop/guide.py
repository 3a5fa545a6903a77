"""What the facilitator holds: the guide from ten days before to thirty after, and the no-ladder (P23-P25)."""

from __future__ import annotations

from kamlib import text
from kamlib.method import workshop
from kamlib.run.workshop.meeting import Meeting, lines_of
from kamlib.show import paper

#: The rungs of P25, in the order in which a no usually comes.
RUNGS = ("time", "plan", "figures", "higher", "goal", "alone")


def guide(meeting: Meeting) -> list[str]:
    """Two A4: the rules, the days and what to know beforehand; then item by item how to lead."""
    rules = [line.format(rule=meeting.words("rule"), kam=meeting.kam) for line in lines_of("guide.rules")]
    if meeting.is_with_customer:
        rules += [text.t("guide.with_customer"), text.t("guide.alone")]
    known = workshop.to_know(meeting.account) if meeting.account else ()
    parts = [
        paper.points(rules),
        paper.part(text.t("guide.before"), _days(meeting), paper.said(text.t("guide.days_note"), "quiet")),
        paper.part(text.t("guide.know"), paper.points(map(str, known))),
    ]
    first = meeting.sheet("guide", meeting.words("name"), *parts)
    return [first, meeting.sheet("guide", text.t("guide.order"), _items(meeting))]


def _days(meeting: Meeting) -> str:
    steps = meeting.countdown()
    days = [text.day(each.due_on) if each.due_on else "" for each in steps]
    pairs = zip(steps, days, strict=True)
    lines = [[str(each.label), day, meeting.told(f"countdown.{each.step}"), ""] for each, day in pairs]
    headings = [text.t(f"guide.{name}") for name in ("when", "day", "what", "done")]
    warned = [] if meeting.on is None else workshop.warnings(meeting.bundle, steps)
    told = "".join(paper.said(warning.sentence(), "rule") for warning in warned)
    return told + paper.rows(headings, lines, ("12", "17", "59", "12"))


def _items(meeting: Meeting) -> str:
    lines = [
        (f"{row.from_minute}–{row.to_minute}", str(row.item), text.t(row.key.replace("agenda", "lead", 1)))
        for row in meeting.agenda()
    ]
    headings = [text.t(f"guide.{name}") for name in ("minute", "item", "how")]
    return paper.rows(headings, lines, ("12", "30", "58"))


def no_ladder(meeting: Meeting) -> list[str]:
    """One A4 card: what the customer says, the next smaller step, words to use, and the no that we have heard."""
    columns = ("says", "do", "say")
    lines = [[text.t(f"ladder.{rung}.{column}") for column in columns] for rung in RUNGS]
    heard = []
    for no in workshop.refusals(meeting.known):
        days = {"day": text.day(no.customer_status_on), "again": text.day(no.ask_again_on)}
        heard.append(text.t("ladder.heard.line", title=text.bare(no.title), said=no.customer_said, **days))
    parts = [
        paper.said(text.t("ladder.lead")),
        paper.rows([text.t(f"ladder.{column}") for column in columns], lines, ("22", "44", "34")),
        paper.said(text.t("ladder.twice"), "rule"),
        paper.part(text.t("ladder.heard"), paper.points(heard)),
    ]
    return [meeting.sheet("no_ladder", text.t("paper.no_ladder"), *parts)]
