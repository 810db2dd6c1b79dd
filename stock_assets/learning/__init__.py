"""Learning: from a training set to a judged, registered model, and from a model to predictions.

Belongs here: dataset, splits, calibration, models, evaluation, the promotion gate, tracking,
prediction. Values and Arrow tables come in, values and Arrow tables go out.
Does not belong here: Dagster, the lake, the warehouse. How features are computed is SQL
(dbt_project/models/features); this room only knows their names (``features.py``, which is light;
every other file imports scikit-learn or MLflow and is imported where it is used).
"""
