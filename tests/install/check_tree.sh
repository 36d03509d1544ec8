# CMAKE BUILD PREFIX VERSION LIBDIR: installs the build below PREFIX and looks over what came out.
set -eu
cmake=$1 build=$2 prefix=$3 version=$4 libdir=$5
fail() {
  echo "install_tree: $*" >&2
  exit 1
}

rm -rf "$prefix"
"$cmake" --install "$build" --prefix "$prefix"
lib="$prefix/$libdir"
for file in include/clup/clup.h "$libdir/libclup.so" "$libdir/libclup.so.${version%%.*}" "$libdir/libclup.so.$version" \
            "$libdir/libclup.a" "$libdir/cmake/clup/clupConfig.cmake" "$libdir/cmake/clup/clupConfigVersion.cmake" \
            "$libdir/pkgconfig/clup.pc"; do
  test -e "$prefix/$file" || fail "$file is missing"
done
test "$(cd "$prefix/include" && find . -type f)" = ./clup/clup.h || fail "more headers than clup.h"

soname=$(readelf -d "$lib/libclup.so" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')
test "$soname" = "libclup.so.${version%%.*}" || fail "SONAME is '$soname'"
strangers=$(nm -D --defined-only "$lib/libclup.so" | awk '$3 !~ /^clup_/ {print $3}')
test -z "$strangers" || fail "exported besides clup_*: $strangers"

# Every function of the header is exported, and nothing that the header does not have.
sed -n 's/^CLUP_API .*[ *]\(clup_[a-z0-9_]*\)(.*/\1/p' "$prefix/include/clup/clup.h" | sort -u > "$build/declared.txt"
nm -D --defined-only "$lib/libclup.so" | awk '{print $3}' | sort -u > "$build/exported.txt"
diff "$build/declared.txt" "$build/exported.txt" || fail "the header (<) and the library (>) differ"

# Nothing that its users' builds read tells where it was built: the tree can be moved.
if grep -rlF "$build" "$lib/cmake" "$lib/pkgconfig"; then fail "these name the build folder"; fi
