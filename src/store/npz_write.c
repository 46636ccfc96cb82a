#include <string.h>

#include "store/npy_write.h"
#include "store/zip_write.h"

static dam_status add_array(dam__zip *zip, const char *name, const dam__array *array)
{
    dam__text file = {0}, type = {0}, start = {0};
    dam__text_append(&file, "%s.npy", name);
    dam__text_append(&type, "'%s'", dam__npy_descr(array->element));
    dam__npy_start(&start, dam__text_part(&start, &type), array->rank, array->shape);
    const char *entry = dam__text_part(&start, &file);
    dam_status status = dam__zip_add(zip, entry, &start, array);
    dam__text_free(&file);
    dam__text_free(&type);
    dam__text_free(&start);
    return status;
}

/* Words as one array; without axes where count is NULL. */
static dam_status add_words(dam__zip *zip, const char *name, const char *const *words,
                            const size_t *count)
{
    dam__text file = {0}, type = {0}, content = {0};
    size_t items = count != NULL ? *count : 1, longest = 1;
    for (size_t i = 0; i < items; i++)
        if (dam__npy_characters(words[i]) > longest)
            longest = dam__npy_characters(words[i]);
    dam__text_append(&file, "%s.npy", name);
    dam__text_append(&type, "'<U%zu'", longest);
    dam__npy_start(&content, dam__text_part(&content, &type), count != NULL ? 1 : 0, &items);
    for (size_t i = 0; i < items; i++)
        dam__npy_text(&content, words[i], longest);
    const char *entry = dam__text_part(&content, &file);
    dam_status status = dam__zip_add(zip, entry, &content, NULL);
    dam__text_free(&file);
    dam__text_free(&type);
    dam__text_free(&content);
    return status;
}

dam_status dam__npz_write(const dam__container *container, const char *path)
{
    dam_status status = DAM_OK;
    dam__zip zip = {0};
    DAM_TRY_CLEANUP(dam__zip_open(path, &zip));
    for (size_t i = 0; i < container->array_count; i++)
        DAM_TRY_CLEANUP(add_array(&zip, container->arrays[i].name, &container->arrays[i].array));
    for (size_t i = 0; i < container->list_count; i++)
        DAM_TRY_CLEANUP(add_words(&zip, container->lists[i].name,
                                  (const char *const *)container->lists[i].words.items,
                                  &container->lists[i].words.count));
    for (size_t i = 0; i < container->text_count; i++)
        DAM_TRY_CLEANUP(add_words(&zip, container->texts[i].name,
                                  (const char *const[]){container->texts[i].value}, NULL));
    DAM_TRY_CLEANUP(dam__zip_commit(&zip));
cleanup:
    dam__zip_discard(&zip);
    return status;
}
