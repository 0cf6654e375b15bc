"""Letters to whoever looks after the service."""

from __future__ import annotations

from timebank.web.job_names import told
from timebank.web.post import Facts, letter
from timebank.web.words import Language, _


def _job(facts: Facts, language: Language) -> dict[str, object]:
    return {"job": ("、" if language == "zh" else ", ").join(told(name, language) for name in facts["jobs"])}


letter(
    "job_overdue",
    _("Something in the time bank stands still: %(job)s"),
    _("The last success was on %(success_at)s. Look at the page of jobs in the office, or ask whoever runs the server."),
    retell=_job,
)
letter(
    "job_well",
    _("It runs again: %(job)s"),
    _("The last success was on %(success_at)s. Nothing more is to be done; what had waited is caught up."),
    retell=_job,
)
