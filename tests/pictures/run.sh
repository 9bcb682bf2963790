#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Look at the pictures of a trace: a guest that reads the HPET and the PM timer while the HPET runs fast, as a
# page in headless Chromium, light and dark, and as SVG. They stay in build/pictures.
#
# usage: run.sh
# status: 0 all passed; 1 not
set -u
cd "$(dirname "$0")/../.." || exit
out=build/pictures
mkdir -p "$out"
failed=0

# check WHAT COMMAND...
check() {
    what=$1
    shift
    if "$@" >"$out/said" 2>&1; then echo "ok - pictures: $what"; else
        echo "not ok - pictures: $what: $(head -n 1 "$out/said")"
        failed=1
    fi
}

# browse OPTION...: opens $page. Nothing of it may come from a network, which there is not for it.
browse() {
    profile=$(mktemp -d)
    timeout 100 chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$profile" \
        --window-size=1000,1400 --virtual-time-budget=5000 "$@" "file://$PWD/$page" 2>/dev/null
    rm -rf "$profile"
}

# shot NAME OPTION...
shot() {
    name=$1
    shift
    browse --screenshot="$out/$name.png" "$@"
}

if ! [ -w /dev/kvm ]; then
    echo 'ok - pictures # SKIP /dev/kvm cannot be used'
    exit 0
fi
./minivmm --timeout 90 --console none --trace "$out/trace" --at '20ms hpet.rate ppb=2000000' \
    build/guest/clock_reads.elf >/dev/null 2>&1
check 'a page is written' sh -c "./minivmm trace $out/trace --to html --title 'one & <two>' >$out/page.html"
page=$out/page.html
browse --dump-dom >"$out/dom"
check 'each clock is drawn' grep -q 'data-drawn="[1-9]' "$out/dom"
check 'the title is text' grep -q '<h1>one &amp; &lt;two&gt;</h1>' "$out/dom"
check 'there is a table of clocks without scripts' grep -q '^<tr><td>hpet</td>' "$out/page.html"
check 'and one of faults' grep -q 'hpet.rate ppb=2000000' "$out/page.html"
check 'no path and no host name is in it' sh -c "! grep -qwF -e '$PWD' -e '$(uname -n)' $out/page.html"
shot light
check 'light, the lines of the clocks are to be seen' tests/pictures/find_colors.py "$out/light.png" ffffff 0072b2 d55e00
shot dark --blink-settings=preferredColorScheme=0
check 'dark, too' tests/pictures/find_colors.py "$out/dark.png" 15171a 0072b2 d55e00
check 'an SVG is drawn' sh -c "./minivmm trace $out/trace --to svg >$out/picture.svg && xmllint --noout $out/picture.svg"
check 'it has the clocks and the fault' grep -q 'hpet.rate ppb=2000000' "$out/picture.svg"
check 'and is below 100 kB' [ "$(stat -c %s "$out/picture.svg")" -lt 100000 ]

# One that holds, one that does not.
cat >"$out/hpet-fast.json" <<'END'
{ "scenario": 1, "guests": { "a": {} },
  "timeline": [ { "at": "20ms", "fault": "hpet.rate", "ppb": 2000000 } ],
  "expect": [ "status=1", "dmesg!~^pm" ] }
END
./minivmm experiment --kernel build/guest/clock_reads.elf --timeout 90 --trace --output "$out/runs" "$out/hpet-fast.json" \
    >"$out/table" 2>&1
page=$out/runs/0001.html
browse --dump-dom >"$out/dom"
check 'an experiment has a page with its clocks' grep -q 'data-drawn="[1-9]' "$out/dom"
check 'and with what was done and what was expected' [ "$(grep -c '^<tr><td class="\(pass\|fail\)">' "$page")" = 3 ]
shot experiment
check 'what holds and what does not is to be seen' tests/pictures/find_colors.py "$out/experiment.png" ffffff 009e73 d55e00 0072b2
exit "$failed"
