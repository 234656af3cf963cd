"""Addresses of the users' form: its page, its answers, its QR code."""

from typing import Any

from server.inspections.users.page_routes import routes as page_routes
from server.inspections.users.sheet_routes import routes as sheet_routes

routes: list[Any] = [*page_routes, *sheet_routes]
