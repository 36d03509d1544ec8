# IN, OUT, NAME: writes OUT, a C file with the text of IN as the zero-ended array NAME. Bytes, not string literals: C compilers
# need only accept literals of 4095 characters.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "extern const char ${NAME}[];\nconst char ${NAME}[] = {\n${bytes}0};\n")
