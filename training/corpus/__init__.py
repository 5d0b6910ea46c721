"""Generators of training conversations; every one is a function of a seed."""
