#!/bin/sh
# Inside the lab: boot every case of the file ./cases, one after another.
#
# Leaves in /out for each: NAME.status, NAME.report (the guest's COM2), NAME.console (COM1) and
# NAME.log (what minivmm said). Status 0.

trim() {
    # shellcheck disable=SC2086,SC2116 # word splitting is what trims
    echo $1
}

# What a case calls @TSC_KHZ@, as this kernel has measured it.
tsc_khz=$(dmesg | sed -n 's/.*tsc: Refined TSC.*: \([0-9]*\)\.\([0-9]*\) MHz.*/\1\2/p')

while IFS='|' read -r name kernel cpus options words _; do
    case $name in \#* | '') continue ;; esac
    name=$(trim "$name")
    words=$(trim "$words" | sed "s/@TSC_KHZ@/$tsc_khz/")
    start_sec=$(date +%s)
    # A guest that hangs is ended by minivmm, and a minivmm that hangs by timeout.
    # shellcheck disable=SC2086 # options is a list of words
    timeout -s KILL 100 ./minivmm --timeout 90 --cpus $cpus --console "file:/out/$name.console" \
        --report "/out/$name.report" --append "$words" $options "$(trim "$kernel")" \
        >"/out/$name.log" 2>&1
    status=$?
    echo "$status" >"/out/$name.status"
    echo "# $name: status $status after $(($(date +%s) - start_sec)) s"
done <cases
