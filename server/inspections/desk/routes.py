"""The staff's pages of inspections."""

from typing import Any

from server.inspections.desk.evaluation_plan_routes import routes as evaluation_plans
from server.inspections.desk.evaluation_routes import routes as evaluations
from server.inspections.desk.followup_routes import routes as follow_ups
from server.inspections.desk.home_routes import routes as home
from server.inspections.desk.instrument_file_routes import routes as instrument_files
from server.inspections.desk.instrument_routes import routes as instruments
from server.inspections.desk.own_version_routes import routes as own_versions
from server.inspections.desk.reply_routes import routes as replies
from server.inspections.desk.unit_routes import routes as units
from server.inspections.desk.visit_fill_routes import routes as visit_forms
from server.inspections.desk.visit_routes import routes as visits

routes: list[Any] = [
    *home,
    *evaluations,
    *evaluation_plans,
    *instruments,
    *own_versions,
    *instrument_files,
    *visits,
    *visit_forms,
    *units,
    *replies,
    *follow_ups,
]
