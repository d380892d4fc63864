"""Draw slides with text, boxes, pictures and editable tables, and return the finished file.

Text from outside is reduced to characters that a slide supports, and never becomes a link or a formula. The library
writes the current time into files. It's removed again, so the same slides give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from typing import Any, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Pt
from reportlab.pdfbase.pdfmetrics import stringWidth

from semantic.display.export.to_xlsx import seen_only
from semantic.display.paper.page import rgba
from semantic.display.tokens import LIGHT

WIDTH, HEIGHT = 960.0, 540.0
"""The width and height of a slide in points, 16:9."""

FONT = "Arial"
"""A font that every program has. Its widths are known, so that text can be measured."""

LEADING = 1.2
Align = Literal["left", "center", "right"]
_ALIGN = {"left": PP_ALIGN.LEFT, "center": PP_ALIGN.CENTER, "right": PP_ALIGN.RIGHT}
_LAYOUTS = {"Title Slide": "Title", "Title Only": "Title and content"}
_NUMBER = "{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}"
_NO_GRID = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)
LONGEST_TEXT = 4_000  # characters of one text on a slide


@dataclass(frozen=True, slots=True)
class Spot:
    """A position and size on a slide, in points."""

    left: float
    top: float
    width: float
    height: float

    @property
    def emu(self) -> tuple[Pt, Pt, Pt, Pt]:
        """The position and size in the library's own unit."""
        return Pt(self.left), Pt(self.top), Pt(self.width), Pt(self.height)


class Deck:
    """A 16:9 presentation in Samepage's colours, without the metadata of the library's template."""

    def __init__(self, title: str, moment: datetime) -> None:
        # Any: the library is only partly typed.
        self._book: Any = Presentation()
        self._book.slide_width, self._book.slide_height = Pt(WIDTH), Pt(HEIGHT)
        self._prepare()
        about = self._book.core_properties
        about.title, about.author, about.last_modified_by = plain(title)[:255], "Samepage", "Samepage"
        about.subject = about.keywords = about.comments = about.category = ""
        about.revision = 1
        about.created = about.modified = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)

    def slide(self, title: str, *, layout: Literal["Title", "Title and content"] = "Title and content") -> Slide:
        """Add a slide. `title` is also its name in outlines and for screen readers."""
        of_layout = next(one for one in self._book.slide_layouts if one.name == layout)
        made = self._book.slides.add_slide(of_layout)
        for shape in list(made.placeholders):
            if shape.placeholder_format.idx != 0:
                shape.element.getparent().remove(shape.element)
        return Slide(made, title)

    def finish(self) -> bytes:
        out = BytesIO()
        self._book.save(out)
        return _timeless(out.getvalue())

    def _prepare(self) -> None:
        """Set the library's empty presentation to 16:9 and Samepage's colours, and remove the author's metadata."""
        package = self._book.part.package
        for rels, kind in ((package._rels, "thumbnail"), (self._book.part.rels, "printerSettings")):
            for key in [key for key, rel in rels.items() if rel.reltype.endswith(kind)]:
                rels.pop(key)
        for layout in list(self._book.slide_layouts):
            if layout.name in _LAYOUTS:
                layout.name = _LAYOUTS[layout.name]
            else:
                self._book.slide_layouts.remove(layout)
        master = self._book.slide_master
        for holder in (master, *self._book.slide_layouts):
            for shape in holder.shapes:
                if shape.element.xpath("./p:spPr/a:xfrm"):
                    shape.left, shape.width = round(shape.left * 4 / 3), round(shape.width * 4 / 3)
        for style in master.element.xpath(".//p:titleStyle/a:lvl1pPr"):
            style.set("algn", "l")
            for run in style.findall(qn("a:defRPr")):
                run.set("sz", "2600")
                run.set("b", "1")
        theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
        theme._blob = _themed(theme.blob)


