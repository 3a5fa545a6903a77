"""Slides that somebody goes on editing: real titles, native tables and charts, alternative texts, one language.

The only room that knows python-pptx (the extra `pptx`). A company's own template keeps its design: nothing here
names a typeface, and what is written stands below the template's title. The same input gives the same bytes.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.text import PP_ALIGN
from pptx.oxml import parse_xml
from pptx.util import Inches, Pt

from kamlib.show.page import COLOURS

_LANGUAGES = {"sv": MSO_LANGUAGE_ID.SWEDISH, "en": MSO_LANGUAGE_ID.ENGLISH_UK}
_PLAIN_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # PowerPoint's own style without ground and grid
#: What tells of the machine and the people that a template was made by; its design has no need of it.
_NOT_OURS = (
    "thumbnail", "printerSettings", "extended-properties", "custom-properties", "customXml", "tags",
    "Authors", "authors", "comments", "changesInfo", "revisionInfo", "slideUpdateInfo",
)  # fmt: skip
#: Properties of a deck that name people or are filled in by them.
_ABOUT_PEOPLE = (
    "author", "last_modified_by", "subject", "keywords", "comments", "category", "identifier", "content_status",
    "version", "language",
)  # fmt: skip
_LINE, _PAD, _LETTERS_PER_INCH = Inches(0.24), Inches(0.16), 10.5  # of words of 14 points


@dataclass(frozen=True)
class TextStyle:
    """How words are set: points, colour, weight, to the right or not."""

    size: float = 12
    colour: str = "ink"
    bold: bool = False
    right: bool = False


@dataclass(frozen=True)
class Area:
    """Where a slide's content stands, in EMU."""

    left: int
    top: int
    width: int
    bottom: int


class Deck:
    """A deck in one language, in a template's design or in our own (16:9, Arial)."""

    def __init__(self, template: Path | None, lang: str) -> None:
        self._file = _emptied(Presentation(str(template))) if template else _own()
        self._layout = title_only(self._file)
        self._language = _LANGUAGES[lang]

    def slide(self, title: str, foot: str) -> Slide:
        """Add a slide with a title and a line at its foot."""
        made = Slide(self._file.slides.add_slide(self._layout), self._language, int(self._file.slide_height))
        made.head(title, foot)
        return made

    def saved(self, title: str, day: date) -> bytes:
        """Return the file; its properties tell the title and the day of the data, nobody's name and no clock."""
        about, at = self._file.core_properties, datetime(day.year, day.month, day.day)  # noqa: DTZ001 - as OPC has it
        for name in _ABOUT_PEOPLE:
            setattr(about, name, "")
        about.title, about.created, about.modified, about.revision = _xml(title), at, at, 1
        written = io.BytesIO()
        self._file.save(written)
        return _settled(written.getvalue(), day)


