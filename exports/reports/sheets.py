"""A report as workbook and as CSV: the same tables, with notes; text from outside is never a formula."""

from __future__ import annotations

import csv
import io
from datetime import datetime, time
from typing import Any

from exports.reports.content import Note, Number, Report, Table
from exports.reports.words import NO_BREAK, text
from lmi.core.inert import inert

#: characters a cell of a workbook can hold, and a sheet's name
_CELL, _SHEET = 32_767, 31
BOM = "﻿"


class TooLong(ValueError):
    """A text does not fit into a cell of a workbook; the message names the table."""


def workbook(report: Report) -> bytes:
    """XLSX: one sheet per table with typed cells and a frozen heading, one with headlines and notes."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                     "strings_to_numbers": False})  # fmt: skip
    book.set_properties({"title": report.title, "comments": f"{report.as_of} {report.release_id}",
                         "created": datetime.combine(report.as_of, time())})  # fmt: skip
    bold, wrapped = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"text_wrap": True})
    _notes(book.add_worksheet(text("notes", report.lang)), report, bold, wrapped)
    formats: dict[str, Any] = {}
    for table in report.tables:
        _sheet(book, book.add_worksheet(table.name[:_SHEET]), table, bold, formats)
    book.close()
    return out.getvalue()


def _notes(sheet: Any, report: Report, bold: Any, wrapped: Any) -> None:
    sheet.set_column(0, 0, 110)
    lines: list[tuple[str, Any]] = [(report.title, bold), (report.subtitle, wrapped)]
    lines.append(
        (f"{text('as_of', report.lang)} {report.as_of} · {text('release', report.lang)} {report.release_id}", wrapped)
    )
    for block in report.blocks:
        lines.append((block.title, bold))
        lines += [(f"{text('stale_label', report.lang)}: {said}", wrapped) for said in block.stale]
        for part in block.parts:
            if isinstance(part, Note):
                lines += [(paragraph, wrapped) for paragraph in part.paragraphs]
            elif hasattr(part, "sentences"):
                lines += [(sentence.text, wrapped) for sentence in part.sentences]
    for row, (line, form) in enumerate(lines):
        _text(sheet, row, 0, line, form, report.name)


def _sheet(book: Any, sheet: Any, table: Table, bold: Any, formats: dict[str, Any]) -> None:
    _text(sheet, 0, 0, table.caption, bold, table.name)
    for column, head in enumerate(table.columns):
        _text(sheet, 1, column, head, bold, table.name)
    sheet.freeze_panes(2, 1)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, max(1, len(table.columns) - 1), 14)
    for row, cells in enumerate(table.rows, start=2):
        for column, cell in enumerate(cells):
            if not isinstance(cell, Number):
                _text(sheet, row, column, cell, None, table.name)
            elif cell.rounded is None:
                sheet.write_blank(row, column, None)
            else:
                shape = _shape(cell)
                form = formats.setdefault(shape, book.add_format({"num_format": shape}))
                sheet.write_number(row, column, float(cell.rounded), form)


def _shape(cell: Number) -> str:
    plain = "#,##0" + ("." + "0" * cell.digits if cell.digits > 0 else "")
    marked = f'{plain}"{cell.mark}"' if cell.mark else plain
    return f"+{marked};-{marked};{marked}" if cell.signed else marked


def _text(sheet: Any, row: int, column: int, value: str, form: Any, name: str) -> None:
    if len(value) > _CELL or sheet.write_string(row, column, value.replace(NO_BREAK, " "), form) < 0:
        raise TooLong(f"A text of {name} has {len(value)} characters; a cell holds {_CELL}.")


def long_csv(report: Report, *, bom: bool = False) -> bytes:
    """CSV (RFC 4180, UTF-8), one line per cell: table, row, column, figure, mark and where the figure stands. ``bom``
    helps spreadsheets that do not know UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("as_of", "release_id", "table", "row_no", "row", "column", "value", "mark", "figure_id"))
    for table in report.tables:
        for row_no, (head, *cells) in enumerate(table.rows, start=1):
            for column, cell in zip(table.columns[1:], cells, strict=True):
                row = head.shown if isinstance(head, Number) else head
                told = (cell.published, cell.mark, cell.id) if isinstance(cell, Number) else (inert(cell), "", "")
                place = (
                    report.as_of,
                    report.release_id,
                    table.name,
                    row_no,
                    inert(row.replace(NO_BREAK, " ")),
                    inert(column),
                )
                writer.writerow((*place, *told))
    return ((BOM if bom else "") + out.getvalue()).encode()
