"""What the production server loads."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

application = get_wsgi_application()

# Every page's code is loaded now, and what is loaded stays: the collector need not walk it again in the middle
# of somebody's page (bench: the slowest pages of a long record take half the time).
_pages = get_resolver().url_patterns
gc.collect()
gc.freeze()
# A page makes some ten thousand small things and drops them at once: looking for cycles less often loses nothing.
gc.set_threshold(20_000, 20, 50)
