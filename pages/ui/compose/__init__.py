"""A board as it is made: begun, composed, published, its versions; and the list of boards."""
