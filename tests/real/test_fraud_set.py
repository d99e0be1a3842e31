"""The score on the public fraud set: recall on fraud and false alarms on legitimate postings, nothing else.

The halves come from different copies (see ``fraud_set``), so no ranking figure is read from them.
"""

import numpy as np
import pytest

from tests.real.conftest import real_data
from tests.validation.vetting.fraud_set import FILE, fraud_set, mended
from validation.vetting.score_evaluation import evaluate


@pytest.mark.real_data
def test_fraud_is_recalled_on_templates_not_seen() -> None:
    if not (real_data() / FILE).is_file():
        pytest.skip(f"{real_data() / FILE} is not there (set LMI_REAL_DATA, see docs/real-data.md)")
    postings, labels = fraud_set(real_data())
    assert (len(labels), int(np.sum(labels))) == (848, 472)
    assert all(text.isascii() for text in postings.column("duties").to_pylist())
    found = evaluate(postings, labels, seeds=(1, 2))
    print({name: found[name] for name in ("templates", "recall", "false_alarms")})
    assert found["recall"]["low"] > 0.75
    assert found["false_alarms"]["high"] < 0.35


def test_both_copies_are_mended_alike() -> None:
    assert mended("we\u00e2\u20ac\u2122re hiring &amp; <b>growing</b>.Join us") == "we're hiring & growing. Join us"
    assert mended("we\u2019re hiring & growing. Join us") == "we're hiring & growing. Join us"
