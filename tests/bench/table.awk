# SPDX-License-Identifier: BSD-2-Clause
# Figures as "MEASURE PROGRAM VALUE" lines become one table, in the order in which they first came.
# A measure's baseline is its first program. A ratio is that of two values which were measured one
# after the other, the baseline's latest and this one, so that a host that is busy for a while is so
# for both; the targets are judged by the median of them. The second ratio is that of the minima,
# which a busy host disturbs least.

BEGIN {
    ratio_limit["port80-write"] = ratio_limit["pmtimer-read"] = ratio_limit["pit-read"] = 1.05
    ratio_limit["cmos-read"] = ratio_limit["hpet-read"] = 1.05
    accesses = split("port80-write pmtimer-read pit-read cmos-read hpet-read", access)
    for (i = 1; i <= accesses; i++) {
        ratio_limit["timeline-" access[i]] = 1.01
        ratio_limit["trace-" access[i]] = 1.02
    }
    ratio_limit["start-ms"] = 1.2
    ratio_limit["late-p99-us"] = 1
    ratio_limit["com1-ms"] = ratio_limit["com1-cpu-ms"] = 1.2
    ratio_limit["com2-ms"] = ratio_limit["com2-cpu-ms"] = 1.2
    ratio_limit["restore-512-ms"] = ratio_limit["restore-4096-ms"] = 1.3
    value_limit["restore-512-ms"] = value_limit["restore-4096-ms"] = 5
    # More than the baseline by so much at most.
    above_limit["save-512-ms"] = above_limit["save-4096-ms"] = 5
    value_limit["clones-ms"] = 1000
    value_limit["clone-private-kib"] = 1536
    value_limit["start-private-kib"] = 512
    value_limit["start-rss-kib"] = 1024
    value_limit["downtime-ms"] = 1
    value_limit["path-post-write-ns"] = value_limit["path-unclaimed-read-ns"] = 40
    value_limit["path-lsr-read-ns"] = 40
    value_limit["path-pmtimer-read-ns"] = 60
    # Of every run. Such a figure may be 0 or negative, which makes no ratio.
    always["ticks-lost"] = 0
    value_limit["check-adds-ms"] = 1000
    without_ratio["check-adds-ms"] = without_ratio["downtime-ms"] = 1
    without_ratio["ticks-lost"] = without_ratio["rate-error-ppb"] = 1
    without_ratio["com1-switches"] = without_ratio["com2-switches"] = 1
    # minivmm is not to take more than this program.
    no_more_than["cpu-per-tick-us"] = "qemu-q35-pit"
    # Beside others, minivmm is to be faster than each of them by so much.
    others_above["boot-small-ms"] = 1.3
    others_above["boot-debian-ms"] = 1
    others_above["answer-ms"] = 1
}

{
    if (!($1 in baseline)) {
        measures[++measure_count] = $1
        baseline[$1] = $2
    }
    if (!(($1, $2) in count))
        programs[$1, ++program_count[$1]] = $2
    value[$1, $2, ++count[$1, $2]] = $3
    if ($2 == baseline[$1])
        beside[$1] = $3
    pair[$1, $2, count[$1, $2]] = ratio_of($1, $3, beside[$1])
    above[$1, $2, count[$1, $2]] = $3 - beside[$1]
}

# Sorts the values of a row: there are a few hundred.
function sort(array, row, n,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = array[row, i]
        for (j = i; j > 1 && array[row, j - 1] > x; j--)
            array[row, j] = array[row, j - 1]
        array[row, j] = x
    }
}

function median(array, row) {
    return array[row, int((count[row] + 1) / 2)]
}

# Whether every value of a row, which is sorted, is this one.
function is_always(row, limit) {
    return value[row, 1] == limit && value[row, count[row]] == limit
}

function verdict(met) {
    return met ? "met" : "MISSED"
}

# Of minivmm, or of others beside it; "" if there is none.
function target(measure, program, ratio,    limit, row, text, met) {
    row = measure SUBSEP program
    if (program !~ /^minivmm/ && measure in others_above) {
        limit = others_above[measure]
        return sprintf("ratio > %.1f: %s", limit, verdict(ratio > limit))
    }
    if (program !~ /^minivmm/)
        return ""
    if (measure in always) {
        limit = always[measure]
        return sprintf("always %d: %s", limit, verdict(is_always(row, limit)))
    }
    if (measure in above_limit) {
        limit = above_limit[measure]
        return sprintf("above %s <= %d: %s", baseline[measure], limit, verdict(median(above, row) <= limit))
    }
    if (measure in no_more_than) {
        met = median(value, row) <= median(value, measure SUBSEP no_more_than[measure])
        return sprintf("<= %s: %s", no_more_than[measure], verdict(met))
    }
    if (measure in ratio_limit) {
        limit = ratio_limit[measure]
        text = sprintf("ratio <= %.2f: %s", limit, verdict(ratio <= limit))
    }
    if (measure in value_limit) {
        limit = value_limit[measure]
        text = (text == "" ? "" : text "; ") sprintf("<= %d: %s", limit, verdict(median(value, row) <= limit))
    }
    return text
}

# Of two values above 0.
function ratio_of(measure, a, b) {
    return measure in without_ratio ? 0 : a / b
}

function ratio_text(measure, ratio) {
    return measure in without_ratio ? "-" : sprintf("%.3f", ratio)
}

function print_row(measure, program, name,    row, base, ratio, of_mins, form) {
    row = measure SUBSEP program
    base = measure SUBSEP baseline[measure]
    ratio = median(pair, row)
    of_mins = ratio_of(measure, value[row, 1], value[base, 1])
    form = measure ~ /-[mun]s$/ ? "%10.2f" : "%10d"
    printf "%-22s %-13s ", name, program
    printf form " " form " " form, value[row, 1], median(value, row), value[row, count[row]]
    printf " %5d %8s %8s  %s\n", count[row], ratio_text(measure, ratio),
        ratio_text(measure, of_mins), target(measure, program, ratio)
}

END {
    printf "%-22s %-13s %10s %10s %10s %5s %8s %8s  %s\n",
        "measure", "program", "min", "median", "max", "n", "ratio", "of mins", "target"
    for (row in count) {
        sort(value, row, count[row])
        sort(pair, row, count[row])
        sort(above, row, count[row])
    }
    for (m = 1; m <= measure_count; m++)
        for (p = 1; p <= program_count[measures[m]]; p++)
            print_row(measures[m], programs[measures[m], p], p == 1 ? measures[m] : "")
}
