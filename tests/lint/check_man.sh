#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The man pages are mdoc without a warning of mandoc's.
[ ! -d docs ] || find docs -name '*.1' -exec mandoc -T lint -W warning {} +
