/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_page.h. */
#include "vmm/cmd/report_page.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define LIBRARY_MAX_BYTES (UINT64_C(4) << 20)

/* timelab/report_template.S */
extern const char report_template[];

struct page {
    FILE *file;
    const json_t *report;
};

/* Text of a stranger's, as a guest's kernel has printed it. */
static void put_text(FILE *file, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc(*text, file);
        }
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* "1.5 ms", to four digits. */
static void put_ns(FILE *file, double ns)
{
    static const struct {
        double ns;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "&micro;s"}, {1, "ns"}};
    unsigned unit = 0;

    while (unit < 3 && fabs(ns) < units[unit].ns)
        unit++;
    fprintf(file, "<td class=\"number\">%.4g %s</td>", ns / units[unit].ns, units[unit].name);
}

/* One that does not apply is neither well nor bad. */
static const char *class_of(const char *verdict)
{
    if (strcmp(verdict, "n/a") == 0)
        return "none";
    return strcmp(verdict, "ok") == 0 ? "pass" : "fail";
}

static void put_expectations(FILE *file, const json_t *expectations)
{
    size_t i;
    const json_t *expectation;

    if (json_array_size(expectations) == 0)
        return;
    fputs("<h2>What was expected</h2>\n<table id=\"expectations\"><tr><th>verdict</th>"
          "<th>expectation</th><th>what was found</th></tr>\n",
          file);
    json_array_foreach(expectations, i, expectation)
    {
        fprintf(file, "<tr><td class=\"%s\">", class_of(text_of(expectation, "verdict")));
        put_text(file, text_of(expectation, "verdict"));
        fputs("</td><td>", file);
        put_text(file, text_of(expectation, "text"));
        fputs("</td><td>", file);
        put_text(file, text_of(expectation, "got"));
        fputs("</td></tr>\n", file);
    }
    fputs("</table>\n", file);
}

