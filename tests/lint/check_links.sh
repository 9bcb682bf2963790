#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the documents point at is there. Of every tracked *.md:
#   - each relative link leads to a tracked file or folder;
#   - each #anchor is a heading of its file, by GitHub's rule: lower case, without punctuation, with "-" for
#     spaces, and -1, -2 ... for headings that are there already;
#   - each path between backquotes whose first folder is one of the repository's, or of the document's own
#     folder, leads to a tracked file, folder or module (vmm/cmd/run for run.h). One with a placeholder in
#     capitals (NAME), a wildcard or braces is none.
# Blocks between ``` are not looked at.

documents=$(git ls-files '*.md')
[ -n "$documents" ] || exit 0

# shellcheck disable=SC2086 # one word for each document
findings=$(git ls-files | awk '
    # The path without "." and "..".
    function normal(path,   parts, n, i, out, depth) {
        n = split(path, parts, "/")
        depth = 0
        for (i = 1; i <= n; i++)
            if (parts[i] == ".." && depth > 0)
                depth--
            else if (parts[i] != "." && parts[i] != "")
                out[++depth] = parts[i]
        path = depth > 0 ? out[1] : ""
        for (i = 2; i <= depth; i++)
            path = path "/" out[i]
        return path
    }
    function folder_of(file) { return match(file, /.*\//) ? substr(file, 1, RLENGTH) : "" }
    function say(kind, text) { print FILENAME ":" FNR ": " kind ": " text }
    function anchor_of(heading) {
        gsub(/\]\([^)]*\)/, "", heading)
        heading = tolower(heading)
        gsub(/[!-,.\/:-@\[-^`{-~]/, "", heading)
        gsub(/ /, "-", heading)
        return heading
    }
    function add_heading(text,   anchor) {
        sub(/^#+ +/, "", text)
        sub(/ +$/, "", text)
        anchor = anchor_of(text)
        if (FILENAME in seen && (FILENAME, anchor) in times)
            anchors[FILENAME, anchor "-" times[FILENAME, anchor]++] = 1
        else {
            anchors[FILENAME, anchor] = 1
            times[FILENAME, anchor] = 1
        }
        seen[FILENAME] = 1
    }
    function check_link(target,   hash, anchor, path) {
        if (target ~ /^[a-z]+:/)
            return
        hash = index(target, "#")
        anchor = hash ? substr(target, hash + 1) : ""
        path = hash ? substr(target, 1, hash - 1) : target
        path = path == "" ? FILENAME : normal(folder_of(FILENAME) path)
        if (!(path in there))
            say("link", "there is no " path)
        else if (anchor != "" && !((path, anchor) in anchors))
            say("link", path " has no heading #" anchor)
    }
    function check_path(word,   first, own) {
        if (word !~ /^[a-zA-Z0-9_.\/-]+$/ || word !~ /\// || word ~ /(^|[^A-Za-z])[A-Z]+([^A-Za-z]|$)/ && word !~ /README|LICENSE/)
            return
        own = folder_of(FILENAME)
        first = word
        sub(/\/.*/, "", first)
        if (!(first in there) && !((own first) in there) || first == "")
            return
        word = normal(word)
        if (!(word in there) && !((word ".h") in there) && !((word ".c") in there) && !(normal(own word) in there))
            say("path", "there is no " word)
    }
    FILENAME == "-" {
        there[$0] = 1
        for (path = $0; sub(/\/[^\/]*$/, "", path);)
            there[path] = 1
        next
    }
    FNR == 1 { fenced = 0; pass[FILENAME]++ }
    /^ *```/ { fenced = !fenced; next }
    fenced { next }
    pass[FILENAME] == 1 {
        if ($0 ~ /^#+ /)
            add_heading($0)
        next
    }
    {
        n = split($0, span, "`")
        plain = span[1]
        for (i = 2; i <= n; i++)
            if (i % 2)
                plain = plain span[i]
            else
                check_path(span[i])
        while (match(plain, /\]\([^) ]+\)/)) {
            target = substr(plain, RSTART + 2, RLENGTH - 3)
            plain = substr(plain, RSTART + RLENGTH)
            check_link(target)
        }
    }' - $documents $documents)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
