#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs test programs, as many at a time as there are CPUs; what each prints comes when it has ended.
#
# usage: run.sh LIMIT_SEC PROGRAM...    one that takes longer hangs, which is a failure
# status: 0 if each ended with 0; otherwise not
if [ $# -gt 2 ]; then
    limit_sec=$1
    shift
    printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" sh "$0" "$limit_sec"
    exit
fi

status=0
printed=$(timeout --kill-after=5 "$1" "$2" 2>&1) || status=$?
# In one piece: others write at the same time.
if [ $status -eq 0 ]; then
    printf '%s\n' "$printed"
else
    printf '%s\n%s ended with status %s (124: hung)\n' "$printed" "$2" "$status"
    exit 1
fi
