#!/usr/bin/env python3
"""Makes the models of this folder and what the real XGBoost says of their rows: NAME.json by save_model, NAME.csv with the features (empty: missing),
then `margin`, `probability` and, by approx_contribs, what each feature adds and the base. Needs xgboost and numpy (made with 3.x); run here.

payments: named features, half of a column missing, an uneven base rate. plain: no names, a base_score that is set, more and deeper trees."""
import csv

import numpy
import xgboost

ROWS = 300


def rows(draw, features):
    x = draw.normal(size=(4000, features)).astype(numpy.float32)
    x[:, 0] = numpy.exp(3 + x[:, 0]).round(2)  # amounts
    x[:, 1] = draw.integers(0, 24, len(x))  # hours: many equal values, on the very splits
    x[draw.random(len(x)) < 0.5, 2] = numpy.nan
    x[draw.random(len(x)) < 0.05, 0] = numpy.nan
    odds = 0.02 * numpy.nan_to_num(x[:, 0]) + (x[:, 1] < 6) * 1.5 + numpy.nan_to_num(x[:, 2], nan=1.0) - 4
    return x, (draw.random(len(x)) < 1 / (1 + numpy.exp(-odds))).astype(int)


def make(name, seed, features, names, **parameters):
    x, y = rows(numpy.random.default_rng(seed), features)
    trees = parameters.pop("trees")
    booster = xgboost.train({"objective": "binary:logistic", "seed": seed, "nthread": 1, **parameters},
                            xgboost.DMatrix(x, y, feature_names=names), trees)
    booster.save_model(f"{name}.json")
    asked = xgboost.DMatrix(x[:ROWS], feature_names=names)
    margins = booster.predict(asked, output_margin=True)
    probabilities = booster.predict(asked)
    shares = booster.predict(asked, pred_contribs=True, approx_contribs=True)
    with open(f"{name}.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([*(names or (f"f{i}" for i in range(features))), "margin", "probability", *(f"share_{i}" for i in range(features)), "share_base"])
        for row, margin, probability, share in zip(x, margins, probabilities, shares):
            out.writerow(["" if numpy.isnan(value) else repr(float(value)) for value in row] + [repr(float(value)) for value in (margin, probability, *share)])


make("payments", 7, 4, ["amount", "hour", "to_habit", "times_here"], trees=20, max_depth=4, eta=0.3)
make("plain", 11, 3, None, trees=60, max_depth=3, eta=0.1, base_score=0.2, scale_pos_weight=2)
