/* Files of `denseam bench` from anywhere, and the page that is made of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Either result sets that make a page, twice the same as a name may be taken, or one line and
 * nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dam__result_sets all = {0};
    dam__comparison comparison = {0};
    dam__text page = {0};
    dam_status status = dam__result_sets_parse("input", (const char *)data, size, &all);
    if (status != DAM_OK) {
        if ((status != DAM_INPUT && status != DAM_USAGE) || all.count != 0 ||
            strstr(dam_error(), "'input'") == NULL)
            abort();
        return 0;
    }
    if (dam__result_sets_parse("input", (const char *)data, size, &all) == DAM_OK) {
        if (dam__comparison_create(&all, NULL, &comparison) != DAM_OK)
            abort();
        dam__compare_page(&comparison, &page);
        if (dam__text_status(&page) != DAM_OK || strlen(page.data) != page.length)
            abort();
    }
    dam__text_free(&page);
    dam__comparison_free(&comparison);
    dam__result_sets_free(&all);
    return 0;
}
