#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run a command with another /dev: null is in it, and what SCRIPT makes, which runs in it.
#
# usage: with-dev.sh FOLDER SCRIPT COMMAND...     FOLDER is an empty one to mount it on
# status: that of COMMAND; 1 if this user may not mount
set -eu

# shellcheck disable=SC2016 # expanded in the namespace
exec "${0%/*}/in-namespace.sh" sh -euc '
    here=$PWD
    mount -t tmpfs none "$1"
    cd "$1"
    touch null
    mount --bind /dev/null null
    eval "$2"
    mount --rbind "$1" /dev
    cd "$here"
    shift 2
    exec "$@"' - "$@"
