"""Words of the desk in Korean and English: one key, both languages. Rule texts come from the rules, not from here."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache

from validation.vetting.rules import TABLES_DIR
from validation.vetting.wording import WORDS as RULE_WORDS

#: interface, by key
WORDS: dict[str, dict[str, str]] = {
    "desk": {"ko": "구인 심사 데스크", "en": "Vacancy review desk"},
    "queue": {"ko": "대기열", "en": "Queue"},
    "decided": {"ko": "처리 내역", "en": "Decided"},
    "sign_in": {"ko": "로그인", "en": "Sign in"},
    "sign_out": {"ko": "로그아웃", "en": "Sign out"},
    "token": {"ko": "심사자 토큰", "en": "Reviewer token"},
    "token_help": {
        "ko": "관리자가 한 번만 알려 드린 토큰을 붙여 넣으십시오. 잃어버렸으면 새로 받아야 합니다.",
        "en": "Paste the token your administrator gave you once. If it is lost, ask for a new one.",
    },
    "session_help": {
        "ko": "들어온 뒤 {hours}시간이 지나면 다시 들어와야 합니다. 저장하지 않은 글은 남지 않습니다.",
        "en": "You stay signed in for {hours} hours; what you have not saved by then is lost.",
    },
    "token_wrong": {
        "ko": "이 토큰으로는 들어올 수 없습니다. 전체를 복사했는지 확인하거나 관리자에게 새 토큰을 요청하십시오.",
        "en": "This token does not open the desk. Check that you copied all of it, or ask for a new one.",
    },
    "language": {"ko": "English", "en": "한국어"},
    "skip": {"ko": "본문으로 건너뛰기", "en": "Skip to content"},
    "waiting": {"ko": "대기", "en": "waiting"},
    "unclaimed": {"ko": "미배정", "en": "unclaimed"},
    "mine": {"ko": "내 작업", "en": "mine"},
    "others": {"ko": "다른 심사자", "en": "with others"},
    "all": {"ko": "전체", "en": "all"},
    "owner": {"ko": "담당", "en": "Claim"},
    "decided_today": {"ko": "오늘 처리", "en": "decided today"},
    "reviewers": {"ko": "심사자", "en": "reviewers"},
    "capacity": {"ko": "하루 처리 능력", "en": "capacity a day"},
    "pace": {"ko": "최근 하루 평균", "en": "recent daily mean"},
    "days_to_clear": {"ko": "소진까지(일)", "en": "days to clear"},
    "oldest": {"ko": "최장 대기(일)", "en": "oldest (days)"},
    "filter": {"ko": "걸러 보기", "en": "Filter"},
    "apply": {"ko": "적용", "en": "Apply"},
    "clear": {"ko": "조건 해제", "en": "Clear"},
    "channel": {"ko": "접수 경로", "en": "Channel"},
    "rule": {"ko": "규칙", "en": "Rule"},
    "employer": {"ko": "사업체", "en": "Employer"},
    "posting": {"ko": "구인", "en": "Posting"},
    "reasons": {"ko": "사유", "en": "Reasons"},
    "submitted": {"ko": "접수일", "en": "Submitted"},
    "wait_days": {"ko": "대기(일)", "en": "Days"},
    "published": {"ko": "게시 중", "en": "published"},
    "risk": {"ko": "위험도", "en": "Risk"},
    "priority": {"ko": "우선도", "en": "Priority"},
    "free": {"ko": "미배정", "en": "free"},
    "you": {"ko": "나", "en": "you"},
    "queue_caption": {
        "ko": "위험도 × 대기 일수 순, 사업체별로 묶음",
        "en": "By risk × days waiting, grouped by employer",
    },
    "empty": {"ko": "이 조건에 맞는 대기 구인이 없습니다.", "en": "Nothing waits under this filter."},
    "more": {"ko": "아래로 더 있음: 조건으로 좁혀 보십시오.", "en": "More below: narrow the filter."},
    "no_employer": {"ko": "(사업체명 없음)", "en": "(no employer name)"},
    "claim": {"ko": "맡기", "en": "Claim"},
    "release": {"ko": "내려놓기", "en": "Release"},
    "claimed_until": {"ko": "까지 내가 맡음", "en": "claimed by you until"},
    "claimed_by": {"ko": "다른 심사자가 맡음", "en": "Claimed by"},
    "claim_first": {
        "ko": "결정하거나 연락처를 보려면 먼저 맡으십시오.",
        "en": "Claim it first to decide or to see the contact.",
    },
    "next": {"ko": "다음 구인", "en": "Next posting"},
    "back": {"ko": "대기열로", "en": "Back to queue"},
    "text": {"ko": "구인 내용", "en": "Posting text"},
    "facts": {"ko": "구인 조건", "en": "Terms"},
    "why": {"ko": "알고리즘이 적어 둔 점", "en": "What the machine noted"},
    "judge_whole": {
        "ko": "적어 둔 것이 많든 적든 없든 구인 전체를 보고 판단하십시오.",
        "en": "Many notes, few or none: judge the posting as a whole.",
    },
    "not_judged": {
        "ko": "필요한 자료가 없어 이 규칙으로 판정하지 못했습니다. 직접 확인하십시오.",
        "en": "Data this rule needs were missing, so it could not be judged. Check it yourself.",
    },
    "still_open": {"ko": "아직 열려 있습니까?", "en": "Does it still stand open?"},
    "ask_still_open": {
        "ko": "이 구인은 게시되어 있습니다. 아래 신호에 따라 사업체에 아직 사람을 구하는지 물으십시오.",
        "en": "This posting is published. Because of the signals below, ask the employer whether they still hire.",
    },
    "seen_from": {"ko": "출처", "en": "Seen from"},
    "signal_date": {"ko": "신호일", "en": "Since"},
    "strength": {"ko": "강도", "en": "Strength"},
    "law": {"ko": "근거", "en": "Law"},
    "advice": {"ko": "고칠 점", "en": "What to change"},
    "quote": {"ko": "걸린 표현", "en": "Words"},
    "register": {"ko": "등록 정보 조회 결과", "en": "Register status"},
    "no_register": {"ko": "이 사업체의 등록 정보가 없습니다.", "en": "The registers know nothing of this employer."},
    "as_of": {"ko": "기준일", "en": "as of"},
    "since": {"ko": "부터", "en": "since"},
    "on_no_list": {"ko": "명단에 없음", "en": "on no list"},
    "history": {"ko": "이 사업체의 이전 구인", "en": "Earlier postings of this employer"},
    "no_history": {"ko": "이전 구인이 없습니다.", "en": "No earlier posting."},
    "machine": {"ko": "알고리즘", "en": "Machine"},
    "people": {"ko": "사람", "en": "People"},
    "also_waiting": {"ko": "같은 사업체의 대기 구인", "en": "Also waiting from this employer"},
    "twins": {"ko": "닮은 구인", "en": "Twins"},
    "similarity": {"ko": "유사도", "en": "similarity"},
    "contact": {"ko": "연락처", "en": "Contact"},
    "show_contact": {"ko": "연락처 보기(기록됨)", "en": "Show contact (logged)"},
    "purpose": {"ko": "열람 목적", "en": "Purpose"},
    "purpose_default": {"ko": "구인 조건 확인 통화", "en": "Call to check the posting"},
    "contact_none": {
        "ko": "봉인 구역에 이 구인의 연락처가 없습니다.",
        "en": "The sealed zone holds no contact of this posting.",
    },
    "contact_logged": {
        "ko": "열람이 기록되었습니다. 이 화면을 떠나면 사라집니다.",
        "en": "This look was logged. It is gone when you leave the page.",
    },
    "contact_name": {"ko": "담당자", "en": "Person"},
    "contact_phone": {"ko": "전화", "en": "Telephone"},
    "contact_email": {"ko": "전자우편", "en": "E-mail"},
    "calls": {"ko": "통화 기록", "en": "Calls"},
    "log_call": {"ko": "통화 기록 남기기", "en": "Log the call"},
    "outcome": {"ko": "결과", "en": "Outcome"},
    "note": {"ko": "메모(개인정보는 적지 마십시오)", "en": "Note (no personal data)"},
    "decide": {"ko": "결정", "en": "Decide"},
    "decide_help": {
        "ko": "단추 하나로 끝납니다. 안내문은 결정에 맞는 것이 함께 저장됩니다.",
        "en": "One button decides. The wording that belongs to it is kept with the decision.",
    },
    "confirmed_reasons": {"ko": "확인된 사유", "en": "Reasons confirmed"},
    "another_reason": {"ko": "다른 사유", "en": "Another reason"},
    "none": {"ko": "없음", "en": "none"},
    "message": {"ko": "사업체에 보낼 안내문", "en": "Wording to the employer"},
    "message_lang": {"ko": "안내문 언어", "en": "Language of the wording"},
    "decisions_made": {"ko": "이 구인의 결정", "en": "Decisions on this posting"},
    "reopen": {"ko": "다시 심사", "en": "Take up again"},
    "saved": {"ko": "저장했습니다", "en": "Saved"},
    "undo": {"ko": "방금 결정 다시 열기", "en": "Reopen what I just decided"},
    "your_decided": {"ko": "내가 처리한 구인", "en": "What you decided"},
    "when": {"ko": "시각", "en": "When"},
    "decision": {"ko": "결정", "en": "Decision"},
    "keys": {"ko": "단축키", "en": "Keys"},
    "keys_on": {"ko": "단축키 사용", "en": "Keys are on"},
    "sorry": {"ko": "처리하지 못했습니다", "en": "That did not work"},
    "score": {"ko": "신뢰도 점수", "en": "Score"},
    "control": {"ko": "보이지 않는 문자", "en": "Invisible character"},
    "mark": {"ko": "사유", "en": "reason"},
    "disguise": {"ko": "보이지 않는 문자가 들어 있습니다.", "en": "Holds invisible characters."},
    "updated": {"ko": "기준일", "en": "As of"},
}

KEYS: tuple[tuple[str, dict[str, str]], ...] = (
    ("j / k", {"ko": "다음 / 이전", "en": "next / previous"}),
    ("Enter", {"ko": "열기", "en": "open"}),
    ("c", {"ko": "맡기", "en": "claim"}),
    ("r", {"ko": "내려놓기", "en": "release"}),
    ("1 … 4", {"ko": "결정", "en": "decide"}),
    ("t", {"ko": "연락처 보기", "en": "contact"}),
    ("n", {"ko": "다음 구인", "en": "next posting"}),
    ("u", {"ko": "대기열로", "en": "queue"}),
    ("/", {"ko": "걸러 보기", "en": "filter"}),
    ("?", {"ko": "단축키 보기", "en": "these keys"}),
)

#: codes shown as words
CODES: dict[str, dict[str, str]] = {
    "CONFIRMED_OK": {"ko": "이상 없음", "en": "In order"},
    "CONFIRMED_BAD": {"ko": "문제 확인", "en": "Bad"},
    "CORRECTED": {"ko": "고쳐짐", "en": "Corrected"},
    "UNREACHABLE": {"ko": "연락 안 됨", "en": "Unreachable"},
    "ACTIVE": {"ko": "아직 구인 중", "en": "Still open"},
    "FILLED": {"ko": "채용됨: 마감", "en": "Filled: close"},
    "WITHDRAWN": {"ko": "구인 취소: 마감", "en": "Taken back: close"},
    "weak": {"ko": "약함", "en": "weak"},
    "probable": {"ko": "상당함", "en": "probable"},
    "strong": {"ko": "강함", "en": "strong"},
    "certain": {"ko": "확실함", "en": "certain"},
    "REACHED": {"ko": "통화함", "en": "reached"},
    "NO_ANSWER": {"ko": "받지 않음", "en": "no answer"},
    "BUSY": {"ko": "통화 중", "en": "busy"},
    "WRONG_NUMBER": {"ko": "잘못된 번호", "en": "wrong number"},
    "CALL_BACK": {"ko": "다시 걸기로 함", "en": "will call back"},
    "PASS": {"ko": "통과", "en": "pass"},
    "WARN": {"ko": "주의", "en": "warn"},
    "HOLD": {"ko": "보류", "en": "hold"},
    "REJECT": {"ko": "거절", "en": "reject"},
    "ACCEPT": {"ko": "접수", "en": "accept"},
    "RETURN": {"ko": "반려", "en": "return"},
    "DUPLICATE": {"ko": "중복", "en": "duplicate"},
    "REFUSE": {"ko": "수리 거부", "en": "refuse"},
    "warn": {"ko": "주의", "en": "warn"},
    "hold": {"ko": "보류", "en": "hold"},
    "reject": {"ko": "거절", "en": "reject"},
    "undetermined": {"ko": "판정 불가", "en": "not judged"},
    "GENERAL_CHECK": {"ko": "종합 확인", "en": "general check"},
    "ONLINE": {"ko": "온라인", "en": "online"},
    "PES_OFFICE": {"ko": "고용센터", "en": "PES office"},
    "PES_VISIT": {"ko": "방문 접수", "en": "PES visit"},
    "SME_OUTREACH": {"ko": "기업 발굴", "en": "SME outreach"},
    "PARTNER_PUBLIC": {"ko": "공공 제휴", "en": "public partner"},
    "PARTNER_PRIVATE": {"ko": "민간 제휴", "en": "private partner"},
    "portal_vacancies": {"ko": "민간 포털", "en": "private portal"},
    "work24_vacancies": {"ko": "고용24", "en": "Work24"},
    "open": {"ko": "대기", "en": "waiting"},
    "claimed": {"ko": "심사 중", "en": "claimed"},
    "decided": {"ko": "처리됨", "en": "decided"},
    "superseded": {"ko": "새 판본 또는 판정으로 대체됨", "en": "superseded"},
}

#: canonical columns in the posting's table of terms, and of its texts
FIELDS: dict[str, dict[str, str]] = {
    "title": {"ko": "제목", "en": "Title"},
    "duties": {"ko": "직무 내용", "en": "Duties"},
    "requirements": {"ko": "자격 요건", "en": "Requirements"},
    "wage_text": {"ko": "임금", "en": "Pay"},
    "working_hours_text": {"ko": "근무 시간", "en": "Hours"},
    "work_address": {"ko": "근무지", "en": "Place"},
    "close_date_text": {"ko": "마감", "en": "Closing"},
    "employer_name": {"ko": "사업체명", "en": "Employer"},
    "business_no": {"ko": "사업자등록번호", "en": "Registration no."},
    "workplace_no": {"ko": "사업장관리번호", "en": "Workplace no."},
    "industry_code": {"ko": "산업", "en": "Activity"},
    "occupation_code": {"ko": "직종", "en": "Occupation"},
    "region_code": {"ko": "지역", "en": "Region"},
    "country_code": {"ko": "국가", "en": "Country"},
    "employment_type_code": {"ko": "고용형태", "en": "Employment type"},
    "wage_type_code": {"ko": "임금 단위", "en": "Pay unit"},
    "wage_min": {"ko": "최소 임금", "en": "Pay from"},
    "wage_max": {"ko": "최대 임금", "en": "Pay to"},
    "weekly_hours": {"ko": "주 근로시간", "en": "Weekly hours"},
    "career_code": {"ko": "경력", "en": "Experience"},
    "education_code": {"ko": "학력", "en": "Education"},
    "openings": {"ko": "모집 인원", "en": "Openings"},
    "start_date": {"ko": "근무 시작", "en": "Start"},
    "close_date": {"ko": "마감일", "en": "Closing date"},
    "headcount": {"ko": "상시 근로자", "en": "Workers"},
    "has_contact_phone": {"ko": "전화 있음", "en": "Has telephone"},
    "has_contact_email": {"ko": "전자우편 있음", "en": "Has e-mail"},
    "has_image": {"ko": "이미지", "en": "Image"},
    "requisition_id": {"ko": "채용 건 번호", "en": "Requisition"},
    "overseas_report_no": {"ko": "국외 모집 신고번호", "en": "Overseas report no."},
}

VALUES: dict[str, Mapping[str, Mapping[str, str]]] = {
    "employment_type_code": {
        "10": {"ko": "기간의 정함 없음", "en": "permanent"},
        "11": {"ko": "기간의 정함 없음(시간제)", "en": "permanent, part-time"},
        "20": {"ko": "기간제", "en": "fixed term"},
        "21": {"ko": "기간제(시간제)", "en": "fixed term, part-time"},
        "4": {"ko": "일용", "en": "by the day"},
    },
    "business_status": {
        "01": {"ko": "계속사업자", "en": "in business"},
        "02": {"ko": "휴업", "en": "suspended"},
        "03": {"ko": "폐업", "en": "closed"},
        "": {"ko": "미등록", "en": "not registered"},
    },
    "wage_type_code": RULE_WORDS["wage_unit"],
    "career_code": {
        "N": {"ko": "신입", "en": "none asked"},
        "E": {"ko": "경력", "en": "experienced"},
        "Z": {"ko": "무관", "en": "either"},
    },
    "education_code": {
        "00": {"ko": "학력 무관", "en": "any"},
        "01": {"ko": "초졸 이하", "en": "primary or less"},
        "02": {"ko": "중졸", "en": "lower secondary"},
        "03": {"ko": "고졸", "en": "upper secondary"},
        "04": {"ko": "대졸(2~3년)", "en": "junior college"},
        "05": {"ko": "대졸(4년)", "en": "bachelor"},
        "06": {"ko": "석사", "en": "master"},
        "07": {"ko": "박사", "en": "doctor"},
    },
}

#: what registers answer
FACTS: dict[str, dict[str, str]] = {
    "nts_status_code": {"ko": "사업자 상태(01 계속, 02 휴업, 03 폐업)", "en": "01 open, 02 suspended, 03 closed"},
    "nts_closed_date": {"ko": "폐업일", "en": "Closed on"},
    "nts_checked_date": {"ko": "국세청 조회일", "en": "Tax office checked on"},
    "is_workplace_extinct": {"ko": "사업장 소멸", "en": "Workplace extinct"},
    "register_name": {"ko": "등록 사업체명", "en": "Name in the register"},
    "name_similarity": {"ko": "이름 유사도", "en": "Similarity of names"},
    "insured_headcount": {"ko": "피보험자 수", "en": "Insured workers"},
    "arrears_list_id": {"ko": "체불 명단 번호", "en": "Arrears list"},
    "arrears_listed_from": {"ko": "체불 명단 공개일", "en": "On the arrears list since"},
    "licence_no": {"ko": "파견·소개 허가번호", "en": "Agency licence"},
    "licence_kind": {"ko": "허가 종류", "en": "Kind of licence"},
    "employer_first_seen": {"ko": "처음 확인된 날", "en": "First seen"},
    "mw_hour": {"ko": "최저임금(시간, 원)", "en": "Minimum wage (KRW an hour)"},
    "wage_date": {"ko": "임금 적용일", "en": "Pay counted from"},
    "wage_unit": {"ko": "읽은 임금 단위", "en": "Pay unit as read"},
    "wage_low": {"ko": "읽은 최소 임금", "en": "Pay from, as read"},
    "wage_high": {"ko": "읽은 최대 임금", "en": "Pay to, as read"},
    "wage_low_hourly": {"ko": "시간당 환산(원)", "en": "Per hour (KRW)"},
    "paid_hours_month": {"ko": "월 유급 시간", "en": "Paid hours a month"},
    "wage_q99_hourly": {"ko": "같은 직종·지역 상위 1 %(시간, 원)", "en": "Top 1 % of occupation, region (KRW an hour)"},
    "duplicate_of": {"ko": "닮은 구인", "en": "Twin"},
    "duplicate_similarity": {"ko": "유사도", "en": "Similarity"},
    "phone_employers_day": {"ko": "같은 전화의 사업체 수(하루)", "en": "Employers on this telephone that day"},
    "predicted_occupation_code": {"ko": "직무로 본 직종", "en": "Occupation by duties"},
    "predicted_probability": {"ko": "그 확률", "en": "Its probability"},
    "text_length": {"ko": "글자 수", "en": "Characters of text"},
    "validity_end": {"ko": "유효 기간 끝", "en": "Valid until"},
    "third_report_date": {"ko": "세 번째 신고일", "en": "Third report on"},
    "reposts_180_days": {"ko": "180일간 재게시", "en": "Reposts in 180 days"},
    "hires_180_days": {"ko": "180일간 채용", "en": "Hires in 180 days"},
    "suspended_from": {"ko": "휴업이 처음 조회된 날", "en": "First look-up that said suspended"},
    "last_other_date": {"ko": "그 전 마지막 다른 조회일", "en": "Last look-up before that said otherwise"},
}  # fmt: skip

#: registers that answer for every employer
REGISTERS: dict[str, dict[str, str]] = {
    "business_status": {"ko": "사업자 상태(국세청)", "en": "Business status (tax office)"},
    "insured_headcounts": {"ko": "피보험자 수(근로복지공단)", "en": "Insured workers (insurance register)"},
    "wage_arrears": {"ko": "임금체불 명단(고용노동부)", "en": "List of wage arrears (labour ministry)"},
}

#: sentences of the letter to the employer
WORDING: dict[str, dict[str, str]] = {
    "ko": {
        "head": "{employer} 귀하\n구인인증번호 {posting_id} 심사 결과를 알려 드립니다.",
        "sir": "구인 신청 사업체",
        "CONFIRMED_OK": "확인 결과 이상이 없어 게시합니다. 협조해 주셔서 감사합니다.",
        "CONFIRMED_BAD": "아래 사유로 이 구인을 게시할 수 없습니다. 사유를 고쳐 다시 신청하실 수 있습니다.",
        "CORRECTED": "아래 사항을 통화로 확인하고 고쳐 주신 내용으로 게시합니다.",
        "UNREACHABLE": "구인 내용을 확인하려고 연락드렸으나 통화하지 못했습니다. 영업일 기준 2일 안에 연락해 주십시오."
        " 그때까지 게시가 보류됩니다.",
        "SIGNAL_ACTIVE": "아직 구인 중임을 확인했습니다. 게시를 계속합니다. 채용되면 바로 알려 주십시오.",
        "SIGNAL_FILLED": "채용이 끝난 것을 확인하여 이 구인을 마감합니다. 협조해 주셔서 감사합니다.",
        "SIGNAL_WITHDRAWN": "구인을 취소하신다는 말씀에 따라 이 구인을 마감합니다.",
        "SIGNAL_UNREACHABLE": "아직 구인 중인지 확인하려고 연락드렸으나 통화하지 못했습니다. 영업일 기준 2일 안에"
        " 연락해 주십시오.",
        "law": "근거",
        "advice": "고칠 점",
        "thanks": "협조해 주셔서 감사합니다.",
    },
    "en": {
        "head": "To {employer}\nThis is about the review of your posting {posting_id}.",
        "sir": "the employer",
        "CONFIRMED_OK": "We found it in order and publish it. Thank you for your help.",
        "CONFIRMED_BAD": "It cannot be published for the reasons below. You may correct it and submit it again.",
        "CORRECTED": "We checked the points below with you by telephone and publish it as you corrected it.",
        "UNREACHABLE": "We tried to reach you to check the posting and could not. Please call us within two working"
        " days; until then it is held.",
        "SIGNAL_ACTIVE": "You told us that you still hire. The posting stays; please tell us when it is filled.",
        "SIGNAL_FILLED": "You told us that the vacancy is filled. We close the posting. Thank you for your help.",
        "SIGNAL_WITHDRAWN": "You told us that you no longer look for anybody. We close the posting.",
        "SIGNAL_UNREACHABLE": "We tried to reach you to learn whether you still hire and could not. Please call us"
        " within two working days.",
        "law": "Law",
        "advice": "What to change",
        "thanks": "Thank you for your help.",
    },
}


@lru_cache(maxsize=1)
def names() -> dict[str, dict[str, dict[str, str]]]:
    """Occupations and regions by code, as the newest version of the tables that the rules read has them."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for column, file in (("occupation_code", "occupations.csv"), ("region_code", "regions.csv")):
        with (TABLES_DIR / file).open(encoding="utf-8", newline="") as rows:
            ordered = sorted(csv.DictReader(rows), key=lambda row: row["valid_from"])
        found[column] = {row[column]: {"ko": row["name_ko"], "en": row["name_en"]} for row in ordered}
    return found


def named(column: str, code: str, lang: str) -> str | None:
    """A code in words: its own label, or for a finer code than the table holds, that of its group with the code."""
    if column in VALUES:
        return VALUES[column].get(code, {}).get(lang)
    known = names().get(column, {})
    for length in range(len(code), 1, -1):
        if code[:length] in known:
            return f"{known[code[:length]][lang]} ({code})"
    return None


def words(lang: str) -> dict[str, str]:
    """The interface in one language."""
    return {key: both[lang] for key, both in WORDS.items()}


def coded(code: str, lang: str) -> str:
    """A code as a word; the code itself where there is none."""
    return CODES.get(code, {}).get(lang, code)