static void put_clocks(FILE *file, const json_t *clocks)
{
    size_t i;
    const json_t *clock;

    if (json_array_size(clocks) == 0)
        return;
    fputs("<h2>Clocks</h2>\n<table id=\"clocks\"><tr><th>clock</th><th class=\"number\">readings"
          "</th><th class=\"number\">uncertain</th><th class=\"number\">ahead at first</th>"
          "<th class=\"number\">since then: least</th><th class=\"number\">most</th>"
          "<th class=\"number\">at the end</th></tr>\n",
          file);
    json_array_foreach(clocks, i, clock)
    {
        fputs("<tr><td>", file);
        put_text(file, text_of(clock, "name"));
        fprintf(file, "</td><td class=\"number\">%lld</td><td class=\"number\">%lld</td>",
                (long long)json_integer_value(json_object_get(clock, "readings")),
                (long long)json_integer_value(json_object_get(clock, "uncertain")));
        put_ns(file, (double)json_integer_value(json_object_get(clock, "first_error_ns")));
        put_ns(file, json_real_value(json_object_get(clock, "lowest_ns")));
        put_ns(file, json_real_value(json_object_get(clock, "highest_ns")));
        put_ns(file, json_real_value(json_object_get(clock, "last_ns")));
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

/* Of faults, messages of the guest's kernel and others: [second, text, whether it is an end]. */
static void put_lines(FILE *file, const char *title, const char *id, const json_t *lines)
{
    size_t i;
    const json_t *line;

    if (json_array_size(lines) == 0)
        return;
    fprintf(file,
            "<h2>%s</h2>\n<table id=\"%s\"><tr><th class=\"number\">guest time, s</th>"
            "<th>what</th></tr>\n",
            title, id);
    json_array_foreach(lines, i, line)
    {
        fprintf(file, "<tr><td class=\"number\">%.6f</td><td>",
                json_real_value(json_array_get(line, 0)));
        put_text(file, json_string_value(json_array_get(line, 1)));
        fprintf(file, "%s</td></tr>\n", json_is_true(json_array_get(line, 2)) ? " (its end)" : "");
    }
    fputs("</table>\n", file);
}

static int put_verdicts(const struct page *page)
{
    json_int_t missing = json_integer_value(json_object_get(page->report, "missing"));

    if (missing > 0)
        fprintf(page->file, "<p class=\"fail\">%lld records are missing.</p>\n",
                (long long)missing);
    put_expectations(page->file, json_object_get(page->report, "expectations"));
    return 0;
}

/* What the tables have no room for. */
static void put_left_out(const struct page *page, const char *name, const char *what)
{
    json_int_t count = json_integer_value(json_object_get(page->report, name));

    if (count > 0)
        fprintf(page->file, "<p>%lld %s.</p>\n", (long long)count, what);
}

static int put_tables(const struct page *page)
{
    const json_t *report = page->report;

    put_clocks(page->file, json_object_get(report, "clocks"));
    put_left_out(page, "pages_left_out", "more vCPUs have a page of kvm-clock that is not shown");
    put_lines(page->file, "Faults", "faults", json_object_get(report, "faults"));
    put_lines(page->file, "Messages of the guest's kernel", "messages",
              json_object_get(report, "messages"));
    put_lines(page->file, "Marks", "marks", json_object_get(report, "marks"));
    put_left_out(page, "lines_left_out", "more lines are in the trace and not shown here");
    return 0;
}

/* JSON within HTML: no text in it may end the element. */
static int put_data(const struct page *page)
{
    char *data = json_dumps(page->report, JSON_COMPACT | JSON_REAL_PRECISION(12));

    if (data == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    for (const char *c = data; *c != '\0'; c++)
        if (*c == '<')
            fputs("\\u003c", page->file);
        else
            fputc(*c, page->file);
    free(data);
    return 0;
}

/* A part of dygraphs; NULL if it is not installed. The caller frees it. */
static char *read_library(const char *path)
{
    const char *error;
    uint64_t size_bytes;
    size_t got_bytes;
    int fd = file_open(path, LIBRARY_MAX_BYTES, &size_bytes, &error);
    char *bytes = NULL;

    if (fd >= 0) {
        bytes = file_read_all(fd, size_bytes, LIBRARY_MAX_BYTES, &got_bytes, &error);
        close(fd);
    }
    return bytes;
}

/* Without it the script that uses it fails, and the pictures stay hidden. */
static int put_library(const struct page *page, const char *path)
{
    char *bytes = read_library(path);

    if (bytes != NULL)
        fputs(bytes, page->file);
    else
        log_note("%s is not there: the page has tables and no pictures (Debian's package is "
                 "libjs-dygraphs)",
                 path);
    free(bytes);
    return 0;
}

static int put_title(const struct page *page)
{
    put_text(page->file, text_of(page->report, "title"));
    return 0;
}

static int put_script(const struct page *page)
{
    return put_library(page, REPORT_PAGE_DYGRAPHS "/dygraph.min.js");
}

static int put_style(const struct page *page)
{
    return put_library(page, REPORT_PAGE_DYGRAPHS "/dygraph.min.css");
}

static const struct {
    const char *name;
    int (*put)(const struct page *page);
} parts[] = {
    {"@TITLE@", put_title}, {"@EXPECTATIONS@", put_verdicts}, {"@TABLES@", put_tables},
    {"@DATA@", put_data},   {"@LIBRARY_STYLE@", put_style},   {"@LIBRARY@", put_script},
};

/* The part that the template names here, if it names one: *at is then moved behind its name. */
static int put_part(const struct page *page, const char **at, bool *found)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t length = strlen(parts[i].name);

        if (strncmp(*at, parts[i].name, length) == 0) {
            *at += length;
            *found = true;
            return parts[i].put(page);
        }
    }
    *found = false;
    return 0;
}

int report_page_write(FILE *file, const json_t *report)
{
    const struct page page = {file, report};
    const char *at = report_template;
    int result = 0;

    while (result == 0 && *at != '\0') {
        bool found = false;

        if (*at == '@')
            result = put_part(&page, &at, &found);
        if (!found)
            fputc(*at++, file);
    }
    return result;
}
