/* What CLUP_VERBOSE asks for, on stderr: a comma-separated list of error, dispatch, build, exec, or all. */
#ifndef CLUP_LOG_H
#define CLUP_LOG_H

typedef enum log_topic { LOG_ERROR = 1, LOG_DISPATCH = 2, LOG_BUILD = 4, LOG_EXEC = 8 } log_topic;

int log_wants(log_topic topic);
/* One line "clup: topic: ..."; nothing when the topic is not asked for. */
void log_line(log_topic topic, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Milliseconds of a monotonic clock. */
double log_clock_ms(void);

#endif
