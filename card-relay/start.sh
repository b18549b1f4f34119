#!/bin/sh
# Starts the card relay as it must run: no core file, the flags of `node-flags`, read access to its own source and its
# certificates alone, and nothing in its environment but its settings. Takes the settings of README.md from the
# environment, and the program of Node 24 from NODE (default: `node`). Becomes the relay itself, with the same process id,
# so that signals reach it. Arguments are further flags of Node; the relay refuses all but those of the development launcher.
set -eu
relay_node=$(command -v "${NODE:-node}") || { echo "card-relay: there is no Node 24; name its program in NODE" >&2; exit 1; }
relay_env=$(command -v env)
relay_folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

ulimit -c 0

while read -r flag _; do
  case $flag in --*) set -- "$flag" "$@" ;; esac
done < "$relay_folder/node-flags"
for file in "$relay_folder/src" "${RELAY_TLS_CERT_FILE:-}" "${RELAY_TLS_KEY_FILE:-}" "${RELAY_CLIENT_CA_FILE:-}" "${RELAY_PSP_CA_FILE:-}"; do
  case $file in
    '') ;;
    # Node would take it for any number of files.
    *'*'*) echo "card-relay: a path with * in it cannot be read" >&2; exit 1 ;;
    *) set -- "--allow-fs-read=$file" "$@" ;;
  esac
done

for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
  case $name in RELAY_*) ;; *) unset "$name" ;; esac
done
# `-u` for what a shell may export of itself; GLIBC_TUNABLES, so that glibc overwrites all memory that is freed.
exec "$relay_env" -u _ -u PWD -u OLDPWD -u SHLVL GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0 "$relay_node" "$@" "$relay_folder/src/main.ts"
