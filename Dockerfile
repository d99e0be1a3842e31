# One image for every Airflow process of this project. It installs exactly what uv.lock names.
#
# The base is pinned by tag with its patch level. A digest is stricter still: `docker buildx imagetools inspect
# python:3.12.12-slim-bookworm` prints it; write it behind the tag as `@sha256:...` when the image is first built.
FROM python:3.12.12-slim-bookworm AS build
ENV UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
WORKDIR /opt/lmi

# Dependencies first, so that a change of code does not install them again.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --group postgres --no-install-project

COPY lmi lmi
COPY ingest ingest
COPY validation validation
COPY dbt_project dbt_project
COPY exports exports
COPY dags dags
COPY sandbox sandbox
RUN uv sync --locked --no-dev --group postgres
# dbt's source list comes from the registry, so it is written now: at run time the code is read-only.
RUN .venv/bin/python -c "from dbt_project.build import declare_sources; declare_sources()"


FROM python:3.12.12-slim-bookworm
# What the PDFs of the reports are drawn with.
RUN apt-get update -qq \
 && apt-get install -qq -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/*
# Numbers, not names: the owner of the mounted key files on the host must be the same.
RUN groupadd --gid 50000 lmi \
 && useradd --uid 50000 --gid 50000 --no-create-home --home-dir /opt/airflow --shell /usr/sbin/nologin lmi \
 && install --directory --owner=50000 --group=50000 --mode=0750 /data /logs /backup /opt/airflow

# Code and environment belong to root: what runs them cannot change them.
COPY --from=build /opt/lmi /opt/lmi

ENV PATH=/opt/lmi/.venv/bin:$PATH \
    PYTHONPATH=/opt/lmi \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/opt/airflow \
    AIRFLOW_HOME=/opt/airflow
WORKDIR /opt/lmi
USER 50000:50000
CMD ["airflow", "version"]
