#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run COMMAND, and a script once COMMAND has printed the line "ready".
#
# usage: with-script.sh FOLDER SCRIPT COMMAND...     FOLDER is for a file of its own, SCRIPT is text for sh, with
#                                                   the process of COMMAND as $run
# status: that of COMMAND; what the script prints goes to stdout, and a line if it fails, which
# is the end of COMMAND too
set -u
fifo=$1/with-script.fifo
script=$2
shift 2
rm -f "$fifo"
mkfifo "$fifo"
"$@" >"$fifo" </dev/null &
run=$!
export run
exec 3<"$fifo"
rm "$fifo"
read -r ready <&3
[ "$ready" = ready ] || echo "not ready, but '$ready'"
timeout 90 sh -euc "$script" </dev/null 3<&- || {
    echo "script: status $?"
    kill -KILL "$run"
}
wait "$run"
