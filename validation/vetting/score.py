"""The reliability score: how much a posting looks like those that people found to be bad.

It ranks what the rules passed or held and never refuses. Above a threshold that follows from what the reviewers can
call in a day, a posting is held for a person, with the words and properties that spoke loudest. A linear support
vector machine on hashed letters and form (``score_features``), its margin calibrated on folds of templates (Platt
1999, "Probabilistic outputs for support vector machines"); learnt from decisions that came back from people.

A model is named by the hash of what it was trained on: the same decisions make the same model. It is read back only
when it holds nothing but the types listed here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
import skops.io
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from ingest.landing import read_manifest, verify
from lmi.core.atomic import sha256_file, staged_folder, write_file
from lmi.core.paths import Paths
from validation.vetting.score_features import (
    FEATURES_VERSION,
    SIGNALS,
    Floats,
    originals,
    structure,
    word_counts,
    word_shares,
)
from validation.vetting.shingles import comparable
from validation.vetting.trained import in_force, models_folder, trained_models

#: types a model file may hold beside those that skops itself trusts; none is needed today
TRUSTED: tuple[str, ...] = ()
#: weight of one standard deviation of form against the text, whose features have length 1
_FORM_WEIGHT = 0.3
_CALIBRATION_FOLDS = 5
_REASONS = 5
#: a reason that weighs less than this part of the loudest is left out
_FAINT = 0.1
_PARAMETERS: dict[str, Any] = {
    "C": 0.3,
    "class_weight": "balanced",
    "form_weight": _FORM_WEIGHT,
    "folds": _CALIBRATION_FOLDS,
}

_REASON = pa.struct([("code", pa.string()), ("ko", pa.string()), ("en", pa.string()), ("weight", pa.float64())])
SCORE_SCHEMA = pa.schema([("posting_no", pa.int64()), ("score", pa.float64()), ("reasons", pa.list_(_REASON))])
NO_MODEL = {"code": "NO_MODEL", "ko": "신뢰도 모형을 지정하지 않아 점수를 매기지 않음(--model FOLDER)",
            "en": "no score: no reliability model was given (--model FOLDER)", "weight": None}  # fmt: skip
MANY_WEAK = {"code": "MANY_WEAK", "ko": "뚜렷한 한 가지 없이 약한 신호가 여럿 겹침",
             "en": "no single sign stands out; several weak ones add up", "weight": None}  # fmt: skip

#: reason code of a posting held for its score
SCORE_CODE = "RELIABILITY_SCORE"

Labels = npt.NDArray[np.int64]


class ModelError(Exception):
    """A model cannot be trained or read; the message says why and what to do."""


@dataclass(frozen=True)
class Features:
    """What is learnt from: bucket counts (one row per posting) and form (NaN where not carried)."""

    words: sp.csr_matrix
    form: Floats

    @classmethod
    def of(cls, postings: pa.Table, carried: frozenset[str] | None = None) -> Features:
        return cls(word_counts(comparable(originals(postings))), structure(postings, carried))

    def take(self, rows: npt.NDArray[np.int64]) -> Features:
        return Features(self.words[rows], self.form[rows])


@dataclass(frozen=True)
class Model:
    """A fitted score. ``threshold``: hold from here on. ``facts``: version and how it came about (see ``train``)."""

    weighting: TfidfTransformer
    scaler: StandardScaler
    classifier: LinearSVC
    calibrator: LogisticRegression
    #: probability from which calling a posting bad has the best F1 on the folds of the training set
    best_f1_from: float
    threshold: float
    facts: Mapping[str, Any]

    @property
    def version(self) -> str:
        return str(self.facts["version"])

    def predict(self, features: Features) -> Floats:
        """Probability that people would find each posting bad, 0–1."""
        if not features.form.shape[0]:
            return np.empty(0)
        margins = self.classifier.decision_function(_matrix(features, self.weighting, self.scaler))
        return np.asarray(self.calibrator.predict_proba(margins.reshape(-1, 1))[:, 1])


def _matrix(features: Features, weighting: TfidfTransformer, scaler: StandardScaler) -> sp.csr_matrix:
    # what a source never carries speaks neither for nor against: the mean. One absurd value must not decide alone.
    form = np.clip(np.nan_to_num(scaler.transform(features.form), nan=0.0), -4, 4) * _FORM_WEIGHT
    return sp.hstack([weighting.transform(features.words), sp.csr_matrix(form)], format="csr")


def fit(
    features: Features, labels: Labels, groups: npt.NDArray[np.int64], facts: Mapping[str, Any] | None = None
) -> Model:
    """Fits text weights, form and margin on everything; the calibration on folds that share no group.

    Raises ModelError when one of the two classes has too few groups to be split.
    """
    folds = min(_CALIBRATION_FOLDS, *(len(np.unique(groups[labels == value])) for value in (0, 1)))
    if folds < 2:
        raise ModelError(
            "Too few decisions to learn from: at least two templates of confirmed bad and of confirmed good postings"
            " are needed. Let reviewers decide more of the queue, then train again."
        )
    margins = np.empty(len(labels))
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=0)
    for train_rows, test_rows in splitter.split(features.form, labels, groups):
        parts = _fit_margin(features.take(train_rows), labels[train_rows])
        margins[test_rows] = parts[2].decision_function(_matrix(features.take(test_rows), *parts[:2]))
    calibrator = LogisticRegression(C=1e6).fit(margins.reshape(-1, 1), labels)
    if calibrator.coef_[0, 0] <= 0:  # no skill on templates not seen: everybody gets the base rate, nobody is held
        calibrator.coef_[:] = 0
        calibrator.intercept_[:] = np.log(labels.mean() / (1 - labels.mean()))
    weighting, scaler, classifier = _fit_margin(features, labels)
    best = _best_f1_from(calibrator.predict_proba(margins.reshape(-1, 1))[:, 1], labels)
    return Model(weighting, scaler, classifier, calibrator, best, 1.0, dict(facts or {}))


def _fit_margin(features: Features, labels: Labels) -> tuple[TfidfTransformer, StandardScaler, LinearSVC]:
    weighting = TfidfTransformer(sublinear_tf=True).fit(features.words)
    with np.errstate(invalid="ignore"):
        scaler = StandardScaler().fit(features.form)
    classifier = LinearSVC(C=_PARAMETERS["C"], class_weight="balanced", random_state=0, max_iter=5_000)
    return weighting, scaler, classifier.fit(_matrix(features, weighting, scaler), labels)


def _best_f1_from(probabilities: Floats, labels: Labels) -> float:
    order = np.argsort(-probabilities, kind="stable")
    found = np.cumsum(labels[order])
    f1 = 2 * found / (np.arange(1, len(order) + 1) + labels.sum())
    return float(probabilities[order][int(np.argmax(f1))])


def version_of(postings: pa.Table, labels: Labels) -> str:
    """sha256 over the training input: every posting as it was read with its label, and how features are made."""
    digest = hashlib.sha256(json.dumps([FEATURES_VERSION, _PARAMETERS], sort_keys=True).encode())
    lines = sorted(
        json.dumps([row, int(label)], sort_keys=True, default=str, ensure_ascii=False)
        for row, label in zip(postings.to_pylist(), labels, strict=True)
    )
    for line in lines:
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def held_share(reviewers: int, calls_per_day: int, postings_per_day: float, ceiling: float) -> float:
    """Largest share of postings the score may hold: what the reviewers can call, and never above ``ceiling``."""
    return min(ceiling, reviewers * calls_per_day / postings_per_day) if postings_per_day else ceiling


def threshold_of(scores: Floats, share: float) -> float:
    """Score from which ``share`` of ``scores`` would be held: the lowest value that holds no more than that."""
    ranked = np.unique(scores)
    held = len(scores) - np.searchsorted(np.sort(scores), ranked)  # by a threshold at each value
    fits = np.flatnonzero(held <= len(scores) * share)
    return float(ranked[fits[0]]) if len(fits) else 1.0


def score(postings: pa.Table, model: Model | None, carried: frozenset[str] | None = None) -> pa.Table:
    """posting_no, score (probability of being bad) and reasons of each posting (canonical columns).

    Reasons are given where the score holds (``score >= model.threshold``): code, wording and weight of what spoke
    loudest, in the unit of the margin. ``carried``: canonical columns the source has at all. Without a model the
    score is NULL and the reason says so.
    """
    numbers = postings.column("posting_no").combine_chunks().cast(pa.int64())
    if model is None:
        unscored = pa.array([[NO_MODEL]] * len(numbers), pa.list_(_REASON))
        return pa.Table.from_arrays([numbers, pa.nulls(len(numbers), pa.float64()), unscored], schema=SCORE_SCHEMA)
    texts = comparable(originals(postings))
    features = Features(word_counts(texts), structure(postings, carried))
    values = model.predict(features)
    held = np.flatnonzero(values >= model.threshold)
    reasons: list[list[dict[str, Any]]] = [[] for _ in range(len(numbers))]
    for row, found in zip(held, _reasons(model, features.take(held), texts.take(pa.array(held))), strict=True):
        reasons[row] = found
    return pa.Table.from_arrays([numbers, pa.array(values), pa.array(reasons, pa.list_(_REASON))], schema=SCORE_SCHEMA)


def add_score(con: duckdb.DuckDBPyConnection, model: Model, carried: frozenset[str]) -> None:
    """Adds ``score`` (four decimals), ``score_reasons`` (JSON) and ``model`` to the judge's table ``decision``.

    What the rules let through is held from the model's threshold on, with RELIABILITY_SCORE among its reasons; the
    score refuses nothing and lifts nothing.
    """
    postings = con.execute("SELECT * FROM posting ORDER BY posting_no").to_arrow_table()
    con.register("_scored", score(postings, model, carried))
    con.execute(
        f"""
        CREATE OR REPLACE TABLE decision AS
        WITH scored AS (
            SELECT p.record_hash, round(s.score, 4) AS score, to_json(s.reasons)::VARCHAR AS score_reasons,
                s.score >= $threshold AS is_doubtful
            FROM _scored AS s JOIN posting AS p USING (posting_no)
        )

        SELECT d.* REPLACE (
                CASE WHEN is_doubtful AND decision IN ('PASS', 'WARN') THEN 'HOLD' ELSE decision END AS decision,
                CASE WHEN is_doubtful AND decision IN ('PASS', 'WARN') THEN '{SCORE_CODE}' ELSE primary_code END
                    AS primary_code,
                CASE WHEN is_doubtful THEN list_append(reasons, '{SCORE_CODE}') ELSE reasons END AS reasons
            ),
            s.score, s.score_reasons, $version AS model
        FROM decision AS d JOIN scored AS s USING (record_hash)
        ORDER BY record_hash
        """,
        {"threshold": model.threshold, "version": model.version},
    )
    con.unregister("_scored")


def _reasons(model: Model, features: Features, texts: pa.Array) -> list[list[dict[str, Any]]]:
    """Top contributions to the margin of each posting; the loop runs over held postings only."""
    if not len(texts):
        return []
    matrix = _matrix(features, model.weighting, model.scaler)
    weights = model.classifier.coef_[0]
    buckets = features.words.shape[1]
    result = []
    for row, text in enumerate(texts.to_pylist()):
        line, counts = matrix[row, :buckets], features.words[row]
        once = np.zeros(buckets)
        once[line.indices] = line.data * weights[line.indices]
        once[counts.indices] /= counts.data
        spoken: list[dict[str, Any]] = [
            {"code": "WORD", "ko": f"낱말 '{word}'", "en": f"the word '{word}'", "weight": weight}
            for word, weight in word_shares(text, once).items()
        ]
        form = matrix[row, buckets:].toarray()[0]
        for signal, value, weight in zip(SIGNALS, form, form * weights[buckets:], strict=True):
            ko, en = signal.more if value > 0 else signal.less
            if ko and abs(value) >= _FORM_WEIGHT:  # less than one standard deviation is nothing unusual
                spoken.append({"code": signal.name.upper(), "ko": ko, "en": en, "weight": float(weight)})
        spoken.sort(key=lambda reason: -reason["weight"])
        quietest = spoken[0]["weight"] * _FAINT if spoken else 0.0
        loud = [reason for reason in spoken[:_REASONS] if reason["weight"] > 0 and reason["weight"] >= quietest]
        result.append(loud or [MANY_WEAK])
    return result


# --- kept models

MODEL_FILE = "model.skops"
_PARTS = ("weighting", "scaler", "classifier", "calibrator")


def save_model(model: Model, paths: Paths) -> Path:
    """Writes a model into a folder named by its version and returns that; one that is there already stays."""
    folder = models_folder(paths) / model.version[:16]
    if read_manifest(folder):
        return folder
    with staged_folder(folder, paths.work) as staged:
        file = staged / MODEL_FILE
        skops.io.dump({name: getattr(model, name) for name in _PARTS}, file)
        entry = {"path": MODEL_FILE, "sha256": sha256_file(file), "bytes": file.stat().st_size}
        facts = {"best_f1_from": model.best_f1_from, "threshold": model.threshold, "facts": dict(model.facts)}
        write_file(staged / "manifest.json", json.dumps({"files": [entry], **facts}, indent=1).encode())
    return folder


def load_model(folder: Path) -> Model:
    """Reads a kept model. Raises LandingError when its bytes differ from the manifest's, ModelError when it is none or
    holds a type that is not trusted."""
    manifest = read_manifest(folder)
    if not manifest:
        raise ModelError(f"{folder} holds no reliability model. Run `lmi vet train`.")
    verify(folder, manifest)
    file = folder / MODEL_FILE
    if strange := sorted(set(skops.io.get_untrusted_types(file=file)) - set(TRUSTED)):
        raise ModelError(f"{file} holds types that are not trusted ({', '.join(strange)}). Train it again.")
    parts = skops.io.load(file, trusted=list(TRUSTED))
    return Model(**parts, **{name: manifest[name] for name in ("best_f1_from", "threshold", "facts")})


def model_in_force(paths: Paths, day: date) -> Model | None:
    """The model in force on ``day``; None when there is none, and then nothing is scored."""
    trained = in_force(trained_models(paths), day)
    return load_model(trained.folder) if trained else None
