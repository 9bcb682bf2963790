# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # variables of those who source it
# Inside the lab: what those have in common who talk with a Linux on its console. Sourced by them; they set
#   tests              what all their tests are about
#   name               what this guest is about
#   pid                of the guest's minivmm

# What is sent to a guest that has ended must not end the script.
trap '' PIPE

# wait_for TEXT FILE: fails once the guest has ended without it, and after a minute
wait_for() {
    tries=0
    until grep -q "$1" "$2" 2>/dev/null; do
        kill -0 "$pid" 2>/dev/null || break
        [ $((tries += 1)) -lt 1200 ] || break
        sleep 0.05
    done
    grep -q "$1" "$2"
}

# check NAME CONDITION...
check() {
    check_name=$1
    shift
    if "$@"; then echo "ok - $tests $name: $check_name"; else
        echo "not ok - $tests $name: $check_name ($*)"
    fi
}