class Slide:
    """One slide: content is put below its title."""

    def __init__(self, slide: Any, language: MSO_LANGUAGE_ID, height: int) -> None:
        self._slide, self._language = slide, language
        title = slide.shapes.title
        top = title.top + title.height + Inches(0.1)
        self.area = Area(title.left, top, title.width, height - Inches(0.75))

    def head(self, title: str, foot: str) -> None:
        """Write the title into the layout's own placeholder, and the foot."""
        self._slide.shapes.title.text_frame.text = _xml(title)
        for run in self._slide.shapes.title.text_frame.paragraphs[0].runs:
            run.font.language_id = self._language
        low = self.area.bottom
        at_the_foot = replace(self.area, top=low + Inches(0.1), bottom=low + Inches(0.45))
        self.words(at_the_foot, [(foot, TextStyle(10, "muted"))])

    def words(self, area: Area, lines: Iterable[tuple[str, TextStyle]], *, ground: str = "") -> None:
        """Write lines into a box."""
        box = self._slide.shapes.add_textbox(area.left, area.top, area.width, area.bottom - area.top)
        if ground:
            _filled(box, ground)
        box.text_frame.word_wrap = True
        self._write(box.text_frame, lines)

    def _write(self, frame: Any, lines: Iterable[tuple[str, TextStyle]]) -> None:
        for n, (words, style) in enumerate(lines):
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.RIGHT if style.right else PP_ALIGN.LEFT
            run = paragraph.add_run()
            run.text, run.font.language_id = _xml(words), self._language
            run.font.size, run.font.bold = Pt(style.size), style.bold
            run.font.color.rgb = _rgb(style.colour)

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], description: str
    ) -> int:
        """Add a native table of as many rows as there is room for; return how many that were."""
        area = self.area
        widths = _widths(heads, rows, area.width)
        heights = [_height(row, widths) for row in [heads, *rows]]
        fits = [n for n in range(len(rows) + 1) if sum(heights[: n + 1]) <= area.bottom - area.top]
        shown = max(fits, default=0)
        box = (area.left, area.top, area.width, sum(heights[: shown + 1]))
        frame = self._slide.shapes.add_table(shown + 1, len(heads), *box)
        frame.element.xpath(".//a:tableStyleId")[0].text = _PLAIN_TABLE
        _described(frame, description)
        table = frame.table
        table.horz_banding = False
        for n, width in enumerate(widths):
            table.columns[n].width = width
        for n, row in enumerate([heads, *rows[:shown]]):
            table.rows[n].height = heights[n]
            for cell, words, to_the_right in zip(table.rows[n].cells, row, right, strict=True):
                style = TextStyle(14 if n else 12, "ink" if n else "muted", not n, to_the_right)
                self._cell(cell, words, style)
        return shown

    def _cell(self, cell: Any, words: str, style: TextStyle) -> None:
        cell.margin_left = cell.margin_right = Inches(0.1)
        cell.margin_top = cell.margin_bottom = _PAD // 2
        self._write(cell.text_frame, [(words, style)])
        colour = COLOURS["ink" if style.bold else "line"][1:]
        line = '<a:lnB xmlns:a="{0}" w="{1}"><a:solidFill><a:srgbClr val="{2}"/></a:solidFill></a:lnB>'
        drawn = parse_xml(line.format(_A, 15875 if style.bold else 9525, colour))
        cell._tc.get_or_add_tcPr().insert(0, drawn)  # noqa: SLF001

    def lead(self, words: str) -> None:
        """Write a line right below the title; what comes after stands below it."""
        area = self.area
        self.words(replace(area, bottom=area.top + Inches(0.35)), [(words, TextStyle(13, "muted"))])
        self.area = replace(area, top=area.top + Inches(0.4))

    def below(self, words: str) -> None:
        """Write a line between the content and the foot."""
        area = self.area
        self.words(replace(area, top=area.bottom - Inches(0.2)), [(words, TextStyle(12, "muted"))])

    def picture(self, png: bytes, description: str) -> None:
        """Add a picture as large as the content's area takes."""
        area = self.area
        added = self._slide.shapes.add_picture(io.BytesIO(png), area.left, area.top)
        scale = min(area.width / added.width, (area.bottom - area.top) / added.height)
        added.width, added.height = int(added.width * scale), int(added.height * scale)
        _described(added, description)

    def bridge(
        self,
        names: Sequence[str],
        series: Mapping[str, tuple[str, Sequence[float | None]]],
        *,
        ends: tuple[float, float],
        description: str,
    ) -> None:
        """Add native stacked columns; `series` are number format and values, and the first carries the others unseen."""
        floor, ceiling = ends
        held = CategoryChartData()
        held.categories = [_xml(name) for name in names]
        for name, (number, values) in series.items():
            held.add_series(name, values, number)
        area = self.area
        box = (area.left, area.top, area.width, area.bottom - area.top)
        frame = self._slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_STACKED, *box, held)
        _described(frame, description)
        chart = frame.chart
        chart.has_legend = chart.has_title = False
        chart.font.size, chart.font.color.rgb = Pt(12), _rgb("ink")
        axis, names_axis, plot = chart.value_axis, chart.category_axis, chart.plots[0]
        axis.visible = axis.has_major_gridlines = False
        axis.minimum_scale, axis.maximum_scale = floor, ceiling
        names_axis.major_tick_mark = XL_TICK_MARK.NONE
        names_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        names_axis.tick_labels.font.size = Pt(12)
        names_axis._element.xpath("./c:txPr/a:bodyPr")[0].set("rot", "0")  # noqa: SLF001 - broken, never slanted
        plot.gap_width, plot.overlap = 45, 100
        plot.series[0].format.fill.background()
        for line, tone in zip(list(plot.series)[1:], _TONES, strict=True):
            line.format.fill.solid()
            line.format.fill.fore_color.rgb = _rgb(tone)
            line.data_labels._element.append(parse_xml(_NO_LINES))  # noqa: SLF001
            for n, value in enumerate(line.values):
                if value is not None:
                    high = value / (ceiling - floor) if tone != _SUM else 0.0
                    _above(line.points[n].data_label, high, tone)


_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_C15 = "http://schemas.microsoft.com/office/drawing/2012/chart"
#: A label above its column needs no line to it.
_NO_LINES = (
    f'<c:extLst xmlns:c="{_C}" xmlns:c15="{_C15}"><c:ext uri="{{CE6537A1-D6FC-4f65-9D91-7224C49458BB}}">'
    '<c15:showLeaderLines val="0"/></c:ext></c:extLst>'
)
_SUM = "accent"
_TONES = ("good", "bad", _SUM)
_PLOT = 0.8  # about the part of a chart's height that its columns have; the names below take the rest


