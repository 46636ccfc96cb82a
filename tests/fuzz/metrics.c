/* The history of a run that somebody else writes, and its drawing in a terminal. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "draw/text_curves.h"
#include "run/metrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Either rows of columns, whose drawing keeps to its width, or one line and nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dam__history history = {0};
    dam__text text = {0};
    const char *names[DAM__HISTORY_COLUMNS];
    if (dam__metrics_parse("input", (const char *)data, size, &history) != DAM_OK) {
        if (history.rows != NULL || strstr(dam_error(), "'input'") == NULL ||
            strchr(dam_error(), '\n') != NULL)
            abort();
        return 0;
    }
    const dam__table table = dam__table_of_history(&history, names);
    if (dam__text_curves(&table, 79, 16, true, &text)) {
        size_t column = 0, lines = 0;
        if (dam__text_status(&text) != DAM_OK)
            abort();
        for (size_t i = 0; i < text.length; i++) {
            column = text.data[i] == '\n' ? 0 : column + 1;
            lines += text.data[i] == '\n';
            if (column > 79)
                abort();
        }
        if (lines != 17)
            abort();
    }
    dam__text_free(&text);
    dam__history_free(&history);
    return 0;
}
