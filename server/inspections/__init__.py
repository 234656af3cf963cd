"""Inspections: what inspectors record of a unit becomes a score that anyone can recompute.

PEKPPP (PermenPANRB 29/2022, before it 17/2017), the Ombudsman's compliance assessments, local checklists. Pure:

instrument, shape, positions, check   what an instrument is, and whether a file is one; the files in `instruments/`
scoring, ipp, result, rollup          from findings to a part, an index, a unit, the city
visit, decide                         a visit's life and what it lacks; which of several visits' values holds
difference, own_version, compute      versions compared, a city's own one made, a score of findings that somebody brings

The rooms, each with its storage and routes: editions, evaluations, visits, evidence, users (F-03), scores, replies,
followups, signals; desk shows them to staff, phone tells a phone what it is to know, `visits.arrival` takes in what one
sends. `storage` holds who may see what, `refusing` keeps what was refused.
"""
