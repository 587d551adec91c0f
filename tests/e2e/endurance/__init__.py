"""The endurance suite on a short scale; several files, so that several workers share it."""
