# SPDX-License-Identifier: BSD-2-Clause
# Prints the lines of C files as FILE:LINE:CODE, with comments and the insides of strings and of
# character constants left out, so that what is only spoken of is not found.

FNR == 1 {
    in_comment = 0
}

{
    rest = $0
    code = ""
    while (rest != "") {
        if (in_comment) {
            end = index(rest, "*/")
            in_comment = end == 0
            rest = end == 0 ? "" : substr(rest, end + 2)
        } else if (match(rest, /\/\*|\/\/|"|'/)) {
            token = substr(rest, RSTART, RLENGTH)
            code = code substr(rest, 1, RSTART - 1)
            rest = substr(rest, RSTART + RLENGTH)
            if (token == "/*") {
                in_comment = 1
                code = code " "
            } else if (token == "//") {
                rest = ""
            } else {
                matched = token == "\"" ? match(rest, /^([^"\\]|\\.)*"/) \
                                        : match(rest, /^([^'\\]|\\.)*'/)
                code = code token token
                rest = matched ? substr(rest, RLENGTH + 1) : ""
            }
        } else {
            code = code rest
            rest = ""
        }
    }
    print FILENAME ":" FNR ":" code
}
