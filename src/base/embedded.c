#include "base/embedded.h"

#include <string.h>

const dam__embedded *dam__embedded_find(const dam__embedded *table, const char *name)
{
    for (; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}
