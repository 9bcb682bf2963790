# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034 # run.sh and lib.sh set the variables
# tests/lab/packages.sh beside another apt, which holds a lock: apt-get, sudo, dpkg-query and sleep are
# played. Nothing is installed and nobody sleeps.

played=$work/played
mkdir "$played"

# play NAME LINE...: a command of this name.
play() {
    play_name=$1
    shift
    printf '%s\n' '#!/bin/sh' "$@" >"$played/$play_name"
    chmod 755 "$played/$play_name"
}
play dpkg-query 'exit 1'
play sleep 'exit 0'
# shellcheck disable=SC2016 # for the script that is written
play sudo 'shift' 'exec "$@"'
# shellcheck disable=SC2016 # for the script that is written
play apt-get 'echo "$@" >>"$APT_CALLS"' \
    '[ "$(wc -l <"$APT_CALLS")" -gt "$APT_FAILURES" ] || { echo "E: $APT_SAYS"; exit 100; }'

# installs NAME STATUS LINES CALLS FAILURES SAYS: apt-get is called CALLS times, and of these the first
# FAILURES end with an error.
installs() {
    : >"$work/calls"
    unsaid='^E: '
    check "packages: $1" "$2" "$3" env PATH="$played:$PATH" APT_CALLS="$work/calls" APT_FAILURES="$5" \
        APT_SAYS="$6" "$PWD/tests/lab/packages.sh" a-package
    unsaid=
    [ "$(wc -l <"$work/calls")" -eq "$4" ] ||
        not_ok "packages: $1" "apt-get was called $(wc -l <"$work/calls") times instead of $4"
}
held='Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)'
installs 'apt-get is called to update and to install' 0 'installing a-package' 2 0 ''
grep -cq 'DPkg::Lock::Timeout=[1-9]' "$work/calls" || not_ok 'packages: apt waits for the lock of dpkg' "$(cat "$work/calls")"
installs 'lists that another apt has locked are waited for' 0 'installing a-package' 5 3 "$held"
installs 'another error is none to wait for' 0 \
    'installing a-package
apt-get update failed; trying with the package lists there are' 2 1 'The repository is not signed'
installs 'a lock that stays is given up at last' 1 \
    'installing a-package
apt-get update failed; trying with the package lists there are
apt-get could not install a-package' 120 100000 "$held"
