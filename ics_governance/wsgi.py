"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ics_governance.settings")
application = get_wsgi_application()

from ics_governance.checks import refuse_to_serve_with_too_much_power  # noqa: E402 - it needs Django to be set up

refuse_to_serve_with_too_much_power()
