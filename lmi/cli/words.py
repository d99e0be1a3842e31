"""What people read from the commands, in Korean and English: one key, both languages."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    # the end of a run
    "landed": {"ko": "받은 자료", "en": "What landed"},
    "source": {"ko": "자료원", "en": "source"},
    "fetched": {"ko": "수신", "en": "fetched"},
    "accepted": {"ko": "수용", "en": "accepted"},
    "quarantined": {"ko": "격리", "en": "quarantined"},
    "duplicates": {"ko": "중복", "en": "duplicates"},
    "withheld": {"ko": "보류", "en": "withheld"},
    "nothing_new": {"ko": "새 자료 없음: {sources}", "en": "Nothing new from {sources}."},
    "not_connected": {
        "ko": "연결되지 않음: {sources}. 무엇이 모자라는지는 `lmi status`가 알려 줍니다.",
        "en": "Not connected: {sources}. `lmi status` says what each lacks.",
    },
    "refused": {"ko": "거부", "en": "refused"},
    "stopped": {"ko": "중단", "en": "stopped"},
    "failed": {"ko": "실패", "en": "failed"},
    "land": {"ko": "적재", "en": "land"},
    "validate": {"ko": "검증", "en": "validate"},
    "vet": {"ko": "심사", "en": "vet"},
    "code": {"ko": "코드 부여", "en": "code"},
    "link": {"ko": "연계", "en": "link"},
    "build": {"ko": "구축", "en": "build"},
    "publish": {"ko": "공개", "en": "publish"},
    "seconds": {"ko": "{stage} {seconds:.1f}초", "en": "{stage} {seconds:.1f} s"},
    "time": {"ko": "소요 시간: 모두 {seconds:.0f}초({stages}).", "en": "Time: {seconds:.0f} s in all ({stages})."},
    "unchanged": {
        "ko": "바뀐 것 없음: 모두 이미 적재되고 공개되어 있습니다.",
        "en": "Nothing changed: everything was already landed and published.",
    },
    "no_release": {
        "ko": "아직 공개된 릴리스가 없습니다. 기록: {log}",
        "en": "No release is published yet. Log: {log}",
    },
    "release": {
        "ko": "현재 릴리스 {release}, 기준일 {as_of}: {folder}",
        "en": "Current release {release} as of {as_of}: {folder}",
    },
    "rendered": {"ko": "만든 것: {products}", "en": "Rendered: {products}"},
    "files": {"ko": "{name}({files}개 파일, {kilobytes:,} kB)", "en": "{name} ({files} files, {kilobytes:,} kB)"},
    "product_stale": {
        "ko": "묵은 것 {name}: {release}({as_of})의 것이 대신합니다. {reason}",
        "en": "Stale {name}: that of {release} ({as_of}) stands in. {reason}",
    },
    "product_missing": {"ko": "없음 {name}: {reason}", "en": "Missing {name}: {reason}"},
    "part_withheld": {
        "ko": "새로 공표하지 않음 {name}, {part}: {reason}",
        "en": "Not published anew in {name}, {part}: {reason}",
    },
    "product_absent": {
        "ko": "이 릴리스에는 {name}의 바탕이 없습니다: {reason}",
        "en": "This release holds nothing for {name}: {reason}",
    },
    "board": {"ko": "상황판(브라우저로 엽니다): {page}", "en": "Status board (open in a browser): {page}"},
    "no_board": {
        "ko": "릴리스 {release}에는 상황판이 없습니다(LMI_PRODUCTS, LMI_MARTS). 까닭은 `lmi status`가 알려 줍니다.",
        "en": "Release {release} holds no board (LMI_PRODUCTS, LMI_MARTS). `lmi status` says why.",
    },
    "next": {"ko": "이어서 볼 것:", "en": "Look at it next:"},
    "log": {"ko": "이번 실행의 기록: {log}", "en": "Log of this run: {log}"},
    # the API
    "serve_at": {
        "ko": "읽기 전용 API: {url}/v1/occupations, 명세 {url}/openapi.json (끝내려면 Ctrl-C)",
        "en": "Read-only API: {url}/v1/occupations, described by {url}/openapi.json (stop with Ctrl-C)",
    },
    "serve_open": {
        "ko": "{host}에서는 다른 컴퓨터도 읽을 수 있습니다. 독자를 가리려면 LMI_READER_KEYS를 정하십시오.",
        "en": "At {host} other machines can read too. To admit only some readers, set LMI_READER_KEYS.",
    },
    "serve_without_answers": {
        "ko": "릴리스 {release}에는 API 응답이 없습니다. 이 판의 코드로 `lmi run`을 실행하십시오.",
        "en": "Release {release} holds no answers for the API. Make one with this version of the code: `lmi run`.",
    },
    "serve_key": {
        "ko": "{name}의 키입니다. 다시 보여 주지 않습니다({file}에는 해시만 남음). 서버를 다시 시작하면 유효합니다.",
        "en": "The key of {name}, shown this once; {file} keeps its hash. It is valid when the server starts again.",
    },
    "report_same": {
        "ko": "{path} (릴리스 {release}이 공개한 것과 같음)",
        "en": "{path} (as release {release} published it)",
    },
    "report_new": {"ko": "{path} (릴리스 {release})", "en": "{path} (release {release})"},
    # lmi status
    "newest_delivery": {"ko": "최근 전달", "en": "newest delivery"},
    "age_days": {"ko": "지난 날", "en": "age (days)"},
    "last_outcome": {"ko": "마지막 결과", "en": "last outcome"},
    "missed_runs": {"ko": "빠진 실행", "en": "missed runs"},
    "missed_since": {"ko": "{first}부터 {count}번", "en": "{count} since {first}"},
    "ok": {"ko": "정상", "en": "ok"},
    "started": {"ko": "시작됨", "en": "started"},
    "nothing delivered": {"ko": "온 것 없음", "en": "nothing delivered"},
    "not connected": {"ko": "연결되지 않음", "en": "not connected"},
    "never ran": {"ko": "실행된 적 없음", "en": "never ran"},
    "deliver": {"ko": "배포", "en": "deliver"},
    "status_release": {
        "ko": "현재 릴리스 {release}, 기준일 {as_of}.",
        "en": "Current release {release} as of {as_of}.",
    },
    "status_no_release": {
        "ko": "아직 공개된 릴리스가 없습니다. `lmi run`을 실행하십시오.",
        "en": "No release is published yet. Run `lmi run`.",
    },
    "part_stale": {"ko": "{mart}: {as_of}의 것이 대신합니다. {reason}", "en": "{mart}: stale {as_of} - {reason}"},
    "part_missing": {"ko": "{mart}: 없음. {reason}", "en": "{mart}: missing - {reason}"},
    "release_missed": {"ko": "만들지 않은 릴리스: {days}.", "en": "Release not built: {days}."},
    "vetting_waits": {
        "ko": "기다림: {source}/{load_id}의 {channel_code}. 거절 {share}(평소 {low}~{high}). 확인한 뒤:"
        " lmi vet let-go {source} {load_id} {channel_code} --by 이름",
        "en": "waits: {channel_code} of {source}/{load_id}: {share} refused, usual are {low} to {high}. Look into it,"
        " then: lmi vet let-go {source} {load_id} {channel_code} --by NAME",
    },
    "alert_unsent": {"ko": "경보를 보내지 못했습니다: {error}", "en": "The alert was not sent: {error}"},
    "all_well": {"ko": "빠진 것이 없습니다.", "en": "Nothing is missing."},
    "alert": {"ko": "경보", "en": "alert"},
    "undelivered": {
        "ko": "배포하지 못함: {report}, {day}. {error}",
        "en": "not delivered {report} of {day}: {error}",
    },
    "interrupted": {
        "ko": "중단됨: {stage} {source} {day}({at} 시작). 다음 실행이 이어서 합니다.",
        "en": "interrupted: {stage} {source} of {day} (started {at}); the next run takes it up again.",
    },
    # lmi erase
    "erase_ask": {
        "ko": "지울 사람의 주민등록번호(화면에 보이지 않음): ",
        "en": "Resident number of the person (not shown): ",
    },
    "erase_no_number": {
        "ko": "주민등록번호가 아닙니다. 13자리를 입력하거나 표준 입력으로 넘기십시오.",
        "en": "That is no resident number. Type its 13 digits, or pass them on standard input.",
    },
    "erased": {
        "ko": "{name}: 지운 행 {rows}. 증명: {file}. 다음 릴리스부터 빠집니다.",
        "en": "{name}: rows deleted {rows}. Proof: {file}. Later releases are without them.",
    },
    # the release calendar
    "every_day": {"ko": "매일 {hour}(주말과 공휴일 포함)", "en": "every day at {hour}, weekends and holidays too"},
    "product": {"ko": "공표물", "en": "product"},
    "announced": {"ko": "예고일", "en": "announced"},
    "released": {"ko": "공표일", "en": "released"},
    "tp1": {"ko": "TP1(일)", "en": "TP1 (days)"},
    "tp3": {"ko": "TP3(일)", "en": "TP3 (days)"},
    "overdue": {
        "ko": "늦음: {product}, {announced} 예고. 아직 공표하지 못했습니다.",
        "en": "Overdue: {product}, announced for {announced}, is not released.",
    },
    # the verification
    "funnel": {
        "ko": "열두 달 동안 접수된 구인(게시율: 끝난 것 가운데 게시)",
        "en": "Vacancies submitted in twelve months (rate: posted of the concluded)",
    },
    "channel": {"ko": "접수 경로", "en": "channel"},
    "all": {"ko": "전체", "en": "all"},
    "submitted": {"ko": "접수", "en": "submitted"},
    "posted": {"ko": "게시", "en": "posted"},
    "rejected": {"ko": "거절", "en": "refused"},
    "returned": {"ko": "반려", "en": "returned"},
    "held": {"ko": "보류", "en": "held"},
    "pending": {"ko": "대기", "en": "pending"},
    "rate": {"ko": "게시율", "en": "rate"},
    "reasons": {"ko": "가장 잦은 거절 사유, {channel}: {reasons}", "en": "Refused most often, {channel}: {reasons}"},
    "queue_not_filled": {"ko": "대기열을 채우지 못했습니다", "en": "The queue could not be filled"},
    "nobody_waits": {"ko": "심사자를 기다리는 구인이 없습니다.", "en": "No posting waits for a person."},
    "one_waits": {
        "ko": "구인 1건이 심사자를 기다립니다. {days}일째입니다.",
        "en": "1 posting waits for a person, the oldest for {days} days.",
    },
    "many_wait": {
        "ko": "구인 {count:,}건이 심사자를 기다립니다. 가장 오래된 것은 {days}일째입니다.",
        "en": "{count:,} postings wait for a person, the oldest for {days} days.",
    },
    "signals_wait": {
        "ko": "이 가운데 {count:,}건은 게시된 뒤의 신호 때문입니다: {named}",
        "en": "Of these {count:,} for what came up after they were posted: {named}",
    },
    # lmi vet
    "rule": {"ko": "규칙", "en": "rule"},
    "severity": {"ko": "조치", "en": "severity"},
    "what": {"ko": "내용", "en": "what"},
    "rule_set": {"ko": "규칙 집합 {digest}", "en": "Rule set {digest}"},
    "goes_on": {
        "ko": "{channel} ({load}): 다음 릴리스부터 계속합니다.",
        "en": "{channel} of {load} goes on with the next release.",
    },
    "learnt": {
        "ko": "문제로 확인된 {bad:,}건과 이상 없는 {good:,}건(본문 틀 {templates:,}개)에서 배웠습니다."
        " {until}까지의 결정입니다.\n점수 {threshold:.3f} 이상을 보류합니다: 구인의 {share:.1%}"
        "(하루 {per_day:.1f}건 접수).\n모형 {version}: {folder}",
        "en": "Learnt from {bad:,} postings confirmed bad and {good:,} confirmed good ({templates:,} templates),"
        " decided up to {until}.\nHolds from a score of {threshold:.3f}: {share:.1%} of postings"
        " ({per_day:.1f} a day come in).\nModel {version} in {folder}",
    },
    "token_once": {"ko": "토큰은 지금 한 번만 보입니다.", "en": "The token is shown only now."},
    "reviewer_removed": {"ko": "{reviewer}: 지웠습니다.", "en": "{reviewer} removed."},
    "is_removed": {"ko": "(지움)", "en": "(removed)"},
    "filling": {"ko": "대기열을 채우는 중", "en": "Filling the queue"},
    "nobody_may": {
        "ko": "아직 들어올 수 있는 사람이 없습니다: lmi vet desk --add-reviewer 이름",
        "en": "Nobody may sign in yet: lmi vet desk --add-reviewer NAME",
    },
    "serving": {
        "ko": "{address}  {day}: 보류 {held}건, 새로 오른 것 {added}건",
        "en": "{address}  {day}: {held} held, {added} new in the queue",
    },
    "beyond": {
        "ko": "이 컴퓨터 밖으로 열려 있습니다. TLS 프록시 뒤에 두십시오(docs/desk.md).",
        "en": "Served beyond this machine: put it behind a proxy with TLS (docs/desk.md).",
    },
    "not_updated": {
        "ko": "대기열을 새로 고치지 못했습니다: {error}",
        "en": "The queue was not brought up to date: {error}",
    },
    "no_coder": {
        "ko": "{scheme} 코드 부여기가 아직 학습되지 않았습니다. `lmi code train --scheme {scheme}`를 실행하십시오.",
        "en": "No coder of {scheme} has been trained. Run `lmi code train --scheme {scheme}`.",
    },
    "decided": {
        "ko": "{written}건을 적었고 {known}건은 이미 있었습니다",
        "en": "{written} written, {known} known already",
    },
    "appealed": {
        "ko": "{posting}: 심사자를 기다립니다. 앞서 결정된 것 {again}건, 새로 오른 것 {added}건",
        "en": "{posting} waits: {again} decided before, {added} new in the queue",
    },
}  # fmt: skip


def text(key: str, language: str, **facts: object) -> str:
    """The words of a key with its facts. Raises KeyError for a key, language or fact that is not there."""
    return WORDS[key][language].format_map(facts)
