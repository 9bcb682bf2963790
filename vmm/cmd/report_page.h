/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture of a run as one HTML page, which needs no network: tables, which are there without
 * scripts, too, and charts, which dygraphs draws in the browser from the data in the page. The
 * template is timelab/report.html. dygraphs is a part of the page and not of the program: it is
 * read from where Debian's libjs-dygraphs has it, when a page is written.
 */
#ifndef VMM_CMD_REPORT_PAGE_H
#define VMM_CMD_REPORT_PAGE_H

#include <stdio.h>

#include <jansson.h>

#define REPORT_PAGE_DYGRAPHS "/usr/share/javascript/dygraphs"

/*
 * Writes the page of what report_to_json gave. Without dygraphs it has the tables alone, and a note
 * says so. 0, or -ENOMEM after an error line; whether all was written is for the file to say.
 */
int report_page_write(FILE *file, const json_t *report);

#endif
