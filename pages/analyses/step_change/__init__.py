"""Why a funnel step changed, on the Analyses page: the form and the chart."""
