"""The impact of a draft before it is published: on everyone's questions, boards, targets, alerts and deliveries, and on
values.
"""
