"""Semantic tables, headline figures, findings and the lines around them.

A table is declared as data in the catalogue (`sheet.<name>`: caption, note, empty, columns); `sheet` writes the
rows of a method table by that declaration. Numbers stand to the right, a missing value is an en dash, a state is
a word in a tinted pill, never colour alone, and a table without rows says what to add.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from kamlib import schema, text
from kamlib.errors import Finding, severity_rank
from kamlib.show import cells, named, page
from kamlib.show.page import NOTHING, Bundle, Shown, audience, dated, escape, framed, stylesheet
from kamlib.show.sparkline import Line, sparkline
from kamlib.words import Words as Written
from kamlib.words import figures_in

Words = Mapping[str, Any]
Rows = pd.DataFrame | Sequence[Any]

#: Rows that a page holds at most: a longer table belongs in a file, not in a report.
CAP = 80

#: Rows before the fold, where the sheet does not say otherwise.
FIRST = 15

#: Rows of numbers behind a figure.
BEHIND = 30

# --- one table ---------------------------------------------------------------------------------------------


def sheet(name: str, rows: Rows, bundle: Bundle, chosen: Sequence[str] = (), **values: Any) -> Shown:
    """Show `rows`, a frame or typed rows, as the catalogue declares `sheet.<name>`.

    Parameters
    ----------
    chosen
        The columns to show, in this order; all where none is named.
    values
        Fill the placeholders of caption, note and the text for an empty table.

    Raises
    ------
    text.CatalogueError
        The sheet is not declared, a column has an unknown kind, or the rows lack a declared column.
    """
    declared = _for_reader(text.entry(f"sheet.{name}"), bundle)
    heads = declared["columns"]
    wanted = {each: heads[each] for each in chosen} if chosen else heads
    columns = _columns(name, wanted, rows, bundle)
    if not len(rows) or not columns:  # no column that this reader may see holds anything
        return _what_to_add(name, declared, values, bundle)
    caption = text.fill(declared["caption"], values, name)
    counted = text.fill(declared["note"], values, name) if "note" in declared else ""
    cut = text.t("show.capped", count=CAP, total=len(rows)) if len(rows) > CAP else ""
    note = dated(bundle, " ".join(filter(None, [counted, cut])))
    written = _written(columns, rows, bundle)
    table = cells.folded(caption, columns, written, int(declared.get("first", FIRST)))
    body = f"{table}{page.note(note)}"
    plain = cells.plain(caption, columns, written, note)
    sources = tuple(str(declared.get("source", "")).split())
    origin = named.Origin(name, counted, sources, bundle, str(declared.get("key", "")))
    figures = named.of_sheet(origin, columns, rows, written)
    return Shown(framed(body, "kam-sheet"), plain, titles=(caption,), figures=figures)


def _written(columns: Mapping[str, Words], rows: Rows, bundle: Bundle) -> list[list[cells.Cell]]:
    return [
        [cells.cell(value, column, bundle) for value, column in zip(row, columns.values(), strict=True)]
        for row in _records(rows, columns)
    ]


def grid(
    name: str, rows: Rows, bundle: Bundle, chosen: Sequence[str]
) -> tuple[str, dict[str, Words], list[list[str]]]:
    """Return caption, columns (those chosen that this reader may see) and plain words of a sheet, for a document."""
    declared = _for_reader(text.entry(f"sheet.{name}"), bundle)
    kept = {column: declared["columns"][column] for column in chosen}
    columns = _columns(name, kept, rows, bundle)
    plain = [[words for _, words in row] for row in _written(columns, rows, bundle)]
    return text.fill(declared["caption"], {}, name), columns, plain


def plain(frame: pd.DataFrame, bundle: Bundle, caption: str = "") -> Shown:
    """Show a frame of one's own in the kit's style: its columns by their own names, its values by their types.

    This is how an analyst adds a table to a notebook; it stands in a customer's edition too, without the columns that
    are empty there.
    """
    caption = caption or text.t("show.plain")
    rows = frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
    if audience(bundle) == "customer":
        rows = rows.loc[:, ~rows.isna().all().to_numpy()]
    names = [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in rows.columns]
    kinds = [_kind(rows.iloc[:, number]) for number in range(len(names))]
    columns = {
        str(number): {**kind, "sv": name, "en": name}
        for number, (name, kind) in enumerate(zip(names, kinds, strict=True))
    }
    if rows.empty or not columns:
        return what_to_add(text.t("show.plain_empty", caption=caption), bundle)
    written = _written(columns, rows.set_axis([*columns], axis=1), bundle)
    note = dated(bundle, text.t("show.capped", count=CAP, total=len(rows)) if len(rows) > CAP else "")
    body = f"{cells.folded(caption, columns, written, FIRST)}{page.note(note)}"
    return Shown(framed(body, "kam-sheet"), cells.plain(caption, columns, written, note), titles=(caption,))


def _kind(values: pd.Series) -> dict[str, str]:
    """Return how a column without a declaration is written: by its type."""
    if pd.api.types.is_bool_dtype(values):
        return {"kind": "flag"}
    if pd.api.types.is_datetime64_any_dtype(values):
        return {"kind": "date"}
    if not pd.api.types.is_numeric_dtype(values):
        return {"kind": "text"}
    is_whole = bool((values.dropna() % 1 == 0).all())
    return {"kind": "integer"} if is_whole else {"kind": "number", "digits": "2"}


def _for_reader(declared: Words, bundle: Bundle) -> Words:
    """The declaration in the words of the edition: what `customer:` says wins in the customer's.

    Our note on sources and limits is no answer to a customer: there only a note of that edition's own stands.
    """
    if audience(bundle) == "internal":
        return declared
    own: Words = declared.get("customer", {})
    heads = own.get("columns", {})
    columns = {name: {**words, **heads.get(name, {})} for name, words in declared["columns"].items()}
    ours = {part: words for part, words in declared.items() if part != "note"}
    return {**ours, **own, "columns": columns}


def together(*parts: Shown) -> Shown:
    """Show parts below each other as one: a table and what it says in words."""
    seen = [part for part in parts if part.html]
    if not seen:
        return NOTHING
    html, plain = "".join(part.html for part in seen), "\n\n".join(part.plain for part in seen)
    titles = tuple(title for part in seen for title in part.titles)
    keys = tuple(key for part in seen for key in part.keys)
    figures = tuple(figure for part in seen for figure in part.figures)
    return Shown(html, plain, titles=titles, keys=keys, figures=figures)


def _columns(name: str, declared: Mapping[str, Words], rows: Rows, bundle: Bundle) -> dict[str, Words]:
    for column, words in declared.items():
        if words["kind"] not in cells.WRITERS:
            known = ", ".join(sorted(cells.WRITERS))
            raise text.CatalogueError(f"sheet.{name}.{column}: kind {words['kind']!r} is none of {known}")
    if not len(rows):
        return dict(declared)
    lacking = [column for column in declared if not _has(rows, column)]
    if lacking:
        raise text.CatalogueError(f"sheet.{name}: the rows have no column {lacking}")
    if audience(bundle) == "internal":
        return dict(declared)
    # What a customer may not see is empty at the door already; an empty column would only ask what it held.
    return {column: words for column, words in declared.items() if not _is_empty(rows, column)}


def _has(rows: Rows, column: str) -> bool:
    return column in rows.columns if isinstance(rows, pd.DataFrame) else hasattr(rows[0], column)


def _is_empty(rows: Rows, column: str) -> bool:
    if isinstance(rows, pd.DataFrame):
        return bool(rows[column].isna().all())
    return all(cells.is_nothing(getattr(row, column)) for row in rows)


def _records(rows: Rows, columns: Iterable[str]) -> Iterable[Sequence[Any]]:
    if isinstance(rows, pd.DataFrame):
        return rows[list(columns)].head(CAP).astype(object).itertuples(index=False, name=None)
    return [[getattr(row, column) for column in columns] for row in rows[:CAP]]


def _what_to_add(name: str, declared: Words, values: Words, bundle: Bundle) -> Shown:
    if "calm" in declared and audience(bundle) == "internal":  # nothing to see is good news here, not a gap
        told = text.fill(declared["calm"], values, name)
        return Shown(framed(f"<p>{escape(told)}</p>", "kam-calm"), told)
    if "empty" not in declared:
        return NOTHING
    return what_to_add(text.fill(declared["empty"], values, name), bundle)


def what_to_add(sentence: str, bundle: Bundle) -> Shown:
    """Show what to add where there is nothing to see; nothing at all in the customer's edition."""
    if audience(bundle) == "customer":
        return NOTHING
    html = framed(f"<p>{escape(sentence)}</p>", "kam-empty")
    return Shown(html, sentence, "empty", titles=(sentence.partition(".")[0],))


