"""Why a step of a funnel changed, on the page: its form and its chart."""
