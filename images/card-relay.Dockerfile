# The card relay: Node, a shell that starts it, and its own source. Nothing is installed or built.
#   docker build -f images/card-relay.Dockerfile -t fincore/card-relay:0.1.0 .
# docs/images.md says how to check the digest below.

FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
  /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
WORKDIR /app
COPY card-relay/package.json card-relay/node-flags card-relay/start.sh card-relay/
COPY card-relay/src card-relay/src
COPY images/check-card-relay.mjs images/
LABEL org.opencontainers.image.title="FinCore card relay" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV RELAY_HOST=0.0.0.0
EXPOSE 4001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["node", "/app/images/check-card-relay.mjs"]
USER 65532:65532
ENTRYPOINT ["/app/card-relay/start.sh"]
