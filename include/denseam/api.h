/* Marks what the shared library shows. */
#ifndef DENSEAM_API_H
#define DENSEAM_API_H

#if defined(__GNUC__)
#define DAM_API __attribute__((visibility("default")))
#else
#define DAM_API
#endif

#endif
