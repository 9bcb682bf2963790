#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Print the version of this tree on one line.
#
# usage: version.sh    in the repository or in an unpacked `make dist`
#
# In a clone, by the last tag vX.Y.Z: 0.1.0 at the tag, 0.1.0-7-g1234abc seven commits later, with -dirty if
# a tracked file has changed. In a clone without tags, as of depth 1: 0.1.0-g1234abc. In a tarball, what its
# file VERSION says. A tree with neither is 0.1.0.
set -eu
last_release=0.1.0

# .git is asked for by name: a tarball may be unpacked somewhere below another repository. The owner of the
# clone need not be who runs this: root does, for `make install`.
describe() {
    [ -e .git ] && git -c safe.directory='*' describe --dirty "$@" 2>/dev/null
}

if version=$(describe --tags --match 'v[0-9]*'); then
    echo "${version#v}"
elif version=$(describe --always --exclude '*'); then
    echo "$last_release-g$version"
elif [ -s VERSION ]; then
    head -n 1 VERSION
else
    echo "$last_release"
fi
