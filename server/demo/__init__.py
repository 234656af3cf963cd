"""The demo city: an invented Indonesian city whose citizens answered for a year, through the same door as real ones.

catalogue  what stands in such a city: units, their public services and counters
city       one city from the catalogue and a seed: addresses, hours, users, counter codes
people     who answers: profile, mood, habits
answers    what they answer, by the reputation of the unit
remarks    the sentences they write
stuffing   the stuffed answers that the published rules take out
year       when and where they answer, all in the order of their arrival
planting   puts it all into a database, by the intake that everybody uses · storage
"""
