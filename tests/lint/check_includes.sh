#!/bin/sh
# Which folder may include what: base nothing else of ours, kvmclock base, devices and boot base, boot the
# layouts of Linux and ELF, check the probe's report. What these folders do depends on their arguments
# alone, so headers of clocks, threads and the like are not on their lists.
. tests/lint/sources.sh

STANDARD='<(assert|errno|inttypes|limits|stdbool|stddef|stdint|string)\.h>'
BASE="\"base/|<(stdarg|stdio)\.h>|$STANDARD"
KVMCLOCK="\"(kvmclock|base)/|$STANDARD"
DEVICES="\"(devices|base)/|$STANDARD"
BOOT="\"(boot|base)/|<(linux|asm)/|<(elf|endian|gelf|libelf|stdarg|stdio|unistd)\.h>|$STANDARD"
CHECK="\"(check|base|guest-images/probe)/|<(jansson|stdio)\.h>|$STANDARD"
VMM="\"(vmm|base|check|boot|devices|kvmclock|guest-images)/|<"

# includes_of FOLDER: its include lines, as FILE:LINE:INCLUDED.
includes_of() {
    for file in $(sources '*.[ch]' "$1"); do
        sed -nE '/^[ \t]*#[ \t]*include/{s/^[ \t]*#[ \t]*include[ \t]*//;=;p}' "$file" |
            sed "N;s|\n|:|;s|^|$file:|"
    done
}

# check FOLDER ALLOWED: prints the includes that are not allowed.
check() {
    includes_of "$1" | grep -vE "^[^:]*:[0-9]+:($2)" |
        sed -E "s|^([^:]*:[0-9]+):(.*)|\1: include-direction: $1 may not include \2|"
}

findings=$(
    check base "$BASE"
    check kvmclock "$KVMCLOCK"
    check devices "$DEVICES"
    check boot "$BOOT"
    check check "$CHECK"
    check vmm "$VMM"
)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
