# SPDX-License-Identifier: BSD-2-Clause
# kvm-clock against the host's CLOCK_MONOTONIC_RAW, from lines "PROGRAM TIME ERROR WIDTH" as
# payload/clock.c prints them, TIME in 2^20 ns and the others in ns. The first second, by its median,
# is where the clocks agree by definition. An error counts as far as it is beyond half the width, for
# that is what the reference device itself leaves open. A line "PROGRAM bound PPB" is the bound of the
# error of the TSC's rate, as minivmm itself states it at the end; KVM states none.

BEGIN {
    sample_limit_ns = 100
    drift_limit_ppb = 1
    bound_limit_ppb = 1
    agreed = 100
    ns_per_unit = 1048576
}

$2 == "bound" {
    bound[$1] = $3
    next
}

{
    if (!($1 in count))
        programs[++program_count] = $1
    n = ++count[$1]
    time[$1, n] = $2
    error[$1, n] = $3
    width[$1, n] = $4
}

function median(list, n) {
    sort(list, n)
    return list[int((n + 1) / 2)]
}

# Shell sort: there are some thousand.
function sort(list, n,    gap, i, j, x) {
    for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
        for (i = gap + 1; i <= n; i++) {
            x = list[i]
            for (j = i; j > gap && list[j - gap] > x; j -= gap)
                list[j] = list[j - gap]
            list[j] = x
        }
}

function median_error(program, from,    list, i) {
    for (i = 0; i < agreed; i++)
        list[i + 1] = error[program, from + i]
    return median(list, agreed)
}

function verdict(met) {
    return met ? "met" : "MISSED"
}

function print_program(program,    n, zero, beyond, widths, i, distance, drift, p99) {
    n = count[program]
    zero = median_error(program, 1)
    for (i = 1; i <= n; i++) {
        distance = error[program, i] - zero
        distance = (distance < 0 ? -distance : distance) - width[program, i] / 2
        beyond[i] = distance > 0 ? distance : 0
        widths[i] = width[program, i]
    }
    sort(beyond, n)
    p99 = beyond[int(n * 0.99)]
    drift = (median_error(program, n - agreed + 1) - zero) * 1e9 / \
        ((time[program, n - agreed / 2] - time[program, agreed / 2]) * ns_per_unit)
    printf "%-18s %8d %8d %8d %8d %8d %8.1f %10.3f %10s", program, n, median(widths, n),
        beyond[int((n + 1) / 2)], p99, beyond[n], time[program, n] * ns_per_unit / 1e9, drift,
        program in bound ? bound[program] : "-"
    if (program == "user")
        printf "  p99 <= %d: %s, drift <= %d: %s, bound < %d: %s", sample_limit_ns,
            verdict(p99 <= sample_limit_ns), drift_limit_ppb,
            verdict(drift <= drift_limit_ppb && drift >= -drift_limit_ppb), bound_limit_ppb,
            verdict(program in bound && bound[program] < bound_limit_ppb)
    printf "\n"
}

END {
    print "kvm-clock - CLOCK_MONOTONIC_RAW, in ns beyond what the sample leaves open"
    printf "%-18s %8s %8s %8s %8s %8s %8s %10s %10s  %s\n", "published by", "n", "width", "p50", "p99",
        "max", "seconds", "drift ppb", "bound ppb", "target"
    for (p = 1; p <= program_count; p++)
        print_program(programs[p])
}
