"""What phones send and fetch: the protocol, version 1.

push     POST /api/sync/push
         {wire, device_id, client_now, app_version, items: [{id, seq, kind, base_rev, body_sha256, body}]}
         → 200 {server_now, contact, results: [{id, body_sha256, status, …}]}, one per item, in their order
         application/json, up to 100 items and 1 MB unpacked, gzip allowed. `body` is frozen text: `body_sha256` hashes
         its bytes as they stand in the request, and so do we. Every item is judged alone, in its own savepoint, and
         leaves one row in the ledger by (id, body_sha256, sender). All is committed before it is answered.
  accepted   stored as `revision`; `need_photos` are the hashes of its photos that are not here yet
  duplicate  the same id and bytes were accepted before; `need_photos` as it is now
  conflict   kept beside another revision or visit (`code`, `current`); a coordinator chooses
  rejected   cannot be stored as it is (`code`, `detail`, `field`, `faults`); kept in quarantine. An item nobody can
             read is named as far as it says who it is (`id` and `body_sha256` may be null)
             Both are judged anew when they are sent again, unless a coordinator has `set_aside` (`code`) what came
  retry      not judged (`damaged`: other bytes than announced; `broken`: a fault of ours); leaves no row
         A whole request is refused with 400 (no push), 401 (nobody is signed in), 403 (not their task, or sent by a
         page of another site), 413 (too many or large), 415, 426 (app too old), 503 and 507 (not stored, or no room).
pull     GET /api/sync/pull?cursor=
         → 200 {cursor, more, reset, server_now, contact, oldest_wire, person, units, evaluations, instruments,
         assignments, inspections, deleted: [{kind, id}]}: what changed since the cursor; 304 when nothing did, with
         our time in `Loket-Now` and `Loket-Contact`. The cursor is opaque, and the ETag of its answer. One we do not
         know (too old, another person's, of a database that was restored since) is answered with `reset: true` and
         everything.
photos   /api/photos, tus 1.0.0
contact  our time, signed; a phone refers to it to say when something happened (`server/phones.py`)

A phone believes only JSON that names its item's id and hash. No refusal ever asks it to delete anything.
"""
