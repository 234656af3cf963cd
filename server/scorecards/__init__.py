"""What the public reads: the city, its units, the rules, the calculator and the viewer of the API.

Indices come from the reader that `app.py` hands over (`state.skm`), results of evaluations from another
(`state.inspections`); this slice knows no other slice.

period    the days a page is about
search    which units and services answer to some words
ranking   the order in which units are listed
charts    geometry of the pictures
evaluated results of evaluations, final ones only
brought   what somebody typed into the calculator
reference the OpenAPI document as a page reads it
storage, routes
"""
