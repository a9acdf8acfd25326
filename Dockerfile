FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN cargo build --locked --release --package broker

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 landbridge \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin landbridge \
    && install --directory --owner landbridge --group landbridge --mode 0700 /data
COPY --from=build /build/target/release/landbridge /usr/local/bin/landbridge

# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
# The database and, where none is given, the key that seals it: keep both.
VOLUME /data
WORKDIR /data
ENV LANDBRIDGE__SERVER__LISTEN=0.0.0.0:3000 \
    LANDBRIDGE__DATABASE__URL=sqlite:/data/landbridge.db
EXPOSE 3000
ENTRYPOINT ["landbridge"]
CMD ["serve"]
