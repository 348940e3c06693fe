"""Puts models, the slang set and the Space on the Hub: the only room that writes there.

    preflight and plan -> one commit for each repo -> the Space's build -> a live check -> receipts

`plan_upload` is pure and `publish` carries it out; whatever lies between is waited out, compared
and said.
"""

from reeltalk.hub.care import print_status, verify
from reeltalk.hub.publishing import publish
from reeltalk.hub.rollback import rollback
from reeltalk.hub.upload_plan import UploadPlan, plan_upload
from reeltalk.hub.uploads import publish_all, publish_models, publish_space

__all__ = [
    "UploadPlan",
    "plan_upload",
    "print_status",
    "publish",
    "publish_all",
    "publish_models",
    "publish_space",
    "rollback",
    "verify",
]
