"""dbt projects (MetricFlow's semantic layer): imported by `importing`, exported by `exporting`.

This package also reads questions as dbt asks them. dbt's templates are never run.
"""