def _themed(blob: bytes) -> bytes:
    """Return the theme with Samepage's colours and one common font."""
    tree: Any = parse_xml(blob)
    tree.set("name", "Samepage")
    colours = {
        "dk1": LIGHT.ink, "lt1": LIGHT.page, "dk2": LIGHT.accent, "lt2": LIGHT.panel, "hlink": LIGHT.accent,
        "folHlink": LIGHT.muted, **{f"accent{place}": LIGHT.series[place - 1] for place in range(1, 7)},
    }  # fmt: skip
    for name, colour in colours.items():
        for element in tree.iter(qn(f"a:{name}")):
            for old in list(element):
                element.remove(old)
            _add(element, "a:srgbClr", val=colour[1:])
    for element in tree.iter(qn("a:latin")):
        element.set("typeface", FONT)
    return serialize_part_xml(tree)


def _add(parent: Any, tag: str, **attributes: str) -> Any:
    """Add an element to a parent element, and return the new element."""
    element: Any = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(name, value)
    parent.append(element)
    return element


def _timeless(content: bytes) -> bytes:
    """Return the archive without the times at which its parts were written."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as packed, ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name in packed.namelist():
            entry = ZipInfo(name, _ZIP_DAY)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, packed.read(name))
    return out.getvalue()


class Slide:
    """One slide, with methods that draw on it."""

    def __init__(self, made: Any, title: str) -> None:
        self.made = made
        self._title = plain(title)

    def title(self, spot: Spot, *, size: float = 26, colour: str = LIGHT.ink, least: float = 16) -> float:
        """Draw the title in its own placeholder, and return its height. If it doesn't fit, it's drawn smaller."""
        shape = self.made.shapes.title
        shape.left, shape.top, shape.width, shape.height = spot.emu
        size, lines = fitted(self._title, spot.width, spot.height, size, least=least, bold=True)
        _write(shape.text_frame, lines, size, colour, bold=True, align="left", anchor=MSO_ANCHOR.TOP)
        return LEADING * size * len(lines)

    def text(
        self, spot: Spot, text: str, *, size: float, colour: str = LIGHT.ink, bold: bool = False, align: Align = "left",
        middle: bool = False, least: float = 0,
    ) -> float:  # fmt: skip
        """Draw a text in its spot, and return the height of its lines.

        If the text doesn't fit, it's drawn smaller, down to the size `least`. If it still doesn't fit, it's cut.
        """
        shape = self.made.shapes.add_textbox(*spot.emu)
        size, lines = fitted(plain(text), spot.width, spot.height, size, least=least or size, bold=bold)
        anchor = MSO_ANCHOR.MIDDLE if middle else MSO_ANCHOR.TOP
        _write(shape.text_frame, lines, size, colour, bold=bold, align=align, anchor=anchor)
        _describe(shape, name=lines[0][:60] if lines else "Text")
        return LEADING * size * len(lines)

    def box(self, spot: Spot, *, colour: str = "", edge: str = "", name: str = "", alt: str = "") -> None:
        """Draw a rectangle. Without `alt`, it's decoration that screen readers skip."""
        shape = self.made.shapes.add_shape(MSO_SHAPE.RECTANGLE, *spot.emu)
        for style in shape.element.xpath("./p:style"):  # a theme's shadow
            shape.element.remove(style)
        if colour:
            shape.fill.solid()
            shape.fill.fore_color.rgb = rgb(colour)
        else:
            shape.fill.background()
        if edge:
            shape.line.color.rgb, shape.line.width = rgb(edge), Pt(0.75)
        else:
            shape.line.fill.background()
        _describe(shape, name=name or "Line", alt=alt)

    def picture(self, spot: Spot, png: bytes, *, alt: str) -> None:
        """Draw a picture as large as its spot allows, with its proportions unchanged."""
        shape = self.made.shapes.add_picture(BytesIO(png), Pt(spot.left), Pt(spot.top))
        scale = min(Pt(spot.width) / shape.width, Pt(spot.height) / shape.height)
        shape.width, shape.height = round(shape.width * scale), round(shape.height * scale)
        shape.left = Pt(spot.left) + round((Pt(spot.width) - shape.width) / 2)
        _describe(shape, name="Chart", alt=alt)

    def table(self, spot: Spot, table: TableOnSlide, *, alt: str) -> None:
        """Draw an editable table with a header row."""
        rows, columns = len(table.rows) + 1, len(table.heads)
        shape = self.made.shapes.add_table(rows, columns, *spot.emu)
        _describe(shape, name="Table", alt=alt)
        grid = shape.table
        style = shape.element.xpath(".//a:tableStyleId")[0]
        style.text = _NO_GRID
        grid.horz_banding = False
        for place, width in enumerate(table.widths):
            grid.columns[place].width = Pt(width)
        for row in range(rows):
            grid.rows[row].height = Pt(table.row_height if row else table.head_height)
            cells = table.heads if row == 0 else table.rows[row - 1]
            for place, cell in enumerate(cells):
                _cell(grid.cell(row, place), cell, table, is_right=place in table.right, is_head=row == 0)

    def notes(self, text: str) -> None:
        """Set the speaker notes."""
        lines = [plain(line) for line in text.split("\n")]
        self.made.notes_slide.notes_text_frame.text = "\n".join(lines)

    def foot(self, text: str) -> None:
        """Draw the footer with the slide's number, which stays correct if slides are moved."""
        self.text(Spot(40, 512, 780, 14), text, size=9, colour=LIGHT.muted)
        shape = self.made.shapes.add_textbox(*Spot(860, 512, 60, 14).emu)
        _write(shape.text_frame, [""], 9, LIGHT.muted, bold=False, align="right", anchor=MSO_ANCHOR.TOP)
        paragraph = shape.text_frame.paragraphs[0]._p
        for run in paragraph.findall(qn("a:r")):
            paragraph.remove(run)
        field = _add(paragraph, "a:fld", id=_NUMBER, type="slidenum")
        look = _add(field, "a:rPr", lang="en-GB", sz="900")
        _add(_add(look, "a:solidFill"), "a:srgbClr", val=LIGHT.muted[1:])
        _add(field, "a:t").text = "#"
        _describe(shape, name="Slide number")


