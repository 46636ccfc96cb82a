#include "paper/paper_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "base/text.h"

size_t dam__paper_count(void)
{
    size_t count = 0;
    while (dam__paper_tables[count].name != NULL)
        count++;
    return count;
}

const char *dam__paper_id(size_t i)
{
    return dam__paper_tables[i].name;
}

void dam__paper_free(dam__paper *paper)
{
    free(paper->text);
    free((void *)paper->notes);
    free(paper->rows);
    *paper = (dam__paper){0};
}

/* The field at *at, without blanks round it; moves *at behind its |, to NULL at the end. */
static char *next_field(char **at)
{
    char *field = *at, *end = strchr(field, '|');
    *at = end != NULL ? end + 1 : NULL;
    if (end == NULL)
        end = field + strlen(field);
    while (*field == ' ')
        field++;
    while (end > field && end[-1] == ' ')
        end--;
    *end = '\0';
    return field;
}

static dam_status read_row(char *line, const char *id, dam__paper_row *row)
{
    char **const fields[] = {&row->name,        &row->figures,     &row->command,
                             &row->preset,      &row->settings[0], &row->settings[1],
                             &row->settings[2], &row->caption};
    char *at = line;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (at == NULL)
            return dam__fail(DAM_INTERNAL, "the table of paper %s has a row of %zu fields", id, i);
        *fields[i] = next_field(&at);
    }
    return DAM_OK;
}

/* The rest of a line that begins with word, NAME and a colon, and in *row whose it is. */
static const char *said_of(const dam__paper *paper, const char *line, const char *word,
                           dam__paper_row **row)
{
    size_t length = strlen(word);
    if (strncmp(line, word, length) != 0 || line[length] != ' ')
        return NULL;
    const char *name = line + length + 1, *colon = strstr(name, ": ");
    for (size_t i = 0; colon != NULL && i < paper->count; i++)
        if (strlen(paper->rows[i].name) == (size_t)(colon - name) &&
            strncmp(paper->rows[i].name, name, (size_t)(colon - name)) == 0) {
            *row = &paper->rows[i];
            return colon + 2;
        }
    return NULL;
}

/* Whether the line says what came of a row. */
static bool read_outcome(const dam__paper *paper, const char *line)
{
    dam__paper_row *row = NULL;
    const char *agrees = said_of(paper, line, "agrees", &row);
    const char *differs = said_of(paper, line, "differs", &row);
    const char *without = said_of(paper, line, "without", &row);
    if (agrees != NULL)
        row->agrees = agrees;
    if (differs != NULL)
        row->differs = differs;
    if (without != NULL)
        row->without = without;
    return agrees != NULL || differs != NULL || without != NULL;
}

static dam_status read_line(dam__paper *paper, char *line)
{
    static const char title[] = "title: ", note[] = "note: ";
    if (*line == '\0' || *line == '#')
        return DAM_OK;
    if (strncmp(line, title, sizeof title - 1) == 0) {
        paper->title = line + sizeof title - 1;
        return DAM_OK;
    }
    if (strncmp(line, note, sizeof note - 1) == 0) {
        DAM_TRY(dam__grow((void *)&paper->notes, paper->note_count + 1, sizeof *paper->notes));
        paper->notes[paper->note_count++] = line + sizeof note - 1;
        return DAM_OK;
    }
    if (read_outcome(paper, line))
        return DAM_OK;
    DAM_TRY(dam__grow((void *)&paper->rows, paper->count + 1, sizeof *paper->rows));
    paper->rows[paper->count] = (dam__paper_row){0};
    return read_row(line, paper->id, &paper->rows[paper->count++]);
}

static dam_status refuse(const char *id)
{
    dam__text names = {0};
    for (size_t i = 0; i < dam__paper_count(); i++)
        dam__text_append(&names, "%s%s", i > 0 ? ", " : "", dam__paper_id(i));
    dam_status status = dam__text_status(&names);
    if (status == DAM_OK)
        status = dam__fail(DAM_USAGE, "there is no paper '%.60s'; there are %s", id, names.data);
    dam__text_free(&names);
    return status;
}

dam_status dam__paper_open(const char *id, dam__paper *out)
{
    dam_status status = DAM_OK;
    dam__paper paper = {.title = ""};
    const dam__embedded *table = dam__embedded_find(dam__paper_tables, id);
    *out = (dam__paper){0};
    if (table == NULL)
        return refuse(id);
    paper.id = table->name;
    DAM_TRY_CLEANUP(dam__format(&paper.text, "%s", (const char *)table->bytes));
    for (char *line = paper.text, *next = NULL; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        DAM_TRY_CLEANUP(read_line(&paper, line));
    }
    *out = paper;
    paper = (dam__paper){0};
cleanup:
    dam__paper_free(&paper);
    return status;
}

dam_status dam__paper_find(const dam__paper *paper, const char *name, const dam__paper_row **out)
{
    dam_status status = DAM_OK;
    const char **names = NULL;
    for (size_t i = 0; i < paper->count; i++)
        if (strcmp(paper->rows[i].name, name) == 0) {
            *out = &paper->rows[i];
            return DAM_OK;
        }
    DAM_TRY(dam__alloc(paper->count + 1, sizeof *names, &names));
    for (size_t i = 0; i < paper->count; i++)
        names[i] = paper->rows[i].name;
    const char *closest = dam__closest(name, names);
    status =
        dam__fail(DAM_USAGE, "paper %s has no figure '%.60s'%s%s%s; 'denseam paper %s' lists them",
                  paper->id, name, closest != NULL ? " (did you mean '" : "",
                  closest != NULL ? closest : "", closest != NULL ? "'?)" : "", paper->id);
    free(names);
    return status;
}
