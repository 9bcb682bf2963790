#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # run.sh sets what this reads
# The man page and --help name the same options, and docs/run.md shows --help as it is.

# What is between the macro of a heading and the next one of its kind.
page_section() {
    awk -v heading="$1" '/^\.S[hs] / { inside = $0 == ".Ss " heading } inside' docs/minivmm.1
}

# options_named: the options that the lines of a text begin with or name beside those, a line each, sorted.
options_named() {
    grep '^ *-' | grep -oE -- '(^|[ ,])(-[a-zA-Z]|--[a-z][a-z-]*)\b' | tr -d ' ,' | LC_ALL=C sort -u
}

# page_options SECTION: those that have an item of their own there.
page_options() {
    page_section "$1" | grep '^\.It Fl ' | sed 's/^\.It//; s/ Fl / -/g; s/\\-/-/g' | options_named
}

# same_options SECTION COMMAND...
same_options() {
    section=$1
    shift
    page_options "$section" >"$work/in_page"
    "$@" | options_named >"$work/in_help"
    if [ -s "$work/in_page" ] && difference=$(diff "$work/in_page" "$work/in_help"); then
        ok "the man page and --help name the same: $section"
    else
        not_ok "the man page and --help name the same: $section" "$(echo "$difference" | grep '^[<>]' | tr '\n' ' ')"
    fi
}

same_options 'Options of the machine' "$minivmm" --help
same_options 'Options of check' "$minivmm" check --help
same_options 'Options of run-test' "$minivmm" run-test --help
same_options 'Options of doctor' "$minivmm" doctor --help
same_options 'Options of restore' "$minivmm" restore --help
same_options 'Options of snapshot' "$minivmm" snapshot --help
same_options 'Options of experiment' "$minivmm" experiment --help
same_options 'Options of ctl' "$minivmm" ctl --help
same_options 'Options of trace' "$minivmm" trace --help

# What minivmm --help prints is in the page, indented.
sed -n '/^    Usage: /,/^    6 this KVM/p' docs/run.md | sed 's/^    //' >"$work/in_page"
if difference=$("$minivmm" --help | diff "$work/in_page" -); then
    ok 'docs/run.md shows --help as it is'
else
    not_ok 'docs/run.md shows --help as it is' "$(echo "$difference" | grep '^[<>]' | tr '\n' ' ')"
fi

# So is what minivmm --faults prints in the page about them.
sed -n '/^`minivmm --faults` prints them:/,/^What a fault needs/p' docs/experiments.md | sed -n 's/^    //p' >"$work/in_page"
if difference=$("$minivmm" --faults | diff "$work/in_page" -); then
    ok 'docs/experiments.md shows --faults as it is'
else
    not_ok 'docs/experiments.md shows --faults as it is' "$(echo "$difference" | grep '^[<>]' | tr '\n' ' ')"
fi
