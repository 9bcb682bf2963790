/* SPDX-License-Identifier: BSD-2-Clause */
/* See control_answer.h. */
#include "tests/unit/control_answer.h"

#include <string.h>

#include "tests/unit/unit.h"
#include "vmm/cmd/control_commands.h"

const char *control_answer(struct control_target *target, const char *request)
{
    static char text[32768];
    struct qmp_server server = control_commands_server(target, "1.2.3");
    struct qmp_session session = {.negotiated = true};
    json_t *message = qmp_answer(&server, &session, request, strlen(request));
    size_t length = json_dumpb(message, text, sizeof text - 1, QMP_TEXT_FLAGS | JSON_SORT_KEYS);

    assert_in_range(length, 1, sizeof text - 1);
    text[length] = '\0';
    json_decref(message);
    return text;
}
