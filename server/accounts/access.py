"""Who may do what: the one place that decides.

Every route names one `Access` in its options (`access=…`); `enforce` refuses what is not allowed, and every route
that names nothing. Whose data a viewer sees is the other half of the rule: `scope.py`.
"""

import enum

import msgspec


class Role(enum.StrEnum):
    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"
    INSPECTOR = "inspector"
    OFFICER = "officer"


class Access(enum.StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    SEE_UNITS = "see_units"
    SEE_RESPONSES = "see_responses"
    PRINT_POSTERS = "print_posters"
    EDIT_UNITS = "edit_units"
    IMPORT_RESPONSES = "import_responses"
    REVIEW_EXCLUSIONS = "review_exclusions"
    CHOOSE_CONVENTION = "choose_convention"
    MANAGE_PEOPLE = "manage_people"
    READ_AUDIT = "read_audit"
    SEE_INSPECTIONS = "see_inspections"
    PLAN_INSPECTIONS = "plan_inspections"
    RECORD_VISITS = "record_visits"
    VERIFY_VISITS = "verify_visits"
    ANSWER_FINDINGS = "answer_findings"
    PUBLISH_INSTRUMENTS = "publish_instruments"


BUREAU = frozenset({Role.ADMINISTRATOR, Role.COORDINATOR})

ALLOWED: dict[Access, frozenset[Role]] = {
    Access.SIGNED_IN: frozenset(Role),
    Access.SEE_UNITS: BUREAU | {Role.OFFICER},
    Access.SEE_RESPONSES: BUREAU | {Role.OFFICER},
    Access.PRINT_POSTERS: BUREAU | {Role.OFFICER},
    Access.IMPORT_RESPONSES: BUREAU,
    Access.REVIEW_EXCLUSIONS: BUREAU,  # a unit can never exclude its own
    Access.EDIT_UNITS: frozenset({Role.ADMINISTRATOR}),
    Access.CHOOSE_CONVENTION: frozenset({Role.ADMINISTRATOR}),
    Access.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
    Access.READ_AUDIT: frozenset({Role.ADMINISTRATOR}),
    Access.SEE_INSPECTIONS: frozenset(Role),  # each what is theirs: `inspections/storage.py`
    Access.PLAN_INSPECTIONS: BUREAU,
    Access.RECORD_VISITS: frozenset({Role.INSPECTOR, Role.OFFICER}),  # an officer: the unit's own assessment
    Access.VERIFY_VISITS: BUREAU,
    Access.ANSWER_FINDINGS: frozenset({Role.OFFICER}),
    Access.PUBLISH_INSTRUMENTS: frozenset({Role.ADMINISTRATOR}),
}


class Viewer(msgspec.Struct, frozen=True):
    """The person asking: what they are, and the unit whose tree they see (None: the whole city)."""

    person_id: int
    username: str
    name: str
    role: Role
    unit_id: int | None
    unit_path: str | None

    def may(self, access: str) -> bool:
        return access == Access.PUBLIC or self.role in ALLOWED[Access(access)]

    @property
    def is_bureau(self) -> bool:
        return self.role in BUREAU
