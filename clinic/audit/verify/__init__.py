"""The verifier: it reads everything that the audit history holds, and names what is not as it was written."""

from clinic.audit.verify.findings import Finding, add_check
from clinic.audit.verify.result import Result, last_result
from clinic.audit.verify.run import verify, verify_new

__all__ = ["Finding", "Result", "add_check", "last_result", "verify", "verify_new"]
