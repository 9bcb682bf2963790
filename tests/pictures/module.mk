# SPDX-License-Identifier: BSD-2-Clause
# Pictures of a trace, looked at in a browser.

.PHONY: pictures
pictures: minivmm ## draw the picture of the README anew, of a run in the SVM lab
	@tests/lab/packages.sh run lab pictures
	@tests/pictures/draw.sh

.PHONY: test-pictures
test-pictures: minivmm payloads ## look at the pictures of a trace in headless Chromium
	@tests/lab/packages.sh pictures
	@tests/pictures/run.sh
