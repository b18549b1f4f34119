#!/bin/sh
# Starts the payment service as it must run: no core file and no debugger on SIGUSR1, since it holds secrets. Becomes the
# service itself, with the same process id, so that signals reach it. Arguments are the service's own: `--roles api`.
set -eu
ulimit -c 0
# The pages' scripts are made from TypeScript by what Node still calls an experiment.
exec node --disable-sigusr1 --disable-warning=ExperimentalWarning /app/payment-service/dist/main.js "$@"