def numbers(name: str, rows: Rows, bundle: Bundle) -> str:
    """Return the HTML of the numbers behind a figure, declared as `sheet.<name>`; its caption is heard, not seen."""
    declared = _for_reader(text.entry(f"sheet.{name}"), bundle)
    columns = _columns(name, declared["columns"], rows, bundle)
    written = _written(columns, rows[:BEHIND], bundle)
    caption = text.fill(declared["caption"], {}, name)
    table = cells.table(caption, columns, written, hidden=True)
    if len(rows) <= BEHIND:
        return table
    left_out = escape(text.t("show.capped", count=BEHIND, total=len(rows)))
    return f'{table}<p class="kam-note">{left_out}</p>'


def names(ids: Iterable[Any], bundle: Bundle) -> list[str]:
    """Return the names of accounts; an id where no name is known."""
    return [cells.account_name(each, bundle) for each in ids]


# --- sentences, figures, findings --------------------------------------------------------------------------


def say(key: str, **values: Any) -> Shown:
    """Show one paragraph of the catalogue; `**words**` stand out, what the values hold does not."""
    html, plain = marked(key, **values)
    paragraphs = "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", html.strip()))
    return Shown(framed(paragraphs, "kam-say"), plain, "say", figures=tuple(figures_in(values)))


