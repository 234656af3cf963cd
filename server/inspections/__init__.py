"""Inspections: what inspectors record of a unit becomes a score that anyone can recompute.

PEKPPP (PermenPANRB 29/2022, before it 17/2017), the Ombudsman's compliance assessments, local checklists.
"""
