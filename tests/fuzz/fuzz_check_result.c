/* SPDX-License-Identifier: BSD-2-Clause */
/* A document for --merge: any bytes are results that every format writes whole, or an error. */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "check/format.h"
#include "check/result_read.h"

/* JSON has DEL as it is, which no terminal obeys; everything else that is not printable is escaped.
 */
static bool is_printable(const char *text, enum format format)
{
    char last = format == FORMAT_JSON ? '\177' : '~';

    for (; *text != '\0'; text++)
        if ((*text < ' ' || *text > last) && *text != '\n')
            return false;
    return true;
}

static void check_formats(const json_t *results)
{
    static char bytes[FORMAT_FRAME_BYTES + 8 * FORMAT_RESULT_BYTES];
    struct text text;

    for (unsigned format = FORMAT_TABLE; format <= FORMAT_JSON; format++) {
        text_init(&text, bytes, sizeof bytes);
        format_write((enum format)format, results, &text);
        if (text.cut && json_array_size(results) <= 8)
            fuzz_fail("format %u is cut", format);
        if (!is_printable(bytes, (enum format)format))
            fuzz_fail("format %u has a byte that is not printable", format);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    json_t *results = json_array();
    char error[128] = "";
    int status;

    fuzz_count();
    status = result_read((const char *)bytes, size_bytes, results, error, sizeof error);
    if ((status == 0) != (error[0] == '\0'))
        fuzz_fail("status %d with the error '%s'", status, error);
    if (status != 0 && json_array_size(results) != 0)
        fuzz_fail("results of a document that was refused");
    if (!results_are_whole(results, error, sizeof error) && error[0] == '\0')
        fuzz_fail("a matrix that is not whole, without an error");
    check_formats(results);
    json_decref(results);
    return 0;
}
