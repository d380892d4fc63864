"""A platform's totals beside ours: the rules under which conversions are counted, and what each difference adds."""