def marked(key: str, **values: Any) -> tuple[str, str]:
    """Return a sentence of the catalogue as HTML, its `**words**` strong, and as plain words."""
    held = {
        name: str(value).replace("*", "\ue000") if isinstance(value, (str, Written)) else value
        for name, value in values.items()
    }
    sentence = text.t(key, **held)
    html = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(sentence))
    return html.replace("\ue000", "*"), sentence.replace("**", "").replace("\ue000", "*")


def strip(figures: Iterable[Mapping[str, Any]]) -> Shown:
    """Show headline figures side by side.

    Each figure has `label`, `value`, and may have `change` (words), `tone` (good, bad or empty) and `series`
    (numbers for a small line, oldest first).
    """
    cards = list(figures)
    if not cards:
        return NOTHING
    body = f'<dl class="kam-strip">{"".join(_card(card) for card in cards)}</dl>'
    told = [[str(card.get(part) or "") for part in ("label", "value", "change")] for card in cards]
    lines = [" ".join(parts).strip() for parts in told]
    return Shown(framed(body), "\n".join(lines), "strip", figures=tuple(figures_in(cards)))


def _card(card: Mapping[str, Any]) -> str:
    change = str(card.get("change") or "")
    arrow = {"+": "\u25b2 ", text.MINUS: "\u25bc "}.get(change[:1], "")
    tone = {"good": " kam-up", "bad": " kam-down"}.get(str(card.get("tone") or ""), "")
    told = f'<span aria-hidden="true">{arrow}</span>{escape(change)}'
    moved = f'<span class="kam-change{tone}">{told}</span>' if change else ""
    drawn = sparkline([Line(list(card.get("series", ())))])
    return (
        f'<div class="kam-card"><dt>{escape(card["label"])}</dt>'
        f'<dd><span class="kam-value">{escape(card["value"])}</span>{drawn}{moved}</dd></div>'
    )


def findings(found: Iterable[Finding], bundle: Bundle | None = None, *, limit: int = 3) -> Shown:
    """Show the most severe findings, at most `limit`, or as many as a bundle's settings say; the rest folded (P17)."""
    limit = limit if bundle is None else int(bundle.limit("tables_on_page_findings"))
    ranked = sorted(found, key=lambda finding: severity_rank(finding.severity))
    if not ranked:
        sentence = text.t("show.no_findings")
        return Shown(framed(f"<p>{escape(sentence)}</p>", "kam-say"), sentence, "findings")
    body = _finding_list(ranked[:limit])
    if len(ranked) > limit:
        label = text.t("show.all_findings", count=len(ranked))
        body += f"<details><summary>{escape(label)}</summary>{_finding_list(ranked[limit:])}</details>"
    plain = [f"{text.t('severity.' + finding.severity)}: {finding.sentence()}" for finding in ranked]
    named_in = tuple(figures_in([{**finding.place, **finding.values} for finding in ranked]))
    return Shown(framed(body), "\n".join(plain), "findings", figures=named_in)