# Text


def plain(text: str) -> str:
    """Return the visible characters of the text on one line.

    With invisible characters, no program could open the file.
    """
    return seen_only(text)[:LONGEST_TEXT]


def rgb(colour: str) -> RGBColor:
    red, green, blue, _ = rgba(colour)
    return RGBColor(round(255 * red), round(255 * green), round(255 * blue))


@lru_cache(maxsize=4_000)
def _letter(letter: str, bold: bool) -> float:
    """Return the width of a letter at size 1. If the font may not have the letter, it's the maximum width."""
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return 1.0
    return stringWidth(letter, "Helvetica-Bold" if bold else "Helvetica", 1)


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text on one line, in points."""
    return size * sum(_letter(letter, bold) for letter in text)


def cut_to(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Return the text. If it's wider than `width`, it's cut and ends with an ellipsis."""
    if width_of(text, size, bold=bold) <= width:
        return text
    room, cut = width - width_of("\N{HORIZONTAL ELLIPSIS}", size, bold=bold), ""
    for letter in text:
        room -= size * _letter(letter, bold)
        if room < 0:
            break
        cut += letter
    return f"{cut.rstrip()}\N{HORIZONTAL ELLIPSIS}"


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Return the text in lines that fit the width. A word that is wider than a line is broken."""
    lines, line = list[str](), ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, bold=bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while width_of(word, size, bold=bold) > width and len(word) > 1:
            part = max(1, len(cut_to(word, width, size, bold=bold)) - 1)
            lines.append(word[:part])
            word = word[part:]
        line = word
    return [*lines, line]


def fitted(
    text: str, width: float, height: float, size: float, *, least: float, bold: bool = False
) -> tuple[float, list[str]]:
    """Return the largest size, down to `least`, at which the text fits, and the lines at that size.

    If no size fits, the last line is cut.
    """
    # A little less than the whole width, because programs measure text differently.
    room = 0.97 * width
    while True:
        lines = wrapped(text, room, size, bold=bold)
        most = max(1, int(height / (LEADING * size) + 0.05))
        if len(lines) <= most:
            return size, lines
        if size - 1 < least:
            break
        size -= 1
    last = cut_to(" ".join(lines[most - 1 :]), room, size, bold=bold)
    return size, [*lines[: most - 1], last]


def _write(
    frame: Any, lines: Sequence[str], size: float, colour: str, *, bold: bool, align: Align, anchor: Any
) -> None:
    """Set the text of a frame as one paragraph. When someone edits the text, the program wraps its lines itself."""
    frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, anchor
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    paragraph = frame.paragraphs[0]
    paragraph.alignment, paragraph.line_spacing, paragraph.space_before = _ALIGN[align], 1.0, Pt(0)
    run = paragraph.add_run()
    run.text = " ".join(lines)
    run.font.size, run.font.bold, run.font.name, run.font.color.rgb = Pt(size), bold, FONT, rgb(colour)


def _describe(shape: Any, *, name: str, alt: str = "") -> None:
    """Set the name of a shape and its description for screen readers."""
    about = shape.element.xpath("./*[1]/p:cNvPr")[0]
    about.set("name", plain(name) or "Shape")
    if alt:
        about.set("descr", plain(alt))


# Tables


@dataclass(frozen=True, slots=True)
class CellOnSlide:
    """A table cell. If `colour` is "", its text has the usual colour."""

    text: str
    colour: str = ""
    bold: bool = False
    tint: str = ""


@dataclass(frozen=True, slots=True)
class TableOnSlide:
    """A table whose cells fit in their columns. `right` lists the columns that are aligned to the right."""

    heads: tuple[CellOnSlide, ...]
    rows: tuple[tuple[CellOnSlide, ...], ...]
    widths: tuple[float, ...]
    right: frozenset[int]
    size: float

    @property
    def row_height(self) -> float:
        return 2.0 * self.size

    @property
    def head_height(self) -> float:
        """The height of the header. It has two lines if at least one column's header needs them."""
        return (3.2 if any("\n" in cell.text for cell in self.heads) else 2.0) * self.size

    @property
    def height(self) -> float:
        return self.head_height + self.row_height * len(self.rows)


def _cell(cell: Any, about: CellOnSlide, table: TableOnSlide, *, is_right: bool, is_head: bool) -> None:
    cell.margin_left = cell.margin_right = Pt(6)
    cell.margin_top = cell.margin_bottom = Pt(1)
    tint = LIGHT.panel if is_head else about.tint
    if tint:
        cell.fill.solid()
        cell.fill.fore_color.rgb = rgb(tint)
    else:
        cell.fill.background()
    frame = cell.text_frame
    frame.word_wrap = False
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if is_right else PP_ALIGN.LEFT
    colour = LIGHT.muted if is_head else about.colour or LIGHT.ink
    for place, line in enumerate(about.text.split("\n")):
        if place:
            paragraph.add_line_break()
        run = paragraph.add_run()
        run.text = line
        run.font.size, run.font.bold, run.font.name = Pt(table.size), is_head or about.bold, FONT
        run.font.color.rgb = rgb(colour)
    properties = cell._tc.get_or_add_tcPr()
    edge: Any = OxmlElement("a:lnB")
    edge.set("w", "6350")
    _add(_add(edge, "a:solidFill"), "a:srgbClr", val=LIGHT.line[1:])
    properties.insert(0, edge)
