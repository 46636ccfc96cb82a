/* Passes each file of the folders to a fuzz target: its corpus as an ordinary test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

enum { LARGEST_INPUT = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(void)
{
    (void)fprintf(stderr, "%s\n", dam_error());
    exit(EXIT_FAILURE);
}

static void replay_file(const char *path)
{
    char *data = NULL;
    size_t length = 0;
    if (dam__file_read(path, LARGEST_INPUT, &data, &length) != DAM_OK)
        fail();
    /* An exact copy: reading beyond the input must meet the sanitizer, not the NUL after it. */
    uint8_t *input = malloc(length);
    for (size_t i = 0; i < length; i++)
        input[i] = (uint8_t)data[i];
    free(data);
    (void)LLVMFuzzerTestOneInput(input, length);
    free(input);
}

/* The number of files replayed. */
static size_t replay_folder(const char *folder)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        perror(folder);
        exit(EXIT_FAILURE);
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        char *path = NULL;
        if (dam__path_join(&path, folder, entry->d_name) != DAM_OK)
            fail();
        if (dam__file_exists(path)) {
            /* Named first, so that a crash tells its input. */
            (void)printf("%s\n", path);
            (void)fflush(stdout);
            replay_file(path);
            count++;
        }
        free(path);
    }
    (void)closedir(entries);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    (void)printf("%zu inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
