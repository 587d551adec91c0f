"""The endurance suite on a short scale, in several files so that several workers can run it."""
