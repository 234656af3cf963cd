"""The satisfaction survey (SKM, PermenPANRB 14/2017): questionnaire, intake, tallies, index, sample, exclusions.

rules          the law's numbers as dated data, and the named ways to compute
questionnaire  the questions word for word
index          from answers, totals or averages to the index and its arithmetic; several units together
sample         respondents needed and had; one counter or hour that speaks for all
exclusion      the published rules against stuffing
table          the tables people paste, upload or import
tally, periods, token, page: counts per period, ranges of days, the page's mark, the page itself
arrive, acceptance, intake: from what a phone sent to a durable row
reader         what others read of the survey; compute: indices of tables that are not stored
sweeper        applies the rules against stuffing
wire, tables, storage, routes and the routes of staff
"""
