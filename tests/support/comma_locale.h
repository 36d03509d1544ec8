/* A locale whose numbers have decimal commas, on a system that has none installed. */
#ifndef COMMA_LOCALE_H
#define COMMA_LOCALE_H

/* Sets LC_NUMERIC so, from an installed locale or (with glibc) from one written for the purpose. 0 when neither works.
 */
int comma_locale_enter(void);
/* Back to "C". */
void comma_locale_leave(void);

#endif