def _above(label: Any, high: float, tone: str) -> None:
    """Put a column's own value above it (`high` is its part of the axis), a sum's into it: thin columns hide none."""
    label.position = XL_LABEL_POSITION.CENTER if high else XL_LABEL_POSITION.INSIDE_END
    label.font.size, label.font.bold = Pt(13), True
    label.font.color.rgb = _rgb(tone if high else "paper")
    if high:
        place = f'<c:layout xmlns:c="{_C}"><c:manualLayout><c:x val="0"/><c:y val="{-_PLOT * high / 2 - 0.035:.4f}"/>'
        label._dLbl.insert(1, parse_xml(f"{place}</c:manualLayout></c:layout>"))  # noqa: SLF001


_A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def _xml(words: str) -> str:
    """Leave out what XML has no place for: control characters and halves of characters."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", words)


def _rgb(name: str) -> Any:
    return RGBColor.from_string(COLOURS[name][1:])


def _filled(shape: Any, ground: str) -> None:
    shape.fill.solid()
    shape.fill.fore_color.rgb = _rgb(ground)


def _described(shape: Any, description: str) -> None:
    shape.element.xpath(".//p:cNvPr")[0].set("descr", _xml(description))  # python-pptx has no call for it


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]], whole: int) -> list[int]:
    """Share the width by the longest words of each column, within bounds; a word or a date is not broken."""
    columns = list(zip(heads, *rows, strict=True))
    words = [max(len(word) for cell in column for word in cell.split(" ")) for column in columns]
    pairs = zip(columns, words, strict=True)
    parts = [max(min(max(map(len, column)), 36), word, 6) + 4 for column, word in pairs]
    return [int(whole * part / sum(parts)) for part in parts]


def _height(row: Sequence[str], widths: Sequence[int]) -> int:
    pairs = zip(row, widths, strict=True)
    lines = [len(words) * 914_400 / (width * _LETTERS_PER_INCH) for words, width in pairs]
    return max(math.ceil(each) or 1 for each in lines) * _LINE + _PAD


# --- the file ----------------------------------------------------------------------------------------------


def title_only(file: Any) -> Any:
    """Return the layout with a title and nothing else to fill in, else the first with a title; None without one."""
    pairs = [(each, {p.placeholder_format.type for p in each.placeholders}) for each in file.slide_layouts]
    titled = [each for each, held in pairs if held & {1, 3}]
    bare = [each for each in titled if each.element.get("type") == "titleOnly"]
    return next(iter([*bare, *titled]), None)


def _emptied(file: Any) -> Any:
    """Take the template's example slides away, and what points at them."""
    listed = file.slides._sldIdLst  # noqa: SLF001 - python-pptx has no call that removes a slide
    for each in list(listed):
        file.part.drop_rel(each.rId)
        listed.remove(each)
    for left in file.element.xpath("./p:extLst | ./p:custShowLst"):
        file.element.remove(left)
    return _bare(file)


def _bare(file: Any) -> Any:
    """Leave out what tells of the machine and the people that the template was made by."""
    masters = list(file.slide_masters)
    layouts = [layout for master in masters for layout in master.slide_layouts]
    parts = [file.part, *(each.part for each in (*masters, *layouts))]
    for relations in (file.part.package._rels, *(part.rels for part in parts)):  # noqa: SLF001
        for key in [key for key, each in relations.items() if each.reltype.endswith(_NOT_OURS)]:
            relations.pop(key)
    for part in parts:
        for held in part._element.xpath(".//p:custDataLst"):  # noqa: SLF001 - it points at what is gone
            held.getparent().remove(held)
    return file


def _own() -> Any:
    """Return our own design: python-pptx's empty deck widened to 16:9, in Arial, its titles to the left."""
    file = _bare(Presentation())
    file.slide_width, file.slide_height = Inches(40 / 3), Inches(7.5)
    master = file.slide_master
    for holder in (master, *file.slide_layouts):
        for shape in holder.placeholders:
            if shape.element.xpath(".//a:xfrm"):
                shape.left, shape.width = shape.left * 4 // 3, shape.width * 4 // 3
    style = "./p:txStyles/p:titleStyle/a:lvl1pPr"
    master.element.xpath(style)[0].set("algn", "l")
    master.element.xpath(f"{style}/a:defRPr")[0].attrib.update({"sz": "2400", "b": "1"})
    title = next(shape for shape in master.placeholders if shape.placeholder_format.type == 1)
    title.left, title.top, title.width, title.height = Inches(0.6), Inches(0.4), Inches(12.1), Inches(0.95)
    theme = next(each.target_part for each in master.part.rels.values() if each.reltype.endswith("/theme"))
    theme._blob = re.sub(rb'<a:latin typeface="Calibri[^"]*"', b'<a:latin typeface="Arial"', theme.blob)  # noqa: SLF001
    return file


def _settled(made: bytes, day: date) -> bytes:
    """Return the archive, and each workbook in it, without the time at which it was packed."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(made)) as parts,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as settled,
    ):
        for name in parts.namelist():
            content = parts.read(name)
            if name.endswith(".xlsx"):
                content = _settled(content, day)
            elif name == "docProps/core.xml":
                moment = f"{day.isoformat()}T00:00:00Z".encode()
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z", moment, content)
            settled.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
