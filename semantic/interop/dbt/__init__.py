"""Import and export dbt projects (MetricFlow's semantic layer), and read questions in dbt's form.

dbt's templates are never run.
"""
