/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture of a run for a document: how far each clock was ahead, with the faults, and the
 * clocksource of the guest's kernel, as SVG by gnuplot. Each clock has some hundred points, so that
 * a picture stays below 100 kB.
 */
#ifndef VMM_CMD_REPORT_PLOT_H
#define VMM_CMD_REPORT_PLOT_H

#include <stdio.h>

#include <jansson.h>

/* Writes a script, with the data in it, that makes gnuplot print what report_to_json gave. */
void report_plot_write(FILE *file, const json_t *report);

#endif
