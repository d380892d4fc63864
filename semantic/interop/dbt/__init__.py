"""dbt projects (MetricFlow's semantic layer): imported by `importing`, exported by `exporting`.

This package also reads questions in dbt's form. dbt's templates are never run.
"""
