#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run a command in a mount namespace of its own, in which it may mount.
#
# usage: in-namespace.sh COMMAND...
# status: that of COMMAND; 1 if this user may not mount
set -eu

if [ "$(id -u)" -eq 0 ]; then
    exec unshare --mount "$@"
fi
exec unshare --user --map-root-user --mount "$@"
