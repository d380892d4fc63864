"""dbt projects (MetricFlow's semantic layer): read by `importing`, written by `exporting`.

Also questions as dbt asks them. Nothing of dbt's templates is run.
"""
