/* Any text is parsed as a tuning file for a device: it is whole and sound, or refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compute/tuning.h"

static const dam_device_info device = {.platform = "P",
                                       .name = "D",
                                       .driver = "1",
                                       .version = "OpenCL 3.0",
                                       .largest_work_group = 256,
                                       .local_memory = 32768};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is parsed prints as a text that parses to the same. */
static void check(const char *text, size_t length)
{
    dam__tuning first, again;
    dam__text printed = {0};
    memset(&first, 0, sizeof first);
    memset(&again, 0, sizeof again);
    if (dam__tuning_parse(text, length, &device, &first) == DAM_OK) {
        if (dam__tuning_print(&first, &device, &printed) != DAM_OK ||
            dam__tuning_parse(printed.data, printed.length, &device, &again) != DAM_OK)
            abort();
        memcpy(again.digest, first.digest, sizeof again.digest);
        if (memcmp(&first, &again, sizeof first) != 0)
            abort();
    }
    dam__text_free(&printed);
}

/* As it is, and behind this program's own header, which no corpus could keep up with. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dam__text text = {0};
    dam_status status = dam__tuning_header(&device, &text);
    check((const char *)data, size);
    if (status == DAM_OK && size > 0)
        dam__text_append_bytes(&text, data, size);
    if (status == DAM_OK && dam__text_status(&text) == DAM_OK)
        check(text.data, text.length);
    dam__text_free(&text);
    return 0;
}
