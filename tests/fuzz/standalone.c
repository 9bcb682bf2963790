/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where there is no libFuzzer: runs each file of the folders that are named, then inputs of random
 * bytes, the same ones each time, until -max_total_time=SECONDS is over. An input that ends the
 * process is in the file "crash" of -artifact_prefix=PREFIX.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fuzz/fuzz.h"

#define MAX_INPUT_BYTES 4096

static char artifact_path[PATH_MAX] = "crash";

/* The input is in the file while it runs. */
static void run_input(const uint8_t *bytes, size_t size_bytes)
{
    FILE *file = fopen(artifact_path, "w");

    if (file == NULL || fwrite(bytes, 1, size_bytes, file) != size_bytes || fclose(file) != 0)
        fuzz_fail("cannot write %s", artifact_path);
    LLVMFuzzerTestOneInput(bytes, size_bytes);
}

static void run_file(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "r");
    size_t size_bytes;

    if (file == NULL)
        fuzz_fail("cannot read %s", path);
    size_bytes = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    run_input(bytes, size_bytes);
}

static void run_folder(const char *folder)
{
    char path[PATH_MAX];
    struct dirent *entry;
    DIR *dir = opendir(folder);

    if (dir == NULL)
        fuzz_fail("cannot read the folder %s", folder);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        run_file(path);
    }
    closedir(dir);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void run_random(time_t seconds)
{
    static uint8_t bytes[MAX_INPUT_BYTES];
    time_t end = time(NULL) + seconds;
    uint64_t state = 1;

    while (time(NULL) < end) {
        size_t size_bytes = next_random(&state) % (sizeof bytes + 1);

        for (size_t i = 0; i < size_bytes; i++)
            bytes[i] = (uint8_t)(next_random(&state) >> 32);
        run_input(bytes, size_bytes);
    }
}

int main(int argc, char **argv)
{
    time_t seconds = 1;

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "-artifact_prefix=", 17) == 0)
            snprintf(artifact_path, sizeof artifact_path, "%scrash", argv[i] + 17);
        else if (strncmp(argv[i], "-max_total_time=", 16) == 0)
            seconds = atoi(argv[i] + 16);
    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-')
            run_folder(argv[i]);
    run_random(seconds);
    remove(artifact_path);
    return 0;
}
