#include "font.h"

#include <string.h>

/* From ' ' to '~'. Each digit is one row from the top, its five bits in base 32 (0-9, a-v), the highest on the left;
 * rows that are left out are empty. */
static const char *const glyphs[95] = {
    "",          "4444404", "aa",        "aavavaa",  "4fke5u4", "op248j3", "cik8lid", "44",      "2488842",
    "8422248",   "04lel4",  "044v44",    "00000c48", "000v",    "00000cc", "01248g",  "ehjlphe", "4c4444e",
    "eh1248v",   "v2421he", "26aiv22",   "vgu11he",  "68guhhe", "v124888", "ehhehhe", "ehhf12c", "0cc0cc",
    "0cc0c48",   "248g842", "00v0v",     "8421248",  "eh12404", "ehnlngf", "ehhvhhh", "uhhuhhu", "ehggghe",
    "uhhhhhu",   "vgguggv", "vgguggg",   "ehgnhhf",  "hhhvhhh", "e44444e", "72222ic", "hikokih", "ggggggv",
    "hrllhhh",   "hhpljhh", "ehhhhhe",   "uhhuggg",  "ehhhlid", "uhhukih", "fgge11u", "v444444", "hhhhhhe",
    "hhhhha4",   "hhhllla", "hha4ahh",   "hhha444",  "v1248gv", "e88888e", "0g8421",  "e22222e", "4ah",
    "000000v",   "842",     "00e1fhf",   "ggmphhu",  "00egghe", "11djhhf", "00ehvge", "698s888", "00fhhhf1e",
    "ggmphhh",   "40c444e", "2062222ic", "ggikoki",  "c44444e", "00qllhh", "00mphhh", "00ehhhe", "00uhhhugg",
    "00fhhhf11", "00mpggg", "00ege1u",   "88s8896",  "00hhhjd", "00hhha4", "00hhlla", "00ha4ah", "00hhhhf1e",
    "00v248v",   "2448442", "4444444",   "8442448",  "008l2",
};

int font_ink(char character, int column, int row) {
  const char *glyph = glyphs[(character >= ' ' && character <= '~' ? character : '?') - ' '];
  if (row < 0 || (size_t)row >= strlen(glyph)) return 0;
  int bits = glyph[row] <= '9' ? glyph[row] - '0' : glyph[row] - 'a' + 10;
  return bits >> (FONT_WIDTH - 1 - column) & 1;
}
