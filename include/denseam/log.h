/*
 * Where the library's messages go: warnings, and progress of long operations.
 *
 * The library itself prints nothing. A NULL log, or a log whose write is NULL, discards everything.
 */
#ifndef DENSEAM_LOG_H
#define DENSEAM_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dam_log_level { DAM_LOG_INFO, DAM_LOG_WARNING } dam_log_level;

typedef struct dam_log {
    /* Receives one line without its newline; user is passed through. */
    void (*write)(void *user, dam_log_level level, const char *line);
    void *user;
} dam_log;

#ifdef __cplusplus
}
#endif

#endif
