"""All addresses of sync."""

from server.sync import pull_routes, push_routes
from server.sync.desk.routes import routes as desk_routes
from server.sync.uploads.routes import routes as upload_routes

routes = [*push_routes.routes, *pull_routes.routes, *upload_routes, *desk_routes]
