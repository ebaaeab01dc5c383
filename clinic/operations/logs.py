"""Log lines name a page and an error, never what was typed or asked for."""

import logging
import re

_QUERY = re.compile(r"\?[^\s\"']*")
_BREAKS = re.compile(r"[\r\n\x00-\x1f\x7f]+")


class WithoutPrivateData(logging.Filter):
    """Drops query strings, strange addresses and line breaks from messages, and the values from database errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        request = getattr(record, "request", None)
        if request is not None and getattr(request, "resolver_match", None) is None:
            # An address that no page has is whatever somebody typed: it may be a name. Django escapes it first.
            path = str(request.path)
            for written in {path, path.encode("unicode_escape").decode("ascii")}:
                message = message.replace(written, "(no page)") if len(written) > 1 else message
        message = _BREAKS.sub(" ", _QUERY.sub("", message))
        record.msg, record.args = message, ()
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            trace = error.__traceback__
            while trace and trace.tb_next:
                trace = trace.tb_next
            place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
            record.msg = f"{message} -- {type(error).__name__} at {place}"
            record.exc_info, record.exc_text = None, None
        return True
