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
  print "| case | solver | ms (median) | GFLOP/s | GB/s | bound by | fraction of the roof | of the roof beside |"
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
  roof = field(record, bound == "compute" ? "peak_beside_gflops" : "copy_beside_gbytes_per_s")
  beside = roof > 0 ? field(record, bound == "compute" ? "gflops" : "gbytes_per_s") / roof : 0
  printf "| %s | %s | %.3f | %.1f | %.2f | %s | %.2f | %s |\n", name, field(record, "algo"), field(record, "ms_median"), \
         field(record, "gflops"), field(record, "gbytes_per_s"), bound, fraction, (beside > 0 ? sprintf("%.2f", beside) : "")
  if (field(record, "algo") ~ /^winograd/) winograds++
  if (beside > 0) { beside_logs[bound] += log(beside); besides[bound]++ }
  if (fraction > 0) { logs[bound] += log(fraction); cases[bound]++ }
}
END {
  print ""
  for (i = 1; i <= 2; i++) {
    bound = i == 1 ? "compute" : "memory"
    if (!cases[bound]) continue
    of_beside = besides[bound] ? sprintf("; %.2f of the roof beside, measured between the repeats", \
                                         exp(beside_logs[bound] / besides[bound])) : ""
    printf "Geometric mean, bound by %s: %.2f (%d cases)%s.  \n", bound, exp(logs[bound] / cases[bound]), cases[bound], \
           of_beside
  }
  if (winograds) print "\nFlops are those of the direct form. The solvers by Winograd do fewer (k3 s1 down to 1 of 4, k4 s2 to 2 of 5, k3 s2 to " \
                       "5 of 8): their fraction can pass 1."
}
