"""The survey from the counter to the index: what a citizen sees and sends, and how it is kept, counted and read.

page, documents       the citizen's page as bytes; token: its signed mark
wire, arrive          what crosses the network, checked and placed in time
acceptance, intake    the one way in, and the group commit behind it; importing: sheets from elsewhere
devices, sweeper      a phone's mark of the day; the published rules at work
reader, compute       indices of what is stored, and of tables that somebody brings; indices: answers kept
tables, storage, routes
desk/                 what staff do with answers: read, review, import, type in, choose the convention
"""
