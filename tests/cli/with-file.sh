#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run a command to which the file TARGET is the file FILE.
#
# usage: with-file.sh FILE TARGET COMMAND...
# status: that of COMMAND; 1 if this user may not mount
set -eu

# shellcheck disable=SC2016 # expanded in the namespace
exec "${0%/*}/in-namespace.sh" sh -euc '
    mount --bind "$1" "$2"
    shift 2
    exec "$@"' - "$@"
