"""The page docs/evaluation.md: figures only, the same for the same code and data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from tests.evaluation.disguises import DISGUISES
from tests.evaluation.planted import Planted, by_kind, by_rule
from tests.evaluation.real import JUDGEMENTS, Alarms
from tests.evaluation.scored import Scored
from tests.evaluation.unseen import KINDS, Unseen
from validation.vetting.rules import RuleSet

HEAD = """# How well the vetting does

This page is written by `make eval`. It holds figures and no times; `make eval` prints the speed. Rule set of the
vetting: `{digest}`, {rules} rules.
"""

PLANTED = """
## On planted truth

Synthetic nations of {persons:,} persons with the seeds {seeds}, none of them the default. Each posting was landed,
accepted and judged with the registers accepted by then. A planted violation is *caught* when its own rule raised it
with the planted code and, where words were planted in title or duties, a quoted span overlaps these words. *Disguised*
are words with blanks, dots or digits between them, full-width and look-alike characters, zero-width characters, split
jamo or Hangul numerals. The wordings were written apart from the rules' patterns. A first run caught 96.1 % of the
plain and 89.6 % of the disguised; the rules were then widened, so the figures below are those of known wordings.
"""

TABLE = """
Raised are postings: right (the rule was planted; for rules 4, 5 and 8 also where the registers say so without it), on
innocent ones, and beside another planted violation, where the rule may well be right too. Precision = right / (right +
on innocent), recall = caught / planted, each of plain and of disguised words; a false alarm is of disguised words where
what it quotes is. Of duplicates, those count whose original was open and whose texts are the same but for a closing
word. Of telephones of many employers, those count that three employers gave on one day. Rule 41, of the profile EU,
judges the postings of its days as if they stood there.
"""

KINDS_OF_DISGUISE = """
### By kind of disguise

A wording of two kinds counts in both. *Dressed* are known wordings of the text rules, those of the nations and those
further down, that are caught in plain words, each put whole into every disguise it can wear; beside them the sentences
that break no rule, dressed likewise. A real disguise covers the word that matters, so the dressed ones are the harder
test. Precision = caught / (caught + false alarms).
"""

INNOCENT = """
### Innocent postings

{count:,} postings with nothing planted, {decoys:,} of them with a sentence that holds the words of a rule and breaks
none. Rules that ask a register or other postings are apart: a posting can be innocent of its words and its employer
still new, or its text one of many.
"""

UNSEEN = """
## On unseen wordings

The wordings of the nations are known to whoever writes rules. `tests/evaluation/unseen.yml` holds others, by somebody
who had not seen the rules, each put into an innocent posting: this is what to expect of new texts. Right means raised
by the rule with a span over the words or, of innocent sentences, not raised by it; the innocent ones are near misses
(denials, other meanings, exceptions of the law), so their share says more than it would of everyday texts. Half of a
first set of 504 wordings was used to widen the rules, which then caught 95% of that half; this is the other half.
Five of rule 11 were replaced when it was widened, by whoever did; its figures are no longer of unseen wordings.
"""

REAL = """
## On real postings

USAJOBS has no texts, pay or place, so only the rules whose fields exist are counted (see *applicable*). The
advertisements of `fake_job_postings` are of 2012 to 2014 and are judged by the rules of the United States, or of the
EU where the place is there. Rejected are {rejected} of {postings:,} legitimate postings ({share:.2%}).

No real Korean postings are at hand. In their place stand the descriptions of the Korean Dictionary of Occupations: real
texts about honest work, judged by the text rules of the public service and not counted among the postings.
"""

SCORE = """
## The reliability score

The score orders the queue and holds a share of what the rules let through; it refuses nothing. It is measured on
postings it has not seen: five folds, each judged by a model that learnt from the other four, split by scam template and
never at random, with five seeds. Figures are means over the seeds, the lowest and the highest in brackets.
"""

SCORE_NATIONS = """
### On synthetic nations

The {postings:,} postings of the same nations that the call centre decided, {bad:,} of them confirmed bad. An order by
chance has an average precision of {base:.3f}. Another {planted_good:,} were confirmed good though something was planted
in them, so even who found exactly what was planted would be right in {ceiling:.0%} of cases.

Two splits were tried: by near-duplicate texts ({near:,} groups), where a planted sentence can stand on both sides in
different postings; and by these groups joined wherever the same words were planted ({planted:,} groups), where a
wording of the test was never learnt. The second is what to expect of a new scam. F1, recall and false alarms are those
of the threshold with the best F1 on the training folds; the held are the top {share:.0%} by score.

