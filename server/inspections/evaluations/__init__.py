"""Evaluations: an instrument, a period, the units chosen as locus, who visits them and until when."""
