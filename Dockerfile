# Builds every experiment and runs any of them: docker run IMAGE household_compression data=shapes train.epochs=1
# For a repeatable image name the base by digest: --build-arg BASE=debian:bookworm-slim@sha256:...
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS builder
ARG GPU=0
WORKDIR /opt/assay
COPY scripts scripts
RUN GPU=${GPU} scripts/setup build && rm -rf /var/lib/apt/lists/*
COPY . .
RUN scripts/build release
RUN scripts/container_tree /opt/runtime

FROM ${BASE}
COPY scripts/packages/run.txt /tmp/packages.txt
RUN apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $(cat /tmp/packages.txt) >/dev/null \
 && rm -rf /var/lib/apt/lists/* /tmp/packages.txt \
 && useradd --create-home --uid 1000 assay
COPY --from=builder /opt/runtime /opt/assay
ENV PATH=/opt/assay/bin:$PATH ASSAY_PYTHON=/usr/bin/python3 PYTHONPATH=/opt/assay/.venv/lib/python3.11/site-packages
USER assay
# Runs and reports land here: mount a folder on it to keep them.
WORKDIR /home/assay
ENTRYPOINT ["/opt/assay/container_entry"]
