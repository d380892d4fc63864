"""Read a semantic model of a dbt project, in the older or the newer spec."""

from __future__ import annotations

from semantic.interop.dbt.metric_read import read_metric
from semantic.interop.dbt.nouns import Dimension, Entity, Measure, MeasureInput, Metric, SemanticModel
from semantic.interop.node import Node


def read_model(node: Node, table: str) -> SemanticModel:
    """Return a semantic model from MetricFlow's YAML, or from dbt's `semantic_models:`."""
    name = node.text("name")
    defaults = node.part("defaults")
    model = SemanticModel(
        name=name,
        label=node.text("label"),
        description=node.text("description"),
        file=node.file,
        carried=node.carried(),
        table=table,
        agg_time_dimension=defaults.text("agg_time_dimension"),
        primary_entity=node.text("primary_entity"),
        entities=tuple(_entity(part) for part in node.parts("entities", "entity")),
        dimensions=tuple(_dimension(part) for part in node.parts("dimensions", "dimension")),
        measures=tuple(_measure(part) for part in node.parts("measures", "measure")),
    )
    node.skip("node_relation", "model", "metadata")
    node.left_out()
    return model


def _entity(node: Node) -> Entity:
    name = node.text("name")
    entity = Entity(
        name=name,
        label=node.text("label"),
        description=node.text("description"),
        file=node.file,
        carried=node.carried(),
        kind=node.text("type", "foreign").lower(),
        expr=node.text("expr", name),
    )
    node.skip("metadata")
    node.left_out()
    return entity


def _dimension(node: Node) -> Dimension:
    name = node.text("name")
    params = node.part("type_params")
    validity = params.part("validity_params") if params.has("validity_params") else node.part("validity_params")
    starts, ends = validity.truth("is_start"), validity.truth("is_end")
    dimension = Dimension(
        name=name,
        label=node.text("label"),
        description=node.text("description"),
        file=node.file,
        carried=node.carried(),
        kind=node.text("type", "categorical").lower(),
        expr=node.text("expr", name),
        granularity=(params.text("time_granularity") or node.text("granularity")).lower(),
        is_partition=node.truth("is_partition"),
        validity="start" if starts else "end" if ends else "",
    )
    node.skip("metadata")
    node.left_out()
    return dimension


def _measure(node: Node) -> Measure:
    name = node.text("name")
    params, over = node.part("agg_params"), node.part("non_additive_dimension")
    percentile_type = node.text("percentile_type").lower()
    measure = Measure(
        name=name,
        label=node.text("label"),
        description=node.text("description"),
        file=node.file,
        carried=node.carried(),
        agg=node.text("agg").lower(),
        expr=node.text("expr", name),
        agg_time_dimension=node.text("agg_time_dimension"),
        percentile=params.text("percentile") or node.text("percentile"),
        is_discrete=params.truth("use_discrete_percentile") or percentile_type == "discrete",
        is_approximate=params.truth("use_approximate_percentile"),
        over=over.text("name"),
        window_choice=(over.text("window_choice") or over.text("window_agg")).lower(),
        window_groupings=over.texts("window_groupings") or over.texts("group_by"),
        create_metric=node.truth("create_metric"),
    )
    node.skip("metadata", "create_metric_display_name")
    node.left_out()
    return measure


def read_newer_model(node: Node, table: str) -> tuple[SemanticModel, list[Metric]]:
    """Return the semantic model and metrics in a dbt model with `semantic_model:`.

    Its columns declare their roles, and its simple metrics are measures.
    """
    about = node.part("semantic_model")
    name = about.text("name") or node.text("name")
    entities, dimensions = list[Entity](), list[Dimension]()
    for column in node.parts("columns", "column"):
        _column(column, entities, dimensions)
    derived = node.part("derived_semantics")
    entities += [_entity(part) for part in derived.parts("entities", "entity")]
    dimensions += [_dimension(part) for part in derived.parts("dimensions", "dimension")]
    measures, metrics = list[Measure](), list[Metric]()
    for part in node.parts("metrics", "metric"):
        if part.text("type", "simple").lower() == "simple" and part.has("agg"):
            measures.append(_measure_of(part))
            metrics.append(_simple_metric(part))
        else:
            metrics.append(read_metric(part))
    model = SemanticModel(
        name=name,
        label=about.text("label"),
        description=node.text("description"),
        file=node.file,
        carried=node.carried(),
        table=table,
        agg_time_dimension=node.text("agg_time_dimension"),
        primary_entity=node.text("primary_entity"),
        entities=tuple(entities),
        dimensions=tuple(dimensions),
        measures=tuple(measures),
    )
    return model, metrics


def _column(node: Node, entities: list[Entity], dimensions: list[Dimension]) -> None:
    """Add the entity or dimension that a column declares.

    `entity: primary` is short for an entity of that kind.
    """
    column = node.text("name")
    if node.has("entity"):
        entity = node.part("entity")
        kind = entity.text("type") if node.is_mapping("entity") else node.text("entity")
        entities.append(
            Entity(name=entity.text("name", column), kind=(kind or "foreign").lower(), expr=column, file=node.file)
        )
    if node.has("dimension"):
        dimension = node.part("dimension")
        kind = dimension.text("type") if node.is_mapping("dimension") else node.text("dimension")
        validity = dimension.part("validity_params")
        starts, ends = validity.truth("is_start"), validity.truth("is_end")
        dimensions.append(Dimension(
            name=dimension.text("name", column), label=dimension.text("label"),
            description=dimension.text("description") or node.text("description"),
            kind=(kind or "categorical").lower(), expr=column,
            granularity=(node.text("granularity") or dimension.text("granularity")).lower(),
            is_partition=dimension.truth("is_partition"),
            validity="start" if starts else "end" if ends else "", file=node.file,
        ))  # fmt: skip


def _measure_of(node: Node) -> Measure:
    over = node.part("non_additive_dimension")
    return Measure(
        name=node.text("name"),
        label=node.text("label"),
        file=node.file,
        agg=node.text("agg").lower(),
        expr=node.text("expr", "1" if node.text("agg").lower() == "count" else node.text("name")),
        agg_time_dimension=node.text("agg_time_dimension"),
        percentile=node.text("percentile"),
        is_discrete=node.text("percentile_type").lower() == "discrete",
        over=over.text("name"),
        window_choice=(over.text("window_choice") or over.text("window_agg")).lower(),
        window_groupings=over.texts("window_groupings") or over.texts("group_by"),
    )


def _simple_metric(node: Node) -> Metric:
    return Metric(
        name=node.text("name"),
        label=node.text("label"),
        description=node.text("description"),
        file=node.file,
        carried=node.carried(),
        kind="simple",
        filters=node.texts("filter"),
        granularity=node.text("time_granularity").lower(),
        measure=MeasureInput(
            node.text("name"), fill=node.text("fill_nulls_with"), join_to_timespine=node.truth("join_to_timespine")
        ),
    )
