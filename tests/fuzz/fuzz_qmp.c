/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a client of the control socket sends: any bytes, cut into objects, and each object of them
 * is answered by a return or by an error.
 */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "vmm/host/json_frame.h"
#include "vmm/host/qmp.h"

/* An id of the longest and an error around it. */
#define ANSWER_MAX_BYTES (QMP_ID_MAX_BYTES + 1024)

static json_t *say_arguments(struct qmp_call *call)
{
    const json_t *word = json_object_get(call->arguments, "word");
    const json_t *number = json_object_get(call->arguments, "number");
    const json_t *flag = json_object_get(call->arguments, "flag");

    if (!json_is_string(word) || (number != NULL && !json_is_integer(number)) ||
        (flag != NULL && !json_is_boolean(flag)) || json_object_size(call->arguments) > 3)
        fuzz_fail("a command has arguments that are not its own");
    if (json_string_length(word) == 1)
        qmp_fail(call, "%s", json_string_value(word));
    return qmp_nothing();
}

static const struct qmp_command rows[] = {
    {.name = "say",
     .run = say_arguments,
     .arguments = {{"word", QMP_STRING, false},
                   {"number", QMP_INT, true},
                   {"flag", QMP_BOOL, true}}},
};

static const struct qmp_server server = {rows, 1, "1.2.3", NULL};

static void answer(struct qmp_session *session, const char *bytes, size_t length_bytes)
{
    static char text[ANSWER_MAX_BYTES];
    bool was_negotiated = session->negotiated;
    json_t *message = qmp_answer(&server, session, bytes, length_bytes);
    size_t length = json_dumpb(message, text, sizeof text, QMP_TEXT_FLAGS);
    bool returns = json_object_get(message, "return") != NULL;

    fuzz_count();
    if (returns == (json_object_get(message, "error") != NULL))
        fuzz_fail("an answer is a return or an error, and not both");
    if (length == 0 || length > sizeof text)
        fuzz_fail("an answer of %zu bytes", length);
    if (!was_negotiated && returns && !session->negotiated)
        fuzz_fail("a command has run before the negotiation");
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            fuzz_fail("an answer with a byte that a terminal might obey");
    json_decref(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct qmp_session session = {.negotiated = false};
    struct json_frame frame = {0};
    size_t begin = 0;

    for (size_t i = 0; i < size_bytes; i++)
        switch (json_frame_take(&frame, bytes[i])) {
        case JSON_FRAME_INSIDE:
            break;
        case JSON_FRAME_BETWEEN:
        case JSON_FRAME_BAD:
            begin = i + 1;
            break;
        case JSON_FRAME_END:
            answer(&session, (const char *)bytes + begin, i + 1 - begin);
            begin = i + 1;
            break;
        }
    session.negotiated = true;
    answer(&session, (const char *)bytes, size_bytes);
    return 0;
}
