"""All addresses of inspections, room by room."""

from server.inspections.desk.routes import routes as desk
from server.inspections.editions.routes import routes as editions
from server.inspections.evaluations.routes import routes as evaluations
from server.inspections.evidence.routes import routes as evidence
from server.inspections.followups.routes import routes as followups
from server.inspections.replies.routes import routes as replies
from server.inspections.scores.routes import routes as scores
from server.inspections.users.routes import routes as users
from server.inspections.visits.routes import routes as visits

routes = [
    *editions,
    *evidence,
    *evaluations,
    *visits,
    *users,
    *scores,
    *replies,
    *followups,
    *desk,
]
