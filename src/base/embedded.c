#include "base/embedded.h"

#include <string.h>

#include "base/text.h"

dam_status dam__embedded_digest(const dam__embedded *table, char hex[DAM__DIGEST_HEX])
{
    dam__text all = {0};
    for (; table->name != NULL; table++) {
        dam__text_append(&all, "%s %zu\n", table->name, table->length);
        dam__text_append_bytes(&all, table->bytes, table->length);
    }
    dam_status status = dam__digest_text(&all, hex);
    dam__text_free(&all);
    return status;
}

const dam__embedded *dam__embedded_find(const dam__embedded *table, const char *name)
{
    for (; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}
