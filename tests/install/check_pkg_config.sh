# PREFIX LIBDIR CC SOURCE: builds and runs a program with the flags that pkg-config gives. They are quoted for the shell, as
# the prefix has a space.
set -eu
prefix=$1 libdir=$2 cc=$3 source=$4
PKG_CONFIG_PATH="$prefix/$libdir/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export PKG_CONFIG_PATH
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
pkg-config --print-errors --exists 'clup >= 0.1'
flags=$(pkg-config --cflags --libs clup)
echo "pkg-config: $flags"
eval "\"\$cc\" -std=c11 -o \"\$out/consumer\" \"\$source\" $flags"
LD_LIBRARY_PATH="$prefix/$libdir" "$out/consumer"
