#!/bin/sh
# Run a command to which the file TARGET is the file FILE.
#
# usage: with-file.sh FILE TARGET COMMAND...
# status: that of COMMAND; 1 if this user may not mount
set -eu

if [ "$(id -u)" -eq 0 ]; then
    namespace=--mount
else
    namespace='--user --map-root-user --mount'
fi
# shellcheck disable=SC2016,SC2086 # expanded in the namespace; a list of words
exec unshare $namespace sh -euc '
    mount --bind "$1" "$2"
    shift 2
    exec "$@"' - "$@"