In plain words, of a new wording: of what the score would hold, {held:.0%} is bad, against {base:.0%} of all; and the
first twentieth of the queue holds {head:.0%} of the bad ones, where chance would put 5 %.
"""

SCORE_HOLDS = """
False holds: the share of postings confirmed good that stand among these held, by the second split. The score sees
neither entry channel, region nor size of the X with fewer than {few} good postings are left out.
"""

SCORE_FRAUD = """
### On the public fraud set

`fake_job_postings`: {bad:,} fraudulent and {good:,} legitimate advertisements, texts only, in {templates:,} groups of
near-duplicates, both halves normalised alike. All fraudulent ones come from one copy of the set and the legitimate ones
from two others, so a score may learn the copy. That leaves two figures to read, and no average precision, F1 or order
of a queue: recall on fraud **{recall}**, false alarms on legitimate advertisements **{alarms}**.

A control shows how far to trust them. Asked to tell the two legitimate copies apart, where there is no fraud to find,
the same score recognises {copy_recall} of the smaller copy and takes {copy_alarms}
of the larger one for it. The nearer these two are, the less of a copy is left to learn; what marks only the fraudulent
copy it cannot show.

For orientation, from outside this project: a linear support vector machine on the full set (not at hand here) reached
an average precision of .756 and an F1 of .705 on splits by template, and .897 and .839 on random ones, which measure
leakage.
"""

#: figures of the score, in the order of the table
FIGURES = {
    "average_precision": "average precision", "f1": "F1", "recall": "recall", "false_alarms": "false alarms",
    "recall_in_top_5_percent": "recall in the top 5 % of the queue", "precision_of_held": "precision of the held",
}  # fmt: skip
#: good postings below which a share of false holds says nothing
FEW = 30


def page(rules: RuleSet, nations: Sequence[Planted], persons: int, unseen: Unseen | None, real: Sequence[Alarms],
         absent: Iterable[str], judged_by_hand: dict[tuple[str, str], dict[str, Any]],
         scored: Scored | None = None, dressed: pd.DataFrame | None = None) -> str:  # fmt: skip
    """The whole page. ``absent``: what could not be run, a sentence each; ``dressed``: see ``disguises.dressed``."""
    parts = [HEAD.format(digest=rules.digest[:12], rules=len(rules.rules))]
    absent = list(absent)
    if absent:
        parts.append("\n**Not run:** " + " ".join(absent) + "\n")
    if nations:
        parts.append(PLANTED.format(persons=persons, seeds=", ".join(str(n.seed) for n in nations)))
        parts.append(_planted(nations, dressed))
    if unseen:
        parts.append(UNSEEN + _unseen(unseen))
    if real:
        parts.append(_real(rules, real, judged_by_hand))
    if scored:
        parts.append(SCORE + _score(scored))
    return "".join(parts)


#: heading that each part but the first begins with, in their order
_HEADINGS = {"coding": "\n## Coding of titles", "linkage": "\n## Linkage of persons"}


def kept_part(text: str, part: str) -> str:
    """What an earlier page (``text``) says in one part: vetting, coding or linkage."""
    starts = {"vetting": 0} | {name: text.find(heading) for name, heading in _HEADINGS.items()}
    if starts[part] < 0:
        return ""
    return text[starts[part] : min((at for at in starts.values() if at > starts[part]), default=len(text))]


def _planted(nations: Sequence[Planted], dressed: pd.DataFrame | None = None) -> str:
    table = by_rule(list(nations))
    total = table[["plain_planted", "plain_caught", "disguised_planted", "disguised_caught"]].sum()
    lines = ["\n| | planted | caught | share |\n|---|---:|---:|---:|\n"]
    for kind in ("plain", "disguised"):
        lines.append(_line(kind, total[f"{kind}_planted"], total[f"{kind}_caught"]))
    for nation in nations:
        for kind, part in (("plain", False), ("disguised", True)):
            of = nation.violations[nation.violations["disguised"] == part]
            lines.append(_line(f"seed {nation.seed}, {kind}", len(of), int(of["is_caught"].sum())))
    lines.append(TABLE)
    lines.append(
        "\n| rule | code | plain: caught | recall | precision | disguised: caught | recall | precision"
        " | right | on innocent | beside another |\n|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    )
    for row in table.itertuples():
        lines.append(
            f"| {row.rule_no} | {row.rule_code if isinstance(row.rule_code, str) else ''}"
            f" | {_recall_and_precision(row, 'plain')} | {_recall_and_precision(row, 'disguised')}"
            f" | {row.true} | {row.false} | {row.beside} |\n"
        )
    if dressed is not None:
        lines.append(KINDS_OF_DISGUISE + _kinds(nations, dressed))
    lines.append(_missed(nations))
    lines.append(_innocent(nations))
    return "".join(lines)


def _recall_and_precision(row: Any, kind: str) -> str:
    planted, caught, true, false = (getattr(row, f"{kind}_{name}") for name in ("planted", "caught", "true", "false"))
    return f"{_of(caught, planted)} | {_ratio(caught, planted)} | {_ratio(true, true + false)}"


def _kinds(nations: Sequence[Planted], dressed: pd.DataFrame) -> str:
    in_nations = by_kind(nations).set_index("kind")
    text = (
        "\n| kind | planted in the nations: caught | recall | precision | dressed: caught | recall | innocent raised |"
        " precision |\n|---|---:|---:|---:|---:|---:|---:|---:|\n"
    )
    for kind in dict.fromkeys([*DISGUISES, *in_nations.index]):
        cells = [""] * 3
        if kind in in_nations.index:
            planted, caught, false = (int(n) for n in in_nations.loc[kind, ["planted", "caught", "false"]])
            cells = [_of(caught, planted), _ratio(caught, planted), _ratio(caught, caught + false)]
        worn = dressed[dressed["kind"] == kind]
        guilty, innocent = worn[worn["rule_no"].notna()], worn[worn["rule_no"].isna()]
        caught, false = int(guilty["is_raised"].sum()), int(innocent["is_raised"].sum())
        cells += [_of(caught, len(guilty)), _ratio(caught, len(guilty)), _of(false, len(innocent)),
                  _ratio(caught, caught + false)]  # fmt: skip
        text += f"| {kind} | " + " | ".join(cells) + " |\n"
    return text


def _line(name: str, planted: int, caught: int) -> str:
    return f"| {name} | {planted} | {caught} | {_ratio(caught, planted)} |\n"


def _of(part: int, whole: int) -> str:
    return f"{part} / {whole}" if whole else ""


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else ""


def _missed(nations: Sequence[Planted]) -> str:
    planted = pd.concat([n.violations for n in nations], ignore_index=True)
    missed = planted[~planted["is_caught"]]
    if missed.empty:
        return "\nNothing planted was missed.\n"
    groups = missed.groupby(["rule_no", "rule_code", "planted_text"], dropna=False)
    text = "\n### Missed\n\n| rule | code | planted | times | what came |\n|---:|---|---|---:|---|\n"
    for (rule, code, words), rows in groups:
        came = (
            "not raised"
            if not rows["is_raised"].any()
            else "other code"
            if not rows["has_code"].any()
            else "other words"
        )
        shown = "" if pd.isna(words) or rule == 33 else f"`{_visible(words)}`" if words else "(blank)"
        text += f"| {rule} | {code} | {shown} | {len(rows)} | {came} |\n"
    return text


def _innocent(nations: Sequence[Planted]) -> str:
    innocent = pd.concat([n.innocent for n in nations], ignore_index=True)
    text = INNOCENT.format(count=len(innocent), decoys=int(innocent["has_decoy"].sum()))
    text += "\n| | all | with such a sentence |\n|---|---:|---:|\n"
    decoyed = innocent[innocent["has_decoy"]]
    names = {"own": "rules of the posting", "outside": "rules of registers and other postings"}
    for column, name in names.items():
        for outcome, word in (("reject", "rejected"), ("hold", "held"), ("warn", "warned")):
            counts = [int((part[column] == outcome).sum()) for part in (innocent, decoyed)]
            shares = [_ratio(c, len(part)) for c, part in zip(counts, (innocent, decoyed), strict=True)]
            text += f"| {word} by {name} | {counts[0]} ({shares[0]}) | {counts[1]} ({shares[1]}) |\n"
    waits = int((innocent["waits"].isin(["hold", "reject"])).sum())
    return text + f"| wait because a rule could not be judged | {waits} ({_ratio(waits, len(innocent))}) | |\n"


def _score(scored: Scored) -> str:
    text = ""
    if scored.nations:
        near, planted = scored.nations
        text += SCORE_NATIONS.format(
            postings=near["postings"], bad=near["bad"], base=near["bad"] / near["postings"], near=near["templates"],
            planted=planted["templates"], share=near["held_share"], planted_good=planted["planted_good"],
            ceiling=near["bad"] / (near["bad"] + planted["planted_good"]), held=planted["precision_of_held"]["mean"],
            head=planted["recall_in_top_5_percent"]["mean"],
        )  # fmt: skip
        text += "\n| | split by near-duplicates | and by planted words |\n|---|---:|---:|\n"
        for name, label in FIGURES.items():
            text += f"| {label} | {_spread(near[name])} | {_spread(planted[name])} |\n"
        text += SCORE_HOLDS.format(few=FEW)
        text += "\n| | value | confirmed good | falsely held |\n|---|---|---:|---:|\n"
        for hold in planted["false_holds"]:
            if hold["good"] >= FEW:
                text += f"| {hold['dimension']} | {hold['value']} | {hold['good']:,} | {_spread(hold)} |\n"
    if scored.fraud:
        fraud, copies = scored.fraud
        text += SCORE_FRAUD.format(
            bad=fraud["bad"], good=fraud["postings"] - fraud["bad"], templates=fraud["templates"],
            recall=_spread(fraud["recall"]), alarms=_spread(fraud["false_alarms"]),
            copy_recall=_spread(copies["recall"]), copy_alarms=_spread(copies["false_alarms"]),
        )  # fmt: skip
    return text


def _spread(figure: Mapping[str, Any]) -> str:
    return f"{figure['mean']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def _visible(text: str) -> str:
    return text.replace("\u200b", "\\u200b")


def _unseen(unseen: Unseen) -> str:
    text = "\n| rule | plain | disguised | innocent |\n|---:|---:|---:|---:|\n"
    for rule in sorted(set(unseen.wordings["rule_no"])):
        text += f"| {rule} | " + " | ".join(_of(*unseen.count(kind, rule)) for kind in KINDS) + " |\n"
    cells = (unseen.count(kind) for kind in KINDS)
    text += "| all | " + " | ".join(f"{_of(*c)} ({_ratio(*c)})" for c in cells) + " |\n"
    wrong = unseen.wordings[~unseen.wordings["is_right"]]
    if wrong.empty:
        return text
    text += "\n| rule | kind | wrong |\n|---:|---|---|\n"
    return text + "".join(f"| {row.rule_no} | {row.kind} | `{_visible(row.text)}` |\n" for row in wrong.itertuples())


def rejected_of(real: Sequence[Alarms]) -> tuple[int, int]:
    """(rejected, all) of the legitimate real postings."""
    legitimate = [alarms for alarms in real if alarms.is_legitimate]
    return sum(a.share("REJECT")[0] for a in legitimate), sum(a.postings for a in legitimate)


def _real(rules: RuleSet, real: Sequence[Alarms], by_hand: dict[tuple[str, str], dict[str, Any]]) -> str:
    honest = [a for a in real if "fraudulent" not in a.name]
    rejected, postings = rejected_of(real)
    text = REAL.format(rejected=rejected, postings=postings, share=rejected / postings if postings else 0.0)
    text += (
        "\n| postings | profile | number | applicable rules | rejected | held | warned |\n"
        "|---|---|---:|---:|---:|---:|---:|\n"
    )
    for alarms in real:
        coverage = alarms.judged.coverage
        applicable = coverage[coverage["outcome"] != "not_applicable"]["rule_number"].nunique()
        cells = " | ".join(f"{n} ({s:.2%})" for n, s in (alarms.share(d) for d in ("REJECT", "HOLD", "WARN")))
        text += f"| {alarms.name} | {alarms.profile} | {alarms.postings:,} | {applicable} | {cells} |\n"
    text += "\n| postings | profile | rule | outcome | number |\n|---|---|---|---|---:|\n"
    for alarms in real:
        raised = alarms.judged.finding.drop_duplicates(["record_hash", "rule_number", "outcome"])
        for (_, rule, outcome), rows in raised.groupby(["rule_number", "rule_id", "outcome"]):
            text += f"| {alarms.name} | {alarms.profile} | {rule} | {outcome} | {len(rows)} |\n"
    text += "\n### Rejected or held though legitimate, each read by hand\n"
    rows = [(a.name, o, row) for o in ("reject", "hold") for a in honest for row in a.rows(o).itertuples()]
    if not rows:
        return text + "\nNone.\n"
    unread = {
        f"{row.posting_id} {row.rule_id}": None for *_, row in rows if (row.posting_id, row.rule_id) not in by_hand
    }
    if unread:
        raise ValueError(f"Nobody has judged {', '.join(unread)}. Read them and add them to {JUDGEMENTS.name}.")
    text += "\n| postings | posting | rule | outcome | words or facts | right | why |\n|---|---|---|---|---|---|---|\n"
    for name, outcome, row in rows:
        verdict = by_hand[row.posting_id, row.rule_id]
        right = "yes" if verdict["right"] else "no"
        words = row.facts if pd.isna(row.quote) else row.quote
        quote = "" if pd.isna(words) else str(words).replace("|", "/").replace("\n", " ")[:120]
        text += f"| {name} | {row.posting_id} | {row.rule_id} | {outcome} | {quote} | {right} | {verdict['why']} |\n"
    return text
