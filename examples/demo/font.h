/* A bitmap font of printable ASCII: 5 columns, 7 rows above the base line and 2 below. */
#ifndef CLUP_DEMO_FONT_H
#define CLUP_DEMO_FONT_H

enum { FONT_WIDTH = 5, FONT_HEIGHT = 9, FONT_ADVANCE = 6 };

/* Whether the character has ink in that column and row; other characters look like '?'. */
int font_ink(char character, int column, int row);

#endif