def _finding_list(ranked: list[Finding]) -> str:
    return f'<ul class="kam-findings">{"".join(_finding(finding) for finding in ranked)}</ul>'


def _finding(finding: Finding) -> str:
    word = cells.pill(text.t(f"severity.{finding.severity}"), cells.tone(finding.severity))
    return f"<li>{word}<span>{escape(finding.sentence())}</span></li>"


# --- around the page ---------------------------------------------------------------------------------------


def masthead(bundle: Bundle, notebook: str, headline: object = "") -> Shown:
    """Show the first lines of a page: whose data, which step, which customer, as of when, and for whom.

    A `headline` (the customer and what matters there) is the page's heading; without one it is the notebook's own.

    From here on, results that a cell ends with show themselves as their sheets.
    """
    _let_results_show_themselves()
    who = bundle.name if isinstance(bundle, schema.Account) else text.t("masthead.portfolio")
    named = f"<h1>{escape(str(headline))}</h1>" if headline else f'<p class="kam-who">{escape(who)}</p>'
    sample = text.t("masthead.sample") if bundle.is_sample else ""
    whose = "" if bundle.workspace == who else bundle.workspace  # a customer's file carries their own name
    shut = audience(bundle) == "internal"
    own = [] if shut else [f"step_for_customer.{notebook}"]
    step = text.entry(*own, f"step.{notebook}")[text.language()]
    quarter = _quarter(bundle) if notebook in ("review", "portfolio") else ""
    kicker = " \u00b7 ".join(filter(None, [sample, whose, step, quarter]))
    tag = text.t("masthead.internal" if shut else "masthead.customer")
    dates = [_through(bundle), text.t("masthead.as_of", day=text.long_day(bundle.as_of))]
    meta = "".join(f"<span>{escape(part)}</span>" for part in dates)
    signed = signed_for(bundle) if isinstance(bundle, schema.Account) and not shut else ""
    body = (
        f'<p class="kam-kicker">{escape(kicker)}</p>{named}'
        f'<p class="kam-meta">{cells.pill(tag, "bad" if shut else "own")}{meta}</p>'
        f"{page.note(signed) if signed else ''}"
    )
    plain = "\n".join(filter(None, [kicker, str(headline) or who, tag, *dates, signed]))
    return Shown(framed(body, "kam-head"), plain, "masthead", style=stylesheet())


def _let_results_show_themselves() -> None:
    """Tell a running kernel how a `Result` is shown; outside a kernel there is nobody to tell."""
    loaded = sys.modules.get("IPython")
    shell = loaded.get_ipython() if loaded else None
    if shell is not None:
        shell.display_formatter.mimebundle_formatter.for_type(schema.Result, _bundle_of)


def _bundle_of(result: schema.Result[Any]) -> tuple[dict[str, str], dict[str, Any]]:
    return of(result)._repr_mimebundle_()


def of(result: schema.Result[Any]) -> Shown:
    """Show a result as the sheet that it knows."""
    return sheet(result.sheet, result, result.bundle, result.chosen, **result.values)


def signed_for(account: schema.Account) -> str:
    """Say who of us stands behind a customer's edition: the owner of the shared plan, else whoever sends it."""
    name = account.name_of(account.plan.owner_id) if account.plan else None
    values = {"customer": account.name, "day": text.long_day(account.as_of)}
    if name is None:
        return text.t("masthead.signed_by_sender", **values)
    return text.t("masthead.signed", who=name, **values)


def _quarter(bundle: Bundle) -> str:
    return text.quarter(bundle.as_of, int(bundle.limit("fiscal_year_start_month")))


def _through(bundle: Bundle) -> str:
    if bundle.facts_through is None:
        return text.t("masthead.no_revenue")
    key = "masthead.through" if audience(bundle) == "internal" else "masthead.through_for_customer"
    return text.t(key, month=text.month(bundle.facts_through))
