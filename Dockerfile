# Pages and API as one image; the worker and the clockwork run it with another command (docker-compose.yml).

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
ARG REQUIREMENTS=requirements.txt
COPY ${REQUIREMENTS} requirements.txt
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
COPY . .
# Collecting needs settings that are not embedded, but neither a database nor Redis answers here.
RUN DATA_DIR=/app/var SECRET_KEY=only-for-collecting-static-files-at-build \
    JWT_SIGNING_KEY=only-for-collecting-static-files-too \
    DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost:6379/0 \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/app/var LOG_FORMAT=json
RUN useradd --system --uid 10001 --home-dir /app fantasy
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build --chown=fantasy /app /app
USER fantasy
EXPOSE 8000
# ALLOWED_HOSTS must name 127.0.0.1 for this to be answered.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--no-ws", "fantasy_f1.wsgi:application"]
