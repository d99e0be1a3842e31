"""What a refusal says, in Korean and English: one table for row rules, one for refusals of a whole load."""

from __future__ import annotations

from typing import Any

from ingest.registry import Column

#: row rule -> (Korean, English); ``label`` is the column's label, the rest comes from the contract
ROW_RULES: dict[str, tuple[str, str]] = {
    "row_shape": (
        "행을 열로 나눌 수 없습니다: {reason}",
        "The row cannot be cut into columns: {reason}",
    ),
    "key": (
        "{label}: 레코드를 구별하는 값인데 비어 있습니다.",
        "{label}: is empty, but it identifies the record.",
    ),
    "required": (
        "{label}: 필수 값이 비어 있습니다.",
        "{label}: is empty, but the contract requires it.",
    ),
    "cast": (
        "{label}: 값을 {type_ko}(으)로 읽을 수 없습니다{formats}.",
        "{label}: cannot be read as {type_en}{formats}.",
    ),
    "values": (
        "{label}: 허용되지 않은 값입니다. 허용 값: {values}.",
        "{label}: is none of the allowed values: {values}.",
    ),
    "pattern": (
        "{label}: 정해진 형식({pattern})이 아닙니다.",
        "{label}: does not have the agreed form ({pattern}).",
    ),
    "minimum": (
        "{label}: 최솟값 {minimum}보다 작습니다.",
        "{label}: is below the minimum {minimum}.",
    ),
    "maximum": (
        "{label}: 최댓값 {maximum}보다 큽니다.",
        "{label}: is above the maximum {maximum}.",
    ),
    "resident_no_format": (
        "{label}: 유효한 주민등록번호(13자리, 실제 날짜)가 아닙니다. 값은 저장하지 않았습니다.",
        "{label}: is no valid resident number (13 digits, a real date). The value was not stored.",
    ),
    "phone_format": (
        "{label}: 전화번호로 읽을 수 없어 토큰을 만들지 않았습니다.",
        "{label}: cannot be read as a telephone number, so no token was made.",
    ),
    "email_format": (
        "{label}: 전자우편 주소로 읽을 수 없어 토큰을 만들지 않았습니다.",
        "{label}: cannot be read as an e-mail address, so no token was made.",
    ),
}

_TYPES = {
    "integer": ("정수", "a whole number"),
    "number": ("숫자", "a number"),
    "boolean": ("예/아니요", "yes or no"),
    "date": ("날짜", "a date"),
    "timestamp": ("시각", "a time"),
    "json": ("JSON", "JSON"),
    "string": ("문자", "text"),
}

#: refusal of a whole load -> (Korean, English)
LOAD_RULES: dict[str, tuple[str, str]] = {
    "column_missing": (
        "계약의 열이 오지 않았습니다: {columns}.{renamed_ko} 제공기관에 확인하거나 계약을 고친 뒤 replay 하십시오.",
        "Columns of the contract did not come: {columns}.{renamed_en} Ask the provider, or mend the contract and"
        " replay.",
    ),
    "column_new": (
        "계약에 없는 열이 왔습니다: {columns}. 계약에 추가하거나 new_columns: warn 으로 바꾼 뒤 replay 하십시오.",
        "Columns came that the contract does not know: {columns}. Add them to the contract, or set new_columns: warn,"
        " and replay.",
    ),
    "column_retyped": (
        "열의 값 대부분을 계약의 형식으로 읽을 수 없습니다: {columns}. 제공기관이 형식을 바꾼 것으로 보입니다.",
        "Most values of these columns cannot be read as the contract says: {columns}. The provider seems to have"
        " changed the format.",
    ),
    "control_total": (
        "제공기관의 합계와 다릅니다: {differences}. 전송 누락이 의심되니 다시 받으십시오.",
        "Differs from the provider's control total: {differences}. Something was lost on the way; have it sent again.",
    ),
    "volume": (
        "평소 분량과 크게 다릅니다: {rows}행, 최근 중앙값 {median}행(허용 {low}~{high}행)."
        " 사실이면 volume 확인을 면제하여 replay 하십시오.",
        "Far from the usual size: {rows} rows, recent median {median} (allowed {low} to {high}). If it is true, replay"
        " with the volume check waived.",
    ),
    "empty": (
        "빈 전달입니다. 이 자료원은 비어 있을 수 없습니다.",
        "The delivery is empty, which this source must never be.",
    ),
}


def row_message(rule: str, column: Column | None, reason: str = "") -> tuple[str, str]:
    """(Korean, English) for one rule of one column; holds contract text and labels, never a value."""
    ko, en = ROW_RULES[rule]
    if column is None:
        return ko.format(reason=reason), en.format(reason=reason)
    type_ko, type_en = _TYPES[column.logical_type]
    facts: dict[str, Any] = {
        "type_ko": type_ko,
        "type_en": type_en,
        "formats": f" ({', '.join(column.formats)})" if column.formats else "",
        "values": ", ".join(column.values),
        "pattern": column.pattern,
        "minimum": _plain(column.minimum),
        "maximum": _plain(column.maximum),
    }
    return ko.format(label=column.ko, **facts), en.format(label=column.en, **facts)


def load_message(code: str, **facts: Any) -> dict[str, str]:
    """Reason of a refused load: {code, ko, en}."""
    ko, en = LOAD_RULES[code]
    return {"code": code, "ko": ko.format(**facts), "en": en.format(**facts)}


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
