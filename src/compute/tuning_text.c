/* Tuning files as text: a header that says what they are of, sections, and a last line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "compute/tuning.h"
#include "denseam/version.h"

#define FORMAT "denseam tuning 1"
#define LAST_LINE "end"

static const char *const shapes[] = {"cpu", "gpu"};
static const char *const precisions[] = {"single", "double"};

/* --- the header ------------------------------------------------------------------------------- */

/* A driver's text as one line. */
static void append_fact(dam__text *out, const char *name, const char *fact)
{
    size_t begin = out->length;
    dam__text_append(out, "%s = %s\n", name, fact);
    for (size_t i = begin; i + 1 < out->length; i++)
        if ((unsigned char)out->data[i] < ' ')
            out->data[i] = ' ';
}

dam_status dam__tuning_header(const dam_device_info *info, dam__text *out)
{
    char hex[DAM__DIGEST_HEX], clblast[DAM__CLBLAST_VERSION];
    dam__clblast_version(clblast);
    DAM_TRY(dam__embedded_digest(dam__kernel_sources, hex));
    dam__text_append(out, FORMAT "\n");
    append_fact(out, "version", DENSEAM_VERSION);
    append_fact(out, "kernels", hex);
    append_fact(out, "clblast", clblast);
    append_fact(out, "platform", info->platform);
    append_fact(out, "device", info->name);
    append_fact(out, "opencl", info->version);
    append_fact(out, "driver", info->driver);
    return DAM_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void print_choice(const dam__choice *choice, dam__text *out)
{
    dam__text_append(out, "product ");
    dam__product_print(&choice->shape, out);
    dam__text_append(out, " = %s", dam__gemm_provider_name(choice->provider));
    if (choice->provider == DAM__GEMM_PANEL && choice->panel.given) {
        dam__text_append(out, " ");
        dam__set_print(DAM__SPACE_PANEL, &choice->panel, out);
    }
    dam__text_append(out, "\n");
}

static void print_part(const dam__tuning_part *part, dam__text *out)
{
    if (part->provider != DAM__GEMM_AUTO)
        dam__text_append(out, "provider = %s\n", dam__gemm_provider_name(part->provider));
    for (int kind = 0; kind < DAM__SPACES; kind++) {
        if (!part->sets[kind].given)
            continue;
        dam__text_append(out, "%s = ", dam__spaces[kind].name);
        dam__set_print((dam__space_kind)kind, &part->sets[kind], out);
        dam__text_append(out, "\n");
    }
    for (int i = 0; i < part->count; i++)
        print_choice(&part->choices[i], out);
}

dam_status dam__tuning_print(const dam__tuning *tuning, const dam_device_info *info, dam__text *out)
{
    DAM_TRY(dam__tuning_header(info, out));
    for (int shape = 0; shape < 2; shape++)
        for (int wide = 0; wide < 2; wide++) {
            dam__text lines = {0};
            print_part(&tuning->parts[shape][wide], &lines);
            const char *found = dam__text_part(out, &lines);
            if (found[0] != '\0')
                dam__text_append(out, "\n[%s %s]\n%s", shapes[shape], precisions[wide], found);
            dam__text_free(&lines);
        }
    dam__text_append(out, "\n" LAST_LINE "\n");
    return DAM_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The lines of a file, one after the other. */
typedef struct reader {
    char *next; /* NUL-terminated; lines are cut out of it */
    int line;
} reader;

/* The next line without its end; NULL behind the last. */
static char *next_line(reader *from)
{
    char *line = from->next, *end = line != NULL ? strchr(line, '\n') : NULL;
    if (end == NULL)
        return NULL;
    *end = '\0';
    from->next = end + 1;
    from->line++;
    return line;
}

static dam_status compare_header(reader *from, const dam_device_info *info)
{
    dam_status status = DAM_OK;
    dam__text header = {0};
    DAM_TRY_CLEANUP(dam__tuning_header(info, &header));
    DAM_TRY_CLEANUP(dam__text_status(&header));
    reader wanted = {.next = header.data};
    for (char *want = next_line(&wanted); want != NULL; want = next_line(&wanted)) {
        const char *line = next_line(from);
        if (line == NULL)
            DAM_FAIL(DAM_INPUT, "it is cut off in line %d", from->line + 1);
        if (strcmp(line, want) != 0)
            DAM_FAIL(DAM_INPUT, "its line %d is '%.100s', but here it is '%.100s'", from->line,
                     line, want);
    }
cleanup:
    dam__text_free(&header);
    return status;
}

/* "[cpu single]" */
static dam__tuning_part *find_part(const char *line, dam__tuning *tuning)
{
    char name[32];
    for (int shape = 0; shape < 2; shape++)
        for (int wide = 0; wide < 2; wide++) {
            (void)snprintf(name, sizeof name, "[%s %s]", shapes[shape], precisions[wide]);
            if (strcmp(line, name) == 0)
                return &tuning->parts[shape][wide];
        }
    return NULL;
}

static dam_status parse_provider(const char *text, dam__gemm_provider *out)
{
    dam__gemm_provider provider = dam__gemm_provider_find(text);
    if (provider == DAM__GEMM_PROVIDERS)
        return dam__fail(DAM_INPUT, "'%.60s' is no provider of products", text);
    *out = provider;
    return DAM_OK;
}

static dam_status parse_choice(const char *name, char *value, dam__tuning_part *part)
{
    dam__choice choice = {0};
    DAM_TRY(dam__product_parse(name, &choice.shape));
    if (part->count == DAM__MOST_CHOICES)
        return dam__fail(DAM_INPUT, "it has more than %d products", DAM__MOST_CHOICES);
    char *rest = strchr(value, ' ');
    if (rest != NULL)
        *rest++ = '\0';
    DAM_TRY(parse_provider(value, &choice.provider));
    if (rest != NULL && choice.provider != DAM__GEMM_PANEL)
        return dam__fail(DAM_INPUT, "'%s' takes no parameters here", value);
    if (rest != NULL)
        DAM_TRY(dam__set_parse(DAM__SPACE_PANEL, rest, &choice.panel));
    part->choices[part->count++] = choice;
    return DAM_OK;
}

static dam_status parse_line(char *line, dam__tuning_part *part)
{
    static const char product[] = "product ";
    char *value = strstr(line, " = ");
    if (value == NULL || part == NULL)
        return dam__fail(DAM_INPUT, "'%.60s' is not expected there", line);
    *value = '\0';
    value += 3;
    if (strcmp(line, "provider") == 0)
        return parse_provider(value, &part->provider);
    if (strncmp(line, product, sizeof product - 1) == 0)
        return parse_choice(line + sizeof product - 1, value, part);
    for (int kind = 0; kind < DAM__SPACES; kind++)
        if (strcmp(line, dam__spaces[kind].name) == 0)
            return dam__set_parse((dam__space_kind)kind, value, &part->sets[kind]);
    return dam__fail(DAM_INPUT, "'%.60s' is unknown", line);
}

static dam_status parse_sections(reader *from, dam__tuning *tuning)
{
    dam__tuning_part *part = NULL;
    for (char *line = next_line(from); line != NULL; line = next_line(from)) {
        if (strcmp(line, LAST_LINE) == 0)
            return *from->next == '\0'
                       ? DAM_OK
                       : dam__fail(DAM_INPUT, "it goes on after its end in line %d", from->line);
        if (line[0] == '\0')
            continue;
        dam__tuning_part *named = find_part(line, tuning);
        part = named != NULL ? named : part;
        dam_status status = named != NULL ? DAM_OK : parse_line(line, part);
        if (status != DAM_OK)
            return dam__fail_within(status, "its line %d is wrong", from->line);
    }
    return dam__fail(DAM_INPUT, "it is cut off after line %d", from->line);
}

static dam_status check_limits(const dam__tuning *tuning, const dam_device_info *info)
{
    for (int shape = 0; shape < 2; shape++)
        for (int wide = 0; wide < 2; wide++)
            for (int kind = 0; kind < DAM__SPACES; kind++)
                DAM_TRY(dam__set_check((dam__space_kind)kind,
                                       &tuning->parts[shape][wide].sets[kind], info, wide != 0));
    return DAM_OK;
}

dam_status dam__tuning_parse(const char *text, size_t length, const dam_device_info *info,
                             dam__tuning *out)
{
    dam_status status = DAM_OK;
    dam__tuning *tuning = NULL;
    char *copy = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *tuning, &tuning));
    DAM_TRY_CLEANUP(dam__alloc(length + 1, 1, &copy));
    memcpy(copy, text, length);
    if (strlen(copy) != length)
        DAM_FAIL(DAM_INPUT, "it is no text");
    reader from = {.next = copy};
    DAM_TRY_CLEANUP(compare_header(&from, info));
    DAM_TRY_CLEANUP(parse_sections(&from, tuning));
    DAM_TRY_CLEANUP(check_limits(tuning, info));
    DAM_TRY_CLEANUP(dam__digest_hex(text, length, tuning->digest));
    *out = *tuning;
cleanup:
    free(copy);
    free(tuning);
    return status;
}
