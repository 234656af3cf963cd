"""People, roles, sessions and the audit trail: who may do what, and what was done.

access    roles and what each may do: the one place that decides
scope     whose data a viewer sees: the one filter
passwords Argon2id
sessions  from a request to its viewer; enforcing the access a route names
proving   who somebody is, and opening their session
audit     the sealed trail
tables, storage, routes (pages), session_routes (the app)
"""
