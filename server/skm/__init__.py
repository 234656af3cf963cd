"""The satisfaction survey as the law has it (SKM, PermenPANRB 14/2017): pure, for everybody, knowing nobody.

rules          the law's numbers as dated data, and the named ways to compute
questionnaire  the questions word for word
index          from answers, totals or averages to the index and its arithmetic; several units together
sample         respondents needed and had; one counter or hour that speaks for all
exclusion      the published rules against stuffing
table          the tables people paste, upload or import
tally          what answers add to the counts the index is read from
periods        years, quarters, months and ranges of days
"""
