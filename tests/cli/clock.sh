# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # run.sh and lib.sh set the variables
# kvm-clock on this machine's own KVM, by a host whose clocks are others than they are: the payload
# follow looks at it from inside.

# check_follow NAME LINES WORDS [COMMAND...]: COMMAND runs the program; WORDS are for the payload.
check_follow() {
    follow_name=$1
    follow_lines=$2
    follow_words=$3
    shift 3
    if can_open_kvm; then
        check_output "$follow_name" 1 "$follow_lines" '1\.\.[0-9]+' \
            "$@" "$minivmm" --timeout 90 --append "$follow_words" "$tools/follow.elf"
    else
        skip "$follow_name" 'there is no /dev/kvm here that this user may open'
    fi
}

with_hpet='a guest of a host that keeps time by another clock sees no TSC_STABLE, and the right time'
echo hpet >"$work/clocksource"
if "$with_file" "$work/clocksource" "$clocksource_file" true 2>/dev/null; then
    says_clock=yes
    check_follow "$with_hpet" "the host keeps time by 'hpet', not by its TSC: no TSC_STABLE in kvm-clock" \
        'follow=raw stable=0' "$with_file" "$work/clocksource" "$clocksource_file"
    says_clock=
else
    skip "$with_hpet" 'this user may not mount'
fi

stable=0
host_tsc_is_trusted && stable=1
check_follow 'a TSC that changes its rate ends TSC_STABLE, and guest time follows without a step' \
    "the host's TSC has changed its rate, or it or CLOCK_MONOTONIC_RAW has stepped: no TSC_STABLE in kvm-clock any more" \
    "follow=raw stable=$stable change=0" \
    "$drive" "$ready" signal:URG -- env "LD_PRELOAD=$tools/fake_clock.so" FAKE_CLOCK_PPM=300
