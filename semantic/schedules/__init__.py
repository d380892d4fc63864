"""When things are due: cron rules on someone's clock, their next moments, and the same rules in plain words.

Who runs something at those moments is decided by `semantic.worker`, and what is sent by `semantic.services`.
"""
