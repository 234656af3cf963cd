"""Units, their public services and counters, and the QR codes and posters that lead to a counter's survey.

words      the words people use for a unit's facts, as forms and tables write them
slugs      names in addresses
tree       units below units: order, paths, moves
table      a CSV table of units, services and counters, row by row
plan       what such a table would create and change, before anything is stored
attention  which unit needs the bureau most, and why
quarters   the periods the survey is reported in
codes      counter codes · qr, posters: pictures and paper
counters   what the survey asks of a counter, kept for a few seconds
facts      what others need to know of a counter
tables, storage; routes (units, services, counters), overview_routes, poster_routes, import_routes
"""
