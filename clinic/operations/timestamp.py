"""A time stamp from outside for an anchor (RFC 3161): somebody else says when the history stood there.

Nothing leaves the machine unless the clinic names an authority, and then a digest alone. Its answer lies beside the file
of the anchors, with what it was given for: `openssl ts -verify -data NAME.anchor -in NAME.tsr -CAfile …` holds the two
together without this program.
"""

import json
import logging
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from clinic.audit.anchors import Anchor, anchor_file
from clinic.audit.keys import ring

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest

SECONDS = 20
LARGEST_ANSWER = 100_000
logger = logging.getLogger(__name__)


class NoStamp(Exception):
    """The authority did not give a time stamp for what it was asked."""


def place_of(anchor: Anchor) -> Path:
    """Where the time stamp of an anchor lies, without the ending."""
    return anchor_file().parent / f"{anchor.number}-{anchor.code}"


def stamp(anchor: Anchor) -> bool:
    """Have the anchor stamped, once; whether it is. Whatever goes wrong is a line of the log."""
    place = place_of(anchor)
    if place.with_suffix(".tsr").exists():
        return True
    said = json.dumps({"installation": ring().installation, "number": anchor.number, "mac": anchor.mac}).encode()
    try:
        answer = _asked(said)
        place.with_suffix(".anchor").write_bytes(said)
        place.with_suffix(".tsr").write_bytes(answer)
    except ImportError:
        logger.error("CLINIC_TIMESTAMP_URL is set, and the package rfc3161-client is not installed.")  # noqa: TRY400
        return False
    except (OSError, ValueError, NoStamp):
        logger.exception("The anchor could not be time-stamped.")
        return False
    return True


def _asked(data: bytes) -> bytes:
    """The authority's answer, once it is one to this very question."""
    from rfc3161_client import HashAlgorithm, PKIStatus, TimestampRequestBuilder, decode_timestamp_response

    question = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    request = urllib.request.Request(  # noqa: S310 -- the settings let http and https through alone
        settings.TIMESTAMP_URL, question.as_bytes(), {"Content-Type": "application/timestamp-query"}
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 -- as above
        answer: bytes = response.read(LARGEST_ANSWER + 1)
    if len(answer) > LARGEST_ANSWER:
        raise NoStamp("longer than any time stamp")
    try:
        stamped = decode_timestamp_response(answer)
    except ValueError:
        # Authorities that run openssl order their certificates as the library will not read them; openssl does.
        if not _names(answer, question):
            raise
        return answer
    if stamped.status not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
        raise NoStamp(f"status {stamped.status}")
    given = stamped.tst_info
    if given.message_imprint.message != question.message_imprint.message or given.nonce != question.nonce:
        raise NoStamp("for something else")
    return answer


def _names(answer: bytes, question: "TimeStampRequest") -> bool:
    """Whether the digest and the number of this question stand in the answer; a refusal names neither."""
    number = question.nonce or 0
    return question.message_imprint.message in answer and number.to_bytes(number.bit_length() // 8 + 1, "big") in answer
