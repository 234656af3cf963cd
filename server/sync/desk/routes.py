"""The bureau's addresses of phones. Who may do which of these stands on each route (`access=`)."""

from litestar import Router
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from server.forms import BadForm, keep_private, show_again
from server.sync.desk.import_routes import import_file, import_page, import_result_page, refuse_too_large
from server.sync.desk.item_routes import decide_item, item_file, item_page
from server.sync.desk.phone_routes import phones_page

routes = [
    Router(
        "/",
        route_handlers=[
            phones_page,
            item_page,
            item_file,
            decide_item,
            import_page,
            import_file,
            import_result_page,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again, RequestEntityTooLarge: refuse_too_large},
    )
]
