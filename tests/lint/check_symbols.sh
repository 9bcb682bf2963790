#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the objects of the pure folders need from outside, against a list: a device that called
# anything else would have a clock, a thread, a file or memory of its own. And they keep no variables
# of their own, since state that is not in a device's struct would be missing from a snapshot.
#
# usage: check_symbols.sh BUILD, the folder with the built objects
. tests/lint/sources.sh

build=$1
C_LIBRARY='mem(cpy|set|cmp|move|chr)|str(len|cmp|ncmp|cspn)|__assert_fail'
COMPILER='__(u?div|u?mod|u?divmod|mul|ashl|lshr|ashr)[td]i[34]|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_'
BOOT_LIBRARY='v?snprintf|strerror|pread|(elf|gelf)[0-9]*_[a-z0-9_]+|__errno_location'
CHECK_LIBRARY='v?snprintf|str(chr|rchr|str|spn|cspn)|memchr|json_[a-z0-9_]+|name_list_[a-z]+|log_line_[a-z_]+'
TIMELAB_LIBRARY='str(str|chr|rchr|spn|cpy)|json_[a-z0-9_]+|reg(comp|exec|error|free)'

# objects FOLDER: those of the sources that are there now.
objects() {
    for source in $(sources '*.c' "$1"); do
        echo "$build/${source%.c}.o"
    done
}

# source_of OBJECT
source_of() {
    echo "$1" | sed "s|^$build/||;s|\.o\$|.c|"
}

# defined FOLDER...: the symbols that these folders define for others, as one pattern.
defined() {
    for folder in "$@"; do
        objects "$folder" | xargs -r nm --defined-only --extern-only | awk 'NF == 3 { print $3 }'
    done | paste -sd '|' -
}

# needs FOLDER ALLOWED: prints the undefined symbols that are not allowed.
needs() {
    for object in $(objects "$1"); do
        nm --undefined-only "$object" | awk '{ print $2 }' | grep -vxE "$C_LIBRARY|$COMPILER|$2" |
            sed "s|^|$(source_of "$object"):1: pure-symbol: $1 may not use |"
    done
}

# variables FOLDER: prints what is in sections that can be written.
variables() {
    for object in $(objects "$1"); do
        nm --defined-only --format=sysv "$object" |
            awk -F'|' 'NF == 7 && ($7 ~ /^\.(data|bss)/ && $7 !~ /^\.data\.rel\.ro/ || $7 ~ /COM/) {
                sub(/ *$/, "", $1); print $1 }' |
            sed "s|^|$(source_of "$object"):1: pure-variable: $1 may not keep the variable |"
    done
}

findings=$(
    needs base "$(defined base)|vsnprintf|strc?spn"
    needs kvmclock "$(defined base kvmclock)"
    needs devices "$(defined base kvmclock devices)"
    needs boot "$(defined base boot)|$BOOT_LIBRARY"
    needs check "$(defined base check)|$CHECK_LIBRARY"
    needs snapshot "$(defined base snapshot)"
    needs timelab "$(defined base kvmclock check timelab)|$TIMELAB_LIBRARY"
    for folder in $PURE_FOLDERS; do
        variables "$folder"
    done
)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
