"""Photos on their way: tus 1.0.0 at /api/photos, so that an upload goes on where it broke off.

Core, creation, creation-with-upload, checksum (sha1, sha256), expiration and termination. What is told as received is
on the disk. A whole file goes to the store that `app.py` hands over; its last byte is answered when it is held there.
"""
