# The service, and with --target train what trains. Nothing secret is in either; the home lies in a volume.
#
#   docker build --tag circles .
#   docker build --tag circles-train --target train --build-arg TORCH=cpu .     # or cu128, for a GPU
ARG PYTHON=3.12-slim-bookworm

FROM python:${PYTHON} AS wheel
WORKDIR /source
COPY pyproject.toml README.md LICENSE policy.toml ./
COPY graph graph
COPY loaders loaders
COPY embeddings embeddings
COPY api api
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:${PYTHON} AS serve-packages
COPY --from=wheel /wheels /wheels
RUN python -m venv /opt/circles \
 && /opt/circles/bin/pip install --no-cache-dir "$(echo /wheels/*.whl)[serve,load,neo4j]"

FROM serve-packages AS train-packages
ARG TORCH=cpu
RUN python -m venv /opt/uv \
 && /opt/uv/bin/pip install --no-cache-dir 'uv>=0.8,<1' \
 && /opt/uv/bin/uv pip install --no-cache --python /opt/circles/bin/python --torch-backend "${TORCH}" \
      "$(echo /wheels/*.whl)[serve,load,neo4j,train]"

FROM python:${PYTHON} AS base
RUN groupadd --gid 10001 circles \
 && useradd --uid 10001 --gid circles --no-create-home --home-dir /data --shell /usr/sbin/nologin circles \
 && install --directory --owner circles --group circles --mode 0700 /data
ENV PATH=/opt/circles/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CIRCLES_HOME=/data/home
# A folder inside the volume, not the volume itself: a restore renames it.
VOLUME /data
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["circles"]

FROM base AS train
COPY --from=train-packages /opt/circles /opt/circles
CMD ["train"]

FROM base AS serve
COPY --from=serve-packages /opt/circles /opt/circles
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--workers", "2"]
