# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034
# The files that the checks look at: sourced by them, with the repository as working directory.

# sources PATTERN FOLDER...: the files of these folders whose names match, a line each, sorted.
sources() {
    sources_pattern=$1
    shift
    for sources_folder in "$@"; do
        if [ -d "$sources_folder" ]; then
            find "$sources_folder" -type f -name "$sources_pattern"
        fi
    done | LC_ALL=C sort
}

PURE_FOLDERS="base kvmclock devices boot check snapshot timelab"
PROGRAM_FOLDERS="$PURE_FOLDERS vmm"
ALL_FOLDERS="$PROGRAM_FOLDERS tests guest-images examples"
