# The JSON of `clup bench --json` (one line) as a Markdown table. Variables: date, command.
function field(record, key,   rest) {
  if (!match(record, "\"" key "\": *")) return ""
  rest = substr(record, RSTART + RLENGTH)
  if (substr(rest, 1, 1) == "\"") {
    rest = substr(rest, 2)
    return substr(rest, 1, index(rest, "\"") - 1)
  }
  match(rest, /^[^,}]*/)
  return substr(rest, 1, RLENGTH)
}
BEGIN { RS = "\\{\"case\": " }
NR == 1 {
  printf "%s, driver %s, clup %s, %s, `%s`\n\n", field($0, "device"), field($0, "driver"), field($0, "clup"), date, command
  printf "Roofs of the same run: %.1f GFLOP/s, copy %.2f GB/s.\n\n", field($0, "peak_gflops"), field($0, "copy_gbytes_per_s")
  print "| case | solver | ms (median) | GFLOP/s | GB/s | bound by | fraction of the roof | of the peak beside |"
  print "|---|---|---:|---:|---:|---|---:|---:|"
  next
}
{
  record = "\"case\": " $0
  name = field(record, "case")
  if (field(record, "error") != "") {
    printf "| %s | failed: %s | | | | | | |\n", name, field(record, "error")
    next
  }
  bound = field(record, "bound")
  fraction = field(record, "roof_fraction")
  peak = bound == "compute" ? field(record, "peak_beside_gflops") : 0
  beside = peak > 0 ? field(record, "gflops") / peak : 0
  printf "| %s | %s | %.3f | %.1f | %.2f | %s | %.2f | %s |\n", name, field(record, "algo"), field(record, "ms_median"), \
         field(record, "gflops"), field(record, "gbytes_per_s"), bound, fraction, (beside > 0 ? sprintf("%.2f", beside) : "")
  if (field(record, "algo") == "winograd") winograds++
  if (beside > 0) { beside_logs += log(beside); besides++ }
  if (fraction > 0) { logs[bound] += log(fraction); cases[bound]++ }
}
END {
  print ""
  for (i = 1; i <= 2; i++) {
    bound = i == 1 ? "compute" : "memory"
    if (cases[bound]) printf "Geometric mean, bound by %s: %.2f (%d cases).%s\n", bound, exp(logs[bound] / cases[bound]), \
                             cases[bound], "  "
  }
  if (besides) printf "Geometric mean of the peak beside, measured between the repeats: %.2f (%d cases).\n", \
                      exp(beside_logs / besides), besides
  if (winograds) print "\nFlops are those of the direct form. `winograd` does fewer (k3 s1 down to 1 of 4, k4 s2 to 2 of 5, k3 s2 to " \
                       "5 of 8): its fraction can pass 1."
}
