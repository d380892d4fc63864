"""What a draft of the model affects before it is published: everyone's questions, boards, targets, alerts and
deliveries, and the values that move.
"""
