"""One linear programme kept in HiGHS, to be changed a little and solved again from where it stood."""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse


def programme(matrix: sparse.spmatrix, cost: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> highspy.Highs:
    """Minimise ``cost @ x`` with ``matrix @ x = 0`` and ``lower <= x <= upper``; one thread, so that answers repeat."""
    columns = sparse.csc_matrix(matrix)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = columns.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_ = lp.row_upper_ = np.zeros(columns.shape[0])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = columns.indptr, columns.indices, columns.data
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("presolve", "off")
    model.setOptionValue("solver", "simplex")
    model.passModel(lp)
    return model
