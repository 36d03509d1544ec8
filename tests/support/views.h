/* Strided views of a problem, by its text: the same sizes, other strides. */
#ifndef VIEWS_H
#define VIEWS_H

enum { VIEW_PADDED, VIEW_CHANNELS_LAST, VIEW_CHANNEL_SLICE, VIEW_TRANSPOSED, VIEW_REPEATED, VIEWS };
#define VIEW_TEXT 1000

/* The problem with view strides for every tensor, in text[VIEW_TEXT]; 0 when that view says nothing new about it. Of
 * VIEW_REPEATED only the input repeats its elements (over the channels, stride 0): no output may. */
int view_text(const char *problem, int view, char *text);

#endif
