"""What staff do with the survey: they read responses, review exclusions, bring in sheets and paper, and choose the
convention. Who may do which of these stands on each route (`access=`)."""

from litestar import Router
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from server.forms import BadForm, show_again
from server.surveys.desk.convention_routes import choose_convention, convention_page
from server.surveys.desk.entry_routes import entry_page, type_response
from server.surveys.desk.import_routes import (
    check_import,
    confirm_import,
    import_check_page,
    import_page,
    import_result_page,
    refuse_too_large,
)
from server.surveys.desk.response_routes import (
    processing_file,
    processing_page,
    responses_file,
    responses_page,
)
from server.surveys.desk.review_routes import exclusions_page, response_page, review_page, review_responses

routes = [
    Router(
        "/",
        route_handlers=[
            responses_page,
            responses_file,
            processing_page,
            processing_file,
            exclusions_page,
            response_page,
            review_page,
            review_responses,
            import_page,
            check_import,
            import_check_page,
            confirm_import,
            import_result_page,
            entry_page,
            type_response,
            convention_page,
            choose_convention,
        ],
        exception_handlers={BadForm: show_again, RequestEntityTooLarge: refuse_too_large},
    )
]
