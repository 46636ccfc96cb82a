# The habits as targets; each is one script or one line, so that it also runs by hand.
