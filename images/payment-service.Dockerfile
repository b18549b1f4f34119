# The payment service, whatever its roles, and its command line `fincore`, which also runs the migrations:
#   docker build -f images/payment-service.Dockerfile -t fincore/payment-service:0.1.0 .
# docs/images.md says what is in it, how to check the digest below, and what a build needs.

FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY api-contract/package.json api-contract/
COPY browser-sdk/package.json browser-sdk/
COPY images/package.json images/
COPY payment-service/package.json payment-service/
# Only what the lock file knows, by its hashes. No package's own script runs.
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,target=/root/.npmrc \
  npm ci --omit=dev --workspace=@fincore/images --ignore-scripts --no-audit --no-fund
COPY api-contract/src api-contract/src
COPY browser-sdk/src/served.ts browser-sdk/src/
COPY images/src/build.ts images/src/bundle.ts images/src/
COPY payment-service/src payment-service/src
RUN ["node", "images/src/build.ts"]

FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
# Nothing is installed in a running container.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
  /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* \
  && ln -s /app/payment-service/dist/cli.js /usr/local/bin/fincore
WORKDIR /app
# What the pages of `/docs` are made from.
COPY docs docs
COPY browser-sdk/README.md browser-sdk/
COPY node-sdk/README.md node-sdk/
COPY browser-sdk/served browser-sdk/served
COPY payment-service/package.json payment-service/
COPY payment-service/migrations payment-service/migrations
COPY payment-service/src/http/docs/docs.css payment-service/src/http/docs/
COPY payment-service/src/http/docs/browser payment-service/src/http/docs/browser
COPY payment-service/src/http/link/link.css payment-service/src/http/link/
COPY payment-service/src/http/link/browser payment-service/src/http/link/browser
COPY images/start-payment-service.sh images/check-payment-service.mjs images/
COPY --from=build /app/payment-service/dist payment-service/dist
LABEL org.opencontainers.image.title="FinCore payment service" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV HOST=0.0.0.0
# The API, the admin API, the card relay's way in, and what watches the process.
EXPOSE 4000 4002 4003 4004
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/app/images/check-payment-service.mjs"]
USER 65532:65532
ENTRYPOINT ["/app/images/start-payment-service.sh"]
CMD ["--roles", "api,worker,admin"]
