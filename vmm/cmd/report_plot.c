/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_plot.h. */
#include "vmm/cmd/report_plot.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define POINTS_MAX 300

/* Okabe and Ito's colours, which colour-blind people can tell apart. */
static const char *const colors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                     "#56b4e9", "#e69f00", "#8c6bb1", "#7f7f7f"};
#define COLORS (sizeof colors / sizeof colors[0])

static double number(const json_t *array, size_t i)
{
    return json_number_value(json_array_get(array, i));
}

/* A text of a stranger's, within single quotes: only these are special there, and no line may end.
 */
static void put_quoted(FILE *file, const char *text)
{
    fputc('\'', file);
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputc('\'', file);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
    }
    fputc('\'', file);
}

/* The largest error of any clock, for the unit of the axis. */
static double largest_ns(const json_t *clocks)
{
    double largest = 0;
    size_t i;
    const json_t *clock;

    json_array_foreach(clocks, i, clock)
    {
        double lowest = fabs(json_number_value(json_object_get(clock, "lowest_ns")));
        double highest = fabs(json_number_value(json_object_get(clock, "highest_ns")));

        largest = lowest > largest ? lowest : largest;
        largest = highest > largest ? highest : largest;
    }
    return largest;
}

static double put_unit(FILE *file, double largest)
{
    static const struct {
        double ns;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "\302\265s"}, {1, "ns"}};
    unsigned unit = 0;

    while (unit < 3 && largest < 2 * units[unit].ns)
        unit++;
    fprintf(file, "set ylabel 'ahead of guest time, %s'\n", units[unit].name);
    return units[unit].ns;
}

/* Of [from, to, words]; to is null for what happens at once. */
static void put_band(FILE *file, const json_t *band, unsigned row)
{
    double from = number(band, 0);

    if (json_is_null(json_array_get(band, 1)))
        fprintf(file,
                "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead lc '#e69f00' "
                "lw 2\n",
                from, from);
    else
        fprintf(file,
                "set object rectangle from first %.9g, graph 0 to first %.9g, graph 1 "
                "fc '#e69f00' fs solid 0.18 noborder behind\n",
                from, number(band, 1));
    fputs("set label ", file);
    put_quoted(file, json_string_value(json_array_get(band, 2)));
    fprintf(file, " at first %.9g, graph %.9g offset 0.5, 0 font ',11' front noenhanced\n", from,
            0.95 - 0.06 * (row % 4));
}

static void put_bands(FILE *file, const json_t *bands)
{
    size_t i;
    const json_t *band;

    json_array_foreach(bands, i, band)
    {
        put_band(file, band, (unsigned)i);
    }
}

static void put_clocksources(FILE *file, const json_t *clocksources, double end_sec)
{
    size_t i;
    const json_t *line;

    json_array_foreach(clocksources, i, line)
    {
        double to = i + 1 < json_array_size(clocksources)
                        ? number(json_array_get(clocksources, i + 1), 0)
                        : end_sec;

        fprintf(file,
                "set object rectangle from first %.9g, graph -0.36 to first %.9g, graph -0.29 "
                "noclip fc '%s' fs solid 0.35 border lc '#767676'\nset label ",
                number(line, 0), to, colors[i % COLORS]);
        put_quoted(file, json_string_value(json_array_get(line, 1)));
        fprintf(file, " at first %.9g, graph -0.325 offset 0.5, 0 font ',11' noenhanced\n",
                number(line, 0));
    }
}

/* Of many points the lowest and the highest of each group. */
static void put_points(FILE *file, unsigned place, const json_t *points, double unit_ns)
{
    size_t count = json_array_size(points), group = count / (POINTS_MAX / 2) + 1;

    fprintf(file, "$clock%u << END\n", place);
    for (size_t begin = 0; begin < count; begin += group) {
        size_t end = begin + group < count ? begin + group : count, lowest = begin, highest = begin;

        for (size_t i = begin; i < end; i++) {
            double error = number(json_array_get(points, i), 1);

            lowest = error < number(json_array_get(points, lowest), 1) ? i : lowest;
            highest = error > number(json_array_get(points, highest), 1) ? i : highest;
        }
        for (unsigned i = 0; i < (lowest == highest ? 1 : 2); i++) {
            const json_t *point =
                json_array_get(points, (i == 0) == (lowest < highest) ? lowest : highest);

            fprintf(file, "%.6f %.6g\n", number(point, 0), number(point, 1) / unit_ns);
        }
    }
    fputs("END\n", file);
}

static void put_plot(FILE *file, const json_t *clocks)
{
    size_t i;
    const json_t *clock;

    /* A picture of faults alone. */
    if (json_array_size(clocks) == 0)
        fputs("plot NaN notitle", file);
    else
        fputs("plot ", file);
    json_array_foreach(clocks, i, clock)
    {
        fprintf(file, "%s$clock%zu with lines lw 1.6 lc '%s' title ", i > 0 ? ", " : "", i,
                colors[i % COLORS]);
        put_quoted(file, json_string_value(json_object_get(clock, "name")));
        fputs(" noenhanced", file);
    }
    fputs("\n", file);
}

void report_plot_write(FILE *file, const json_t *report)
{
    const json_t *clocks = json_object_get(report, "clocks");
    double end_sec = json_number_value(json_object_get(report, "end_s")), unit_ns;
    size_t i;
    const json_t *clock;

    fputs("set terminal svg size 900,460 dynamic rounded font 'sans-serif,13' background "
          "'#ffffff'\nset grid lc '#d4d4d4'\nset border lc '#767676'\nset key below\n"
          "set bmargin 9\nset xlabel 'guest time, s'\nset title ",
          file);
    put_quoted(file, json_string_value(json_object_get(report, "title")));
    fprintf(file, " noenhanced\nset xrange [0:%.9g]\n", end_sec > 0 ? end_sec : 1);
    unit_ns = put_unit(file, largest_ns(clocks));
    /* gnuplot warns of a range that is empty. */
    if (largest_ns(clocks) == 0)
        fputs("set yrange [-1:1]\n", file);
    put_bands(file, json_object_get(report, "bands"));
    put_clocksources(file, json_object_get(report, "clocksources"), end_sec);
    json_array_foreach(clocks, i, clock)
    {
        put_points(file, (unsigned)i, json_object_get(clock, "points"), unit_ns);
    }
    put_plot(file, clocks);
}
